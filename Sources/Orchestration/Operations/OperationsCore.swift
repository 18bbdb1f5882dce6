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

    /// As `place`, of many runs at once; those that there are not are left out.
    func places(of runIDs: [ID<Run>], in workspaceID: ID<Workspace>) async throws -> [ID<Run>: TaskPlace] {
        try await read(TaskStore.places(ofRuns: runIDs, in: workspaceID))
            .mapValues { TaskPlace(taskID: $0.taskID, roomID: $0.roomID) }
    }
}

extension Array {
    /// The first `limit` elements of one more than that, and the last of them if there are others behind it.
    func page(_ limit: Int) -> (items: [Element], last: Element?) {
        guard count > limit else { return (self, nil) }
        return (Array(prefix(limit)), self[limit - 1])
    }
}

extension BoundedRows {
    /// As `Array.page`; the last one is told, too, when what is behind it was left off.
    func page(_ limit: Int) -> (items: [Row], last: Row?) {
        let (items, last) = rows.page(limit)
        return (items, isCut ? items.last : last)
    }
}
