// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// A task that something it depended on has ended for.
package struct SettledDependency: Sendable {
    /// What has ended.
    package enum Cause: String, Sendable {
        case completed, failed, cancelled
        /// The run that asked for the task has ended without success.
        case parentEnded = "parent_ended"
    }

    package let taskID: ID<WorkTask>
    package let roomID: ID<Room>
    package let onTaskID: ID<WorkTask>
    package let cause: Cause
    /// Of the tasks before it, how many have not ended.
    package let openCount: Int
}

/// `run_dependencies`: which task waits for which.
package enum DependencyStore {
    package static func insert(_ workspaceID: ID<Workspace>, _ tasks: [(task: WorkTask, on: ID<WorkTask>)]) -> SQL {
        """
        INSERT INTO run_dependencies (workspace_id, task_id, room_id, on_task_id)
        SELECT \(workspaceID), task_id, room_id, on_task_id
        FROM unnest(\(tasks.map(\.task.id)), \(tasks.map(\.task.roomID)), \(tasks.map(\.on)))
            AS d (task_id, room_id, on_task_id)
        """
    }

    /// Notes how tasks have ended, for those that waited for them and for the children of those without success.
    package static func settle(_ workspaceID: ID<Workspace>, _ ended: [WorkTask]) -> Statement<Bool> {
        let lost = ended.filter { $0.status != .completed }
        return Statement(
            """
            WITH settled AS (
                UPDATE run_dependencies AS d SET settled_as = e.status
                FROM unnest(\(ended.map(\.id)), \(ended.map(\.status))) AS e (task_id, status)
                WHERE d.workspace_id = \(workspaceID) AND d.on_task_id = e.task_id AND d.settled_as IS NULL
                RETURNING 1
            ), children AS (
                INSERT INTO run_dependencies (workspace_id, task_id, room_id, on_task_id, settled_as)
                SELECT t.workspace_id, t.task_id, t.room_id, p.task_id, 'parent_ended'
                FROM unnest(\(lost.map(\.id)), \(lost.map(\.runID))) AS p (task_id, run_id)
                JOIN proj_tasks t ON t.workspace_id = \(workspaceID) AND t.parent_run_id = p.run_id
                    AND t.finished_at IS NULL
                ON CONFLICT ON CONSTRAINT run_dependencies_pkey DO UPDATE SET settled_as = 'parent_ended'
                RETURNING 1
            )
            SELECT (SELECT count(*) FROM settled) + (SELECT count(*) FROM children) > 0 AS is_due
            """
        ) { rows in try rows.first?.value("is_due") ?? false }
    }

    /// Takes what has been settled, unless another flush is at it.
    package static func takeSettled(_ workspaceID: ID<Workspace>, limit: Int) -> Statement<[SettledDependency]> {
        Statement(
            """
            DELETE FROM run_dependencies AS d USING (
                SELECT on_task_id, task_id FROM run_dependencies
                WHERE workspace_id = \(workspaceID) AND settled_as IS NOT NULL
                ORDER BY task_id, on_task_id LIMIT \(limit) FOR UPDATE SKIP LOCKED
            ) AS s
            WHERE d.workspace_id = \(workspaceID) AND d.on_task_id = s.on_task_id AND d.task_id = s.task_id
            RETURNING d.task_id, d.room_id, d.on_task_id, d.settled_as, (
                SELECT count(*) FROM run_dependencies o
                WHERE o.workspace_id = \(workspaceID) AND o.task_id = d.task_id AND o.settled_as IS NULL) AS open
            """
        ) { rows in
            try rows.map { row in
                let cause: String = try row.value("settled_as")
                guard let known = SettledDependency.Cause(rawValue: cause) else {
                    throw StoreError.unknownValue(table: "run_dependencies", column: "settled_as")
                }
                return SettledDependency(
                    taskID: try row.value("task_id"), roomID: try row.value("room_id"),
                    onTaskID: try row.value("on_task_id"), cause: known, openCount: try row.value("open"))
            }
        }
    }
}
