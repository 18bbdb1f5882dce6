// SPDX-License-Identifier: Apache-2.0

/// What went wrong between us and PostgreSQL.
///
/// `description` and `message` hold identifiers and codes only, never a parameter's value or a password, so they may be
/// logged. `serverMessage`, `detail` and `hint` are the server's own words and may quote data.
package struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// The place where it went wrong, which decides what a caller can do about it.
    package enum Kind: Sendable, Hashable {
        /// The settings (URL, certificates' paths, role name) cannot be understood.
        case configuration
        /// No connection could be made, or it broke; see `isOutcomeUnknown`.
        case connection
        /// The server refused the statement.
        case server(SQLState)
        /// A deadline passed while waiting for a connection or for an answer.
        case timeout
        /// The calling task was cancelled.
        case cancelled
        /// The pool's (or the connection's) queue of waiting callers is full.
        case poolExhausted
        /// The pool was shut down, or the connection closed, by this program.
        case poolClosed
        /// A value has another type than asked for, is NULL, or its column does not exist.
        case decoding
        /// The call cannot be made in this state, such as a transaction within a transaction.
        case misuse
    }

    // A box keeps the error one word wide: typed throws would otherwise copy a dozen fields through every decode.
    private final class Storage: Sendable {
        let kind: Kind
        let message: String
        let facts: Facts

        init(kind: Kind, message: String, facts: Facts) {
            self.kind = kind
            self.message = message
            self.facts = facts
        }
    }

    struct Facts: Sendable {
        var sqlState: SQLState?
        var constraint: String?
        var schema: String?
        var table: String?
        var column: String?
        var serverMessage: String?
        var detail: String?
        var hint: String?
        var statementIndex: Int?
        var isConnectionLost = false
        var isOutcomeUnknown = false
        var isStaleStatement = false
    }

    private let storage: Storage
    var facts: Facts { storage.facts }

    init(_ kind: Kind, _ message: String, _ facts: Facts = Facts()) {
        storage = Storage(kind: kind, message: message, facts: facts)
    }

    /// A copy with other facts, for adding what only an outer layer knows.
    func with(kind: Kind? = nil, _ change: (inout Facts) -> Void) -> PostgresError {
        var facts = facts
        change(&facts)
        return PostgresError(kind ?? self.kind, message, facts)
    }

    package var kind: Kind { storage.kind }
    /// One sentence that is safe to log.
    package var message: String { storage.message }
    /// The server's code, also for a connection that the server ended with one.
    package var sqlState: SQLState? { storage.facts.sqlState }
    /// The violated constraint, by which invariants are mapped to domain errors.
    package var constraint: String? { storage.facts.constraint }
    package var schema: String? { storage.facts.schema }
    package var table: String? { storage.facts.table }
    package var column: String? { storage.facts.column }
    /// The server's primary message; may quote data.
    package var serverMessage: String? { storage.facts.serverMessage }
    /// The server's detail; may quote data.
    package var detail: String? { storage.facts.detail }
    /// The server's hint; may quote data.
    package var hint: String? { storage.facts.hint }
    /// Which statement of a pipeline failed, from 0.
    package var statementIndex: Int? { storage.facts.statementIndex }

    /// The connection is gone; the statement can be tried on another one unless `isOutcomeUnknown`.
    package var isConnectionLost: Bool { storage.facts.isConnectionLost }

    /// The answer was lost after something that may have committed was sent: it may be done, or not.
    package var isOutcomeUnknown: Bool { storage.facts.isOutcomeUnknown }

    /// Nothing was changed and the same transaction may well succeed when tried again from its start.
    package var isRetryable: Bool {
        switch sqlState {
        case .deadlockDetected, .serializationFailure: true
        default: storage.facts.isStaleStatement
        }
    }

    package var description: String {
        var text = "PostgresError(\(storage.kind)): \(storage.message)"
        if let index = statementIndex { text += " [statement \(index)]" }
        if isOutcomeUnknown { text += " [outcome unknown]" }
        return text
    }
}

extension PostgresError {
    static func connectionLost(_ why: String, sqlState: SQLState? = nil) -> PostgresError {
        PostgresError(.connection, why, Facts(sqlState: sqlState, isConnectionLost: true))
    }

    static func cancelled() -> PostgresError { PostgresError(.cancelled, "the calling task was cancelled") }

    static func timeout(_ what: String) -> PostgresError { PostgresError(.timeout, what) }

    /// The driver's sentence for a server error: its own words where they are free of data, else the code and the names.
    static func sentence(state: SQLState, facts: Facts) -> String {
        if state.hasSafeMessage, let words = facts.serverMessage { return "\(words) (\(state.rawValue))" }
        var text = "the server reported SQLSTATE \(state.rawValue)"
        if let constraint = facts.constraint { text += ", constraint \(constraint)" }
        if let table = facts.table { text += ", table \(table)" }
        if let column = facts.column { text += ", column \(column)" }
        return text
    }
}

extension PostgresError.Kind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .configuration: "configuration"
        case .connection: "connection"
        case .server(let state): "server \(state.rawValue)"
        case .timeout: "timeout"
        case .cancelled: "cancelled"
        case .poolExhausted: "poolExhausted"
        case .poolClosed: "poolClosed"
        case .decoding: "decoding"
        case .misuse: "misuse"
        }
    }
}
