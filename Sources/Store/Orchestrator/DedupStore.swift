// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
package import Postgres

/// `command_dedup`: which commands have been committed.
package enum DedupStore {
    package static func insert(_ workspaceID: ID<Workspace>, _ commands: [(id: UUID, outcome: [UInt8]?)]) -> SQL {
        """
        INSERT INTO command_dedup (command_id, workspace_id, outcome)
        SELECT command_id, \(workspaceID), outcome
        FROM unnest(\(commands.map(\.id)), \(commands.map(\.outcome))) AS c (command_id, outcome)
        """
    }

    /// Those of the commands that have been committed, with what was noted of their outcome.
    package static func committed(_ commands: [UUID]) -> Statement<[UUID: [UInt8]?]> {
        Statement("SELECT command_id, outcome FROM command_dedup WHERE command_id = ANY(\(commands))") { rows in
            var found: [UUID: [UInt8]?] = [:]
            for row in rows { found[try row.value("command_id")] = .some(try row.value("outcome")) }
            return found
        }
    }

    /// Deletes what was committed before `id` was made, a bounded number at a time.
    package static func prune(before id: UUID, limit: Int) -> SQL {
        """
        DELETE FROM command_dedup WHERE command_id IN (
            SELECT command_id FROM command_dedup WHERE command_id < \(id) ORDER BY command_id LIMIT \(limit))
        """
    }
}
