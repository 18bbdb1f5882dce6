// SPDX-License-Identifier: Apache-2.0

/// What went wrong, in the words we are willing to show a stranger.
package struct Problem: Error, Sendable {
    /// What sort of thing it is; each maps to one HTTP status, at the edge.
    package enum Kind: String, Sendable, CaseIterable {
        case invalid, unauthenticated, forbidden, notFound, methodNotAllowed, conflict, stale, preconditionRequired
        /// It can be read and is allowed, and what it asks for makes no sense.
        case unprocessable
        case tooLarge, unsupportedMedia, rateLimited, unavailable, timeout, `internal`
    }

    /// One member of a request that was refused, and why.
    package struct FieldError: Sendable, Equatable {
        /// Where it is: a JSON Pointer into the body (`/input/message`), or the name of a query item or header.
        package let field: String
        package let message: String

        package init(_ field: String, _ message: String) {
            self.field = field
            self.message = message
        }
    }

    package var kind: Kind
    /// A stable word that programs may switch on, such as `stale_lease`; the kind's own name unless set.
    package var code: String
    /// One sentence for the person who sent the request, saying what to do next where that is known.
    package var message: String
    package var fields: [FieldError]
    /// Further members of the answer, such as `current_version`.
    package var details: JSONObject
    /// How long to wait before another try makes sense.
    package var retryAfter: Duration?
    /// For operators only; never leaves the process in a response.
    package var cause: (any Error)?

    package init(
        _ kind: Kind, _ message: String, code: String? = nil, fields: [FieldError] = [], details: JSONObject = [:],
        retryAfter: Duration? = nil, cause: (any Error)? = nil
    ) {
        self.kind = kind
        self.code = code ?? kind.code
        self.message = message
        self.fields = fields
        self.details = details
        self.retryAfter = retryAfter
        self.cause = cause
    }

    /// A request with one member that cannot be accepted; nothing was changed.
    package static func invalid(_ field: String, _ message: String) -> Problem {
        Problem(.invalid, "\(field): \(message)", fields: [FieldError(field, message)])
    }

    /// A thing that is not there, or that the caller may not know of.
    package static func notFound(_ noun: String, _ id: String) -> Problem {
        Problem(.notFound, "There is no \(noun) \(id).")
    }

    /// A request that was called off, mostly because nobody waits for its answer any more.
    package static var cancelled: Problem {
        Problem(.unavailable, "The request was cancelled before it was done.", code: "cancelled")
    }
}

extension Problem.Kind {
    /// The kind as a stable snake_case word.
    package var code: String {
        switch self {
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .preconditionRequired: "precondition_required"
        case .tooLarge: "too_large"
        case .unsupportedMedia: "unsupported_media"
        case .rateLimited: "rate_limited"
        default: rawValue
        }
    }
}

/// The errors behind an error, outermost first, each in one line; for logs, never for responses.
package func errorChain(_ error: any Error) -> [String] {
    var chain: [String] = []
    var next: (any Error)? = error
    while let current = next, chain.count < 8 {
        if let problem = current as? Problem {
            chain.append("\(problem.code): \(problem.message)")
            next = problem.cause
        } else {
            chain.append(String(describing: current))
            next = nil
        }
    }
    return chain
}
