// SPDX-License-Identifier: Apache-2.0

/// Who may ask for a thing.
package enum Audience: String, Sendable, CaseIterable {
    /// A person with the Basic credentials, or a session made from them.
    case human
    /// One of our own daemons, with the internal key.
    case `internal`
    /// A worker outside, with the token of the agent it works for.
    case agent
    /// Anybody, without credentials.
    case `public`
}

/// The stable identity behind an action; every event names one.
package struct Principal: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable { case user, agent, service }

    package let kind: Kind
    /// The name within its kind, such as `admin` or `orchestrator-svc`.
    package let name: String

    package init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    /// `user:admin`.
    package var text: String { "\(kind.rawValue):\(name)" }

    /// Reads `user:admin`; nil when the kind is unknown or the name empty.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), let kind = Kind(rawValue: String(text[..<colon])) else {
            return nil
        }
        let name = String(text[text.index(after: colon)...])
        guard !name.isEmpty else { return nil }
        self.init(kind, name)
    }

    /// Whether events can name it: they take no name without an end, and PostgreSQL no NUL.
    package var isRecordable: Bool { (1...200).contains(name.unicodeScalars.count) && !name.utf8.contains(0) }
}

/// Who sent a request and what ties it to others.
package struct Caller: Sendable {
    package let principal: Principal
    package let audience: Audience
    /// What a person may do; nil for everybody else.
    package let role: Role?
    /// The W3C trace this request belongs to: 32 lowercase hexadecimal digits.
    package let traceID: String
    package let requestID: String

    package init(
        principal: Principal, audience: Audience, role: Role? = nil, traceID: String, requestID: String
    ) {
        self.principal = principal
        self.audience = audience
        self.role = role
        self.traceID = traceID
        self.requestID = requestID
    }
}
