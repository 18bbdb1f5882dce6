// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres

/// What a request to replay many runs has come to mean.
package struct BulkReplay: Sendable, Equatable {
    /// A run that is replayed, and the one that this makes.
    package struct Pair: Sendable, Equatable {
        package let runID: ID<Run>
        package let newRunID: ID<Run>

        package init(runID: ID<Run>, newRunID: ID<Run>) {
            self.runID = runID
            self.newRunID = newRunID
        }
    }

    package let pairs: [Pair]
    /// Where looking for more goes on; nil when these were all.
    package let next: ID<WorkTask>?

    package init(pairs: [Pair], next: ID<WorkTask>?) {
        self.pairs = pairs
        self.next = next
    }
}

/// `bulk_replays`.
package enum BulkReplayStore {
    /// Writes down what a request means, unless one with its key did before.
    package static func keep(
        _ replay: BulkReplay, as key: String, hash: [UInt8], in workspaceID: ID<Workspace>, by actor: Principal
    ) -> Statement<Void> {
        Statement(
            """
            INSERT INTO bulk_replays (
                workspace_id, idempotency_key, idempotency_hash, run_ids, new_run_ids, next_task_id, created_by, created_at)
            VALUES (\(workspaceID), \(key), \(hash), \(replay.pairs.map(\.runID)), \(replay.pairs.map(\.newRunID)),
                \(replay.next), \(actor), now())
            ON CONFLICT ON CONSTRAINT bulk_replays_pkey DO NOTHING
            """)
    }

    /// What the first request with this key meant, with its hash; nil when there was none.
    package static func find(
        _ key: String, in workspaceID: ID<Workspace>
    ) -> Statement<(replay: BulkReplay, hash: [UInt8])?> {
        Statement(
            """
            SELECT idempotency_hash, run_ids, new_run_ids, next_task_id FROM bulk_replays
            WHERE workspace_id = \(workspaceID) AND idempotency_key = \(key)
            """
        ) { rows in
            try rows.first.map { row in
                let runs: [ID<Run>] = try row.value("run_ids")
                let newRuns: [ID<Run>] = try row.value("new_run_ids")
                return (
                    replay: BulkReplay(
                        pairs: zip(runs, newRuns).map { BulkReplay.Pair(runID: $0, newRunID: $1) },
                        next: try row.value("next_task_id")),
                    hash: try row.value("idempotency_hash")
                )
            }
        }
    }
}
