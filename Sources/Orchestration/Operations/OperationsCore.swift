// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
package import Postgres
import Store

/// What every operation works with: reading by the pool, writing by the group commit.
package struct OperationsCore: Sendable {
    let pool: PostgresPool
    let commit: GroupCommit

    package init(pool: PostgresPool, commit: GroupCommit) {
        self.pool = pool
        self.commit = commit
    }

    func read<Output: Sendable>(_ statement: Statement<Output>) async throws -> Output {
        try statement.decode(try await pool.query(statement.sql))
    }

    /// Where the task of a run is; throws when there is no such run.
    func place(of runID: ID<Run>, in workspaceID: ID<Workspace>) async throws -> TaskPlace {
        guard let place = try await read(TaskStore.place(ofRun: runID, in: workspaceID)) else {
            throw Problem.notFound("run", runID.rawValue)
        }
        return TaskPlace(taskID: place.taskID, roomID: place.roomID)
    }
}

extension Array {
    /// A page of what was read with one more than asked for: the page, and whether there is more.
    func page(_ limit: Int) -> (items: [Element], hasMore: Bool) { (Array(prefix(limit)), count > limit) }
}
