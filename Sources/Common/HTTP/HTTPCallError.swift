// SPDX-License-Identifier: Apache-2.0

/// Why a call brought no usable answer. Never holds credentials, query strings or bodies other than a problem's members.
package enum HTTPCallError: Error, Sendable, CustomStringConvertible {
    /// The time for the call ran out, or a stream stayed silent for too long; whether the far side acted is unknown.
    case timeout(String)
    /// No connection, or one that was lost; unless it could not be opened, whether the far side acted is unknown.
    case connection(String)
    /// The far side answered problem+json; further members, such as `retryable`, are in the problem's `details`.
    case problem(Problem, status: Int)
    /// The far side answered a status other than 2xx without a problem; redirects end here too.
    case status(Int, retryAfter: Duration?)
    /// The answer's body has more bytes than the client takes.
    case tooLarge(limit: Int)
    /// The call or its answer cannot be read as HTTP or as what was asked for.
    case malformed(String)

    package var description: String {
        switch self {
        case .timeout(let what): "timeout: \(what)"
        case .connection(let reason): "connection: \(reason)"
        case .problem(let problem, let status): "status \(status): \(problem.code): \(problem.message)"
        case .status(let status, _): "status \(status)"
        case .tooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .malformed(let reason): "malformed: \(reason)"
        }
    }

    /// The answer's status, when there was an answer.
    package var status: Int? {
        switch self {
        case .problem(_, let status), .status(let status, _): status
        case .timeout, .connection, .tooLarge, .malformed: nil
        }
    }

    /// How long the far side asks to be left alone.
    package var retryAfter: Duration? {
        switch self {
        case .problem(let problem, _): problem.retryAfter
        case .status(_, let retryAfter): retryAfter
        case .timeout, .connection, .tooLarge, .malformed: nil
        }
    }

    /// Whether the same call may well succeed later.
    ///
    /// A boolean `retryable` in a problem decides; else 408, 425, 429, 5xx, timeouts and lost connections are worth it.
    package var isRetryable: Bool {
        switch self {
        case .timeout, .connection: true
        case .problem(let problem, let status):
            problem.details["retryable"]?.bool ?? Self.isRetryable(status: status)
        case .status(let status, _): Self.isRetryable(status: status)
        case .tooLarge, .malformed: false
        }
    }

    private static func isRetryable(status: Int) -> Bool {
        status == 408 || status == 425 || status == 429 || (500...599).contains(status)
    }

    /// This failure as a problem of ours, for whoever asked us: the far side's name, but not its words.
    package func asProblem(of peer: String) -> Problem {
        switch self {
        case .timeout: Problem(.timeout, "\(peer) did not answer in time.", cause: self)
        case .connection: Problem(.unavailable, "\(peer) cannot be reached.", retryAfter: .seconds(1), cause: self)
        case .problem, .status, .tooLarge, .malformed:
            Problem(.unavailable, "\(peer) answered with an error.", retryAfter: retryAfter, cause: self)
        }
    }
}
