// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import ServiceKit

/// Decides who may open a WebSocket. The upgrade passes by the router, so all that the router checks is checked here.
struct LiveAdmission: Sendable {
    let authenticator: Authenticator
    let origins: OriginPolicy
    let addresses: ClientAddress
    let tickets: Tickets
    /// For tickets alone; the authenticator has its own.
    let throttle: AuthThrottle

    /// Who asks. Throws `forbidden` for a foreign Host or Origin, or none, `unauthenticated`, and `rateLimited`.
    func admit(_ request: WebSocketRequest, trace: TraceContext) throws(Problem) -> Caller {
        let headers = request.headers
        let host = headers[.hostHeader]
        try origins.check(host: host)
        // First, so that a foreign page cannot have the browser guess, and the person locked out for it.
        if let origin = headers[.originHeader] {
            try origins.check(origin: origin, host: host, hasCredentialHeader: false)
        }
        let caller = try identify(request, trace)
        try LiveAPI.socket.route.access.check(caller)
        guard let caller else { throw Authenticator.unauthenticated }
        try origins.check(
            origin: headers[.originHeader], host: host, hasCredentialHeader: headers[.authorization] != nil)
        return caller
    }

    /// A header goes before a ticket, and a ticket before credentials in the address.
    private func identify(_ request: WebSocketRequest, _ trace: TraceContext) throws(Problem) -> Caller? {
        let peer = request.remoteAddress
        if let caller = try authenticator.authenticate(request.headers, peer: peer, trace: trace) { return caller }
        if let ticket = request.query("ticket") {
            let address = addresses.of(peer: peer, forwardedFor: request.headers[.forwardedForHeader])
            try throttle.check(address, .token)
            if let caller = tickets.redeem(ticket, trace: trace) { return caller }
            throttle.fail(address, .token)
            throw Problem(
                .unauthenticated, "The ticket is unknown, used or too old. Make another one by POST /ws/ticket.",
                code: "ticket_refused")
        }
        guard let pair = request.query("auth") else { return nil }
        return try authenticator.authenticate(base64: pair, headers: request.headers, peer: peer, trace: trace)
    }
}

extension HTTPField.Name {
    fileprivate static let hostHeader = known("Host")
    fileprivate static let originHeader = known("Origin")
    fileprivate static let forwardedForHeader = known("X-Forwarded-For")

    private static func known(_ name: StaticString) -> HTTPField.Name {
        guard let field = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is not a header's name") }
        return field
    }
}
