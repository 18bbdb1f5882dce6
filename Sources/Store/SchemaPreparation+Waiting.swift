// SPDX-License-Identifier: Apache-2.0

package import Logging
import Postgres

extension SchemaPreparation {
    /// As `run`, but waits for a database that cannot be reached yet, however long that takes.
    package func runWhenReachable(owner: String, app: String, logger: Logger) async throws {
        var pause = Duration.milliseconds(250)
        while true {
            do {
                try await run(owner: owner, app: app, logger: logger)
                return
            } catch let error as PostgresError where error.isWorthWaitingFor {
                logger.warning(
                    "the database cannot be reached; trying again",
                    error: error, metadata: ["pause": "\(pause)"])
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
    }
}

extension PostgresError {
    fileprivate var isWorthWaitingFor: Bool {
        if isConnectionLost { return true }
        switch kind {
        case .connection, .timeout: return sqlState.map { $0.errorClass == "57" || $0.errorClass == "53" } ?? true
        default: return false
        }
    }
}
