// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import Logging
import ServiceKit

func answerSessions(_ router: inout EndpointRouter, _ sessions: WebSessions, _ authenticator: Authenticator) {
    router.on(SessionsAPI.open) { input, context in
        let person = try authenticator.person(
            user: input.user, password: input.password, address: context.clientAddress)
        let (cookie, expiresAt) = try await sessions.open(for: person)
        context.logger.info("signed in", metadata: ["user": .string(person.name)])
        return Reply(
            SessionView(person, csrfToken: cookie.token.proof, expiresAt: expiresAt),
            headers: [(.setCookie, cookie.header(age: sessions.life, isSecure: context.isFromSecurePage))])
    }
    router.on(SessionsAPI.get) { _, context in
        guard let cookie = SessionCookie(context.headers), let (person, expiresAt) = try await sessions.find(cookie)
        else { return SessionView.signedOut }
        return SessionView(person, csrfToken: cookie.token.proof, expiresAt: expiresAt)
    }
    router.on(SessionsAPI.close) { _, context in
        if let cookie = SessionCookie(context.headers) {
            try await sessions.close(cookie)
            context.logger.info("signed out", metadata: ["user": .string(context.caller.principal.name)])
        }
        return Reply(
            SessionView.signedOut,
            headers: [(.setCookie, SessionCookie.removal(isSecure: context.isFromSecurePage))])
    }
}

extension CallContext {
    /// Whether the page that asks came over TLS, as its browser says; behind a proxy the connection itself does not show it.
    fileprivate var isFromSecurePage: Bool { headers[.origin]?.lowercased().hasPrefix("https://") ?? false }
}
