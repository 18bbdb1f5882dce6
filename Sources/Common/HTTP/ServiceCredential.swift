// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes

/// How a client proves itself. Every client is given its own on purpose: the shared key goes only to our own daemons.
package enum ServiceCredential: Sendable {
    /// Nothing is sent.
    case none
    /// The suite's shared key together with the name of the daemon that calls; only for daemons of ours.
    case internalKey(Secret<String>, service: String)
    /// A token made for this one peer.
    case bearer(Secret<String>)

    func apply(to headers: inout HTTPFields) {
        switch self {
        case .none: break
        case .internalKey(let key, let service):
            headers[.internalKey] = key.reveal()
            headers[.callingService] = service
        case .bearer(let token): headers[.authorization] = "Bearer " + token.reveal()
        }
    }
}

extension HTTPField.Name {
    /// The shared key between our daemons.
    package static let internalKey = constant("X-INTERNAL-KEY")
    /// The name of the daemon that presents the internal key, such as `logging-svc`.
    package static let callingService = constant("X-Tutti-Service")
    /// The person for whom a daemon that presents the internal key asks, such as `user:admin`; encoded as a
    /// part of a URL is, since names may hold any character.
    package static let actingPrincipal = constant("X-Tutti-Principal")
    /// What people search logs by across traces.
    package static let correlationID = constant("X-Correlation-Id")
    package static let requestID = constant("X-Request-Id")
    /// What makes repeating a call harmless.
    package static let idempotencyKey = constant("Idempotency-Key")

    private static func constant(_ name: StaticString) -> HTTPField.Name {
        guard let field = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is not a header's name") }
        return field
    }
}
