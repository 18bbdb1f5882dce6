// SPDX-License-Identifier: Apache-2.0

package import Common
import HTTPTypes

/// Signing in and out of the dashboard: a session in a cookie, in the place of credentials with every request.
package enum SessionsAPI {
    package static let open = Endpoint<SignInInput, SessionView>(
        "signIn", .post, "/v1/session", .everybody, "Signs in with a name and a password.",
        description: """
            The answer sets the cookie `tutti_session`, which scripts of pages cannot read and other sites' pages cannot \
            send. Requests that change something must also carry `csrf_token` as `X-CSRF-Token`. After ten wrong passwords \
            within a minute an address has to wait.
            """,
        tag: "session", headers: [("Set-Cookie", "The session.")], problems: [.unauthenticated, .rateLimited],
        isIdempotent: false)

    package static let get = Endpoint<NoInput, SessionView>(
        "getSession", .get, "/v1/session", .everybody, "Says who is signed in by the cookie, if anybody is.",
        tag: "session")

    package static let close = Endpoint<NoInput, SessionView>(
        "signOut", .delete, "/v1/session", .people(.readSystem), "Ends the session of the cookie, everywhere at once.",
        description: "Who sends Basic credentials instead has no session, and nothing happens.", tag: "session",
        headers: [("Set-Cookie", "Takes the cookie away.")])

    package static let catalogue: [AnyEndpoint] = [open.route, get.route, close.route]
}

/// `POST /v1/session`.
package struct SignInInput: WireInput {
    package static let wireName = "SignIn"

    package let user: String
    package let password: Secret<String>

    package init(_ reader: inout InputReader) {
        user = reader.member("user", "The name.", .string(.text, min: 1, max: 100))
        password = Secret(reader.member("password", "The password.", .string(min: 1, max: 1024)))
    }
}

/// Who is signed in.
package struct SessionView: WireObject {
    package static let wireName = "Session"

    private let person: Person?
    private let csrfToken: Secret<String>?
    private let expiresAt: Timestamp?

    package init(_ person: Person, csrfToken: Secret<String>, expiresAt: Timestamp) {
        self.person = person
        self.csrfToken = csrfToken
        self.expiresAt = expiresAt
    }

    private init() {
        person = nil
        csrfToken = nil
        expiresAt = nil
    }

    /// Nobody.
    package static let signedOut = SessionView()

    package static let fields: [Field<SessionView>] = [
        Field("user", "Who is signed in; null when nobody is.") { $0.person?.name },
        Field("role", "What they are; null when nobody is signed in.") { $0.person?.role },
        Field("permissions", "What they may do.") { view in
            (view.person?.role.permissions ?? []).sorted { $0.rawValue < $1.rawValue }
        },
        Field("csrf_token", "To be sent as `X-CSRF-Token` with whatever changes something.") { $0.csrfToken?.reveal() },
        Field("expires_at", "When the session ends by itself.") { $0.expiresAt },
    ]
}

extension Role: WireEnum {}
extension Permission: WireEnum {}
