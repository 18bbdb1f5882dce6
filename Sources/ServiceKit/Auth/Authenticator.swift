// SPDX-License-Identifier: Apache-2.0

import API
package import Common
package import HTTPTypes
import Synchronization

/// Finds out who sends a request; used by the router and, before it, by the upgrade to a WebSocket.
///
/// People show Basic credentials, our daemons the internal key, and others a bearer token that this daemon knows.
package final class Authenticator: Sendable {
    private let people: People
    private let internalKey: SecretDigest
    private let workerKey: Secret<String>
    private let tokens = Mutex<[Principal: SecretDigest]>([:])
    private let throttle: AuthThrottle
    private let addresses: ClientAddress

    package init(
        people: People, internalKey: Secret<String>, throttle: AuthThrottle = AuthThrottle(),
        addresses: ClientAddress = ClientAddress(trustedProxies: [])
    ) {
        self.people = people
        self.internalKey = SecretDigest(of: internalKey.reveal())
        workerKey = internalKey
        self.throttle = throttle
        self.addresses = addresses
    }

    /// Lets `Authorization: Bearer <token>` in as `principal`, in the place of the principal's earlier token.
    package func accept(_ token: Secret<String>, as principal: Principal) {
        let digest = SecretDigest(of: token.reveal())
        tokens.withLock { $0[principal] = digest }
    }

    /// Who sends the request; nil when it carries no credentials.
    ///
    /// - Parameters:
    ///   - peer: The address at the other end of the connection.
    /// - Throws: `unauthenticated` for wrong credentials; `rateLimited` after too many of them.
    package func authenticate(
        _ headers: HTTPFields, peer: @autoclosure () -> String?, trace: TraceContext
    ) throws(Problem) -> Caller? {
        let service = try authenticateService(headers, peer: peer(), trace: trace)
        let other = try authenticateAuthorization(headers, peer: peer(), trace: trace)
        // Whoever shows two credentials must be right with both.
        return service ?? other
    }

    private func authenticateService(
        _ headers: HTTPFields, peer: @autoclosure () -> String?, trace: TraceContext
    ) throws(Problem) -> Caller? {
        guard let key = headers[.internalKey] else { return nil }
        let address = addresses.of(peer: peer(), forwardedFor: headers[.forwardedFor])
        try throttle.check(address, .internalKey)
        guard internalKey.matches(key.utf8) else { throw refuse(address, .internalKey) }
        return caller(.internal, Self.principal(headers), trace)
    }

    private func authenticateAuthorization(
        _ headers: HTTPFields, peer: @autoclosure () -> String?, trace: TraceContext
    ) throws(Problem) -> Caller? {
        guard let header = headers[.authorization] else { return nil }
        let address = addresses.of(peer: peer(), forwardedFor: headers[.forwardedFor])
        let authorization = AuthorizationHeader(header)
        if let pair = authorization.basic { return try authenticate(base64: pair, address: address, trace: trace) }
        guard let token = authorization.bearer else { throw Self.unauthenticated }
        try throttle.check(address, .token)
        if let agent = WorkerToken.agent(of: token, internalKey: workerKey) {
            return caller(.agent, Principal(.agent, agent), trace)
        }
        // Every token is compared, so that the time does not tell which one came close.
        let principal = tokens.withLock { tokens in
            tokens.reduce(Principal?.none) { found, entry in entry.value.matches(token.utf8) ? entry.key : found }
        }
        guard let principal else { throw refuse(address, .token) }
        return caller(.internal, principal, trace)
    }

    /// The person whose `base64(user:password)` this is, as the seed's `/ws?auth=` sends it.
    ///
    /// - Throws: `unauthenticated` or `rateLimited`, like credentials in a header.
    package func authenticate(
        base64 pair: String, headers: HTTPFields, peer: String?, trace: TraceContext
    ) throws(Problem) -> Caller {
        let address = addresses.of(peer: peer, forwardedFor: headers[.forwardedFor])
        return try authenticate(base64: pair, address: address, trace: trace)
    }

    private func authenticate(base64 pair: String, address: String, trace: TraceContext) throws(Problem) -> Caller {
        try throttle.check(address, .password)
        guard let person = people.person(base64: pair) else { throw refuse(address, .password) }
        return Self.caller(person, trace)
    }

    /// The person who signs in with a name and a password; throttled as Basic credentials are.
    package func person(user: String, password: Secret<String>, address: String) throws(Problem) -> Person {
        try throttle.check(address, .password)
        let header = BasicCredentials.header(user: user, password: password)
        guard let pair = AuthorizationHeader(header).basic, let person = people.person(base64: pair) else {
            throttle.fail(address, .password)
            throw Problem(.unauthenticated, "The user or the password is wrong.", code: SessionCookie.wrongCredentials)
        }
        return person
    }

    /// The caller that a person is.
    static func caller(_ person: Person, _ trace: TraceContext) -> Caller {
        Caller(
            principal: Principal(.user, person.name), audience: .human, role: person.role, traceID: trace.traceID,
            requestID: trace.requestID ?? trace.spanID)
    }

    private func refuse(_ address: String, _ credential: AuthThrottle.Credential) -> Problem {
        throttle.fail(address, credential)
        return Self.unauthenticated
    }

    private func caller(_ audience: Audience, _ principal: Principal, _ trace: TraceContext) -> Caller {
        Caller(
            principal: principal, audience: audience, traceID: trace.traceID, requestID: trace.requestID ?? trace.spanID
        )
    }

    /// Who a daemon of ours is, or the person for whom it says that it asks: then that is who did it.
    private static func principal(_ headers: HTTPFields) -> Principal {
        guard let text = headers[.actingPrincipal].flatMap({ URLText.decode($0) }), let person = Principal(text),
            person.kind == .user, person.isRecordable
        else { return Principal(.service, serviceName(headers)) }
        return person
    }

    private static func serviceName(_ headers: HTTPFields) -> String {
        guard let name = headers[.callingService], TextPattern.name.matches(name) else { return "unnamed" }
        return name
    }

    /// Credentials are missing or wrong; the words do not say which part of them.
    package static let unauthenticated = Problem(
        .unauthenticated, "Send valid credentials: Basic for people, X-INTERNAL-KEY or a bearer token for programs.")
}

extension Access {
    /// Throws unless `caller` (nil: nobody known) is among those the endpoint is for.
    package func check(_ caller: Caller?) throws(Problem) {
        if isPublic { return }
        guard let caller else { throw Authenticator.unauthenticated }
        guard audiences.contains(caller.audience) else {
            throw Problem(.forbidden, "This is not for callers of your kind (\(caller.audience.rawValue)).")
        }
        guard caller.audience == .human, let permission else { return }
        guard let role = caller.role, role.allows(permission) else {
            throw Problem(
                .forbidden,
                "Your role (\(caller.role?.rawValue ?? "none")) lacks the permission \(permission.rawValue).",
                code: "permission_missing")
        }
    }
}

extension HTTPField.Name {
    static let forwardedFor = constantName("X-Forwarded-For")
}

/// A header name that is known to be one.
func constantName(_ name: StaticString) -> HTTPField.Name {
    guard let field = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is not a header's name") }
    return field
}
