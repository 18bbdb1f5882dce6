// SPDX-License-Identifier: Apache-2.0

package import Common
package import HTTPTypes

/// The cookie that holds a session's token.
package struct SessionCookie: Sendable {
    package static let name = "tutti_session"

    package let token: SessionToken

    /// Codes of problems with signing in and with sessions, as opposed to credentials in headers.
    static let wrongCredentials = "wrong_credentials"
    static let over = "session_over"
    static let refusals: Set<String> = [wrongCredentials, over]

    static let sessionOver = Problem(
        .unauthenticated, "You are not signed in any more. Sign in again.", code: over)

    /// A new session's.
    package init() { token = SessionToken() }

    /// The one that a request carries, whatever it is worth; nil without one.
    package init?(_ headers: HTTPFields) {
        for header in headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == Self.name else { continue }
                token = SessionToken(String(parts[1]))
                return
            }
        }
        return nil
    }

    /// Whether a request proves that a page of ours sends it.
    func isProven(by headers: HTTPFields) -> Bool { headers[.csrfToken].map(token.isProof) ?? false }

    /// The value of `Set-Cookie` that has a browser keep it.
    ///
    /// - Parameters:
    ///   - age: How long.
    ///   - isSecure: Whether the page came over TLS, so that the cookie shall never go without.
    package func header(age: Duration, isSecure: Bool) -> String {
        Self.header(token.text.reveal(), age: age, isSecure: isSecure)
    }

    /// The value of `Set-Cookie` that has a browser forget it.
    package static func removal(isSecure: Bool) -> String { header("", age: .zero, isSecure: isSecure) }

    private static func header(_ value: String, age: Duration, isSecure: Bool) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(age.components.seconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }
}

/// Knows whose session a cookie is.
package protocol SessionKeeper: Sendable {
    /// The person; nil when the session is unknown, has ended, or was opened with a password that holds no more.
    func person(of cookie: SessionCookie) async throws -> Person?
}

extension HTTPField.Name {
    /// Proves that a page of ours sends a request.
    package static let csrfToken = constantName("X-CSRF-Token")
}
