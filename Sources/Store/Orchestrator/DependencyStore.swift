// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
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
    /// How the other task ended.
    package let eventID: UUID?
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

    /// Notes how tasks have ended, for those that waited for them. Answers whether there are any.
    package static func settle(_ workspaceID: ID<Workspace>, _ ended: [WorkTask]) -> Statement<Bool> {
        Statement(
            """
            UPDATE run_dependencies AS d SET settled_as = e.status
            FROM unnest(\(ended.map(\.id)), \(ended.map(\.status))) AS e (task_id, status)
            CROSS JOIN LATERAL (
                SELECT ctid FROM run_dependencies WHERE workspace_id = \(workspaceID) AND on_task_id = e.task_id
                    AND settled_as IS NULL OFFSET 0) AS place
            WHERE d.ctid = place.ctid
            """
        ) { rows in rows.affected > 0 }
    }

    /// Notes that tasks have ended without success, for what any run of theirs has asked for and has not ended. Answers
    /// whether there is any. Not in one statement with `settle`, since a child may wait for its own parent.
    package static func abandonChildren(_ workspaceID: ID<Workspace>, of ended: [WorkTask]) -> Statement<Bool> {
        Statement(
            """
            INSERT INTO run_dependencies (workspace_id, task_id, room_id, on_task_id, settled_as)
            SELECT t.workspace_id, t.task_id, t.room_id, p.task_id, 'parent_ended'
            FROM unnest(\(ended.map(\.id))) AS p (task_id)
            CROSS JOIN LATERAL (
                SELECT run_id FROM proj_runs WHERE workspace_id = \(workspaceID) AND task_id = p.task_id OFFSET 0) AS r
            CROSS JOIN LATERAL (
                SELECT workspace_id, task_id, room_id FROM proj_tasks
                WHERE workspace_id = \(workspaceID) AND parent_run_id = r.run_id AND finished_at IS NULL OFFSET 0) AS t
            ON CONFLICT ON CONSTRAINT run_dependencies_pkey DO UPDATE SET settled_as = 'parent_ended'
            """
        ) { rows in rows.affected > 0 }
    }

    /// One flush at a time takes what has been settled: what is decided about a task depends on all that it waited for.
    package static func lockSettling(_ workspaceID: ID<Workspace>) -> SQL {
        "SELECT pg_advisory_xact_lock(hashtextextended('tutti-settling ' || \(workspaceID), 0))"
    }

    /// Takes what has been settled; under the lock on settling. What has ended without success comes first, and a task is
    /// open as long as anything else of the kind is still to be taken.
    package static func takeSettled(_ workspaceID: ID<Workspace>, limit: Int) -> Statement<[SettledDependency]> {
        Statement(
            """
            WITH taken AS MATERIALIZED (
                SELECT on_task_id, task_id FROM run_dependencies
                WHERE workspace_id = \(workspaceID) AND settled_as IS NOT NULL
                ORDER BY task_id, on_task_id LIMIT \(limit) FOR UPDATE
            ), gone AS (
                DELETE FROM run_dependencies AS d USING taken
                WHERE d.workspace_id = \(workspaceID) AND d.on_task_id = taken.on_task_id
                    AND d.task_id = taken.task_id
                RETURNING d.task_id, d.room_id, d.on_task_id, d.settled_as
            )
            SELECT gone.*, (
                SELECT count(*) FROM run_dependencies o
                WHERE o.workspace_id = \(workspaceID) AND o.task_id = gone.task_id
                    AND coalesce(o.settled_as, 'open') IN ('open', 'failed', 'cancelled')
                    AND NOT EXISTS (
                        SELECT FROM taken
                        WHERE taken.on_task_id = o.on_task_id AND taken.task_id = o.task_id)) AS open, (
                SELECT last_event_id FROM proj_tasks
                WHERE workspace_id = \(workspaceID) AND proj_tasks.task_id = gone.on_task_id) AS last_event_id
            FROM gone ORDER BY gone.settled_as = 'completed', gone.task_id, gone.on_task_id
            """
        ) { rows in
            try rows.map { row in
                let cause: String = try row.value("settled_as")
                guard let known = SettledDependency.Cause(rawValue: cause) else {
                    throw StoreError.unknownValue(table: "run_dependencies", column: "settled_as")
                }
                return SettledDependency(
                    taskID: try row.value("task_id"), roomID: try row.value("room_id"),
                    onTaskID: try row.value("on_task_id"), cause: known,
                    eventID: try row.value("last_event_id"), openCount: try row.value("open"))
            }
        }
    }
}
