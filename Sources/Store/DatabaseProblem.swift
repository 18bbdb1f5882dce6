// SPDX-License-Identifier: Apache-2.0

package import Common
import Postgres

/// What an error of the database means to the caller of a daemon.
package enum DatabaseProblem {
    /// The problem that `error` is answered by; nil for what is no error of the database, or one of our own making.
    package static func of(_ error: any Error) -> Problem? {
        guard let error = error as? PostgresError else { return nil }
        if error.isConnectionLost || error.isRetryable { return away(error) }
        switch error.kind {
        case .connection, .timeout, .poolExhausted, .poolClosed: return away(error)
        case .cancelled: return .cancelled
        case .server(let code) where ["53", "57"].contains(code.errorClass): return away(error)
        default: return nil
        }
    }

    private static func away(_ error: PostgresError) -> Problem {
        Problem(
            .unavailable, "The database cannot be used at the moment; try again later.", code: "database_away",
            retryAfter: .seconds(2), cause: error)
    }
}
