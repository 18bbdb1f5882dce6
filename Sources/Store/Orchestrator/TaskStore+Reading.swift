// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres

extension TaskStore {
    /// A task with input and result.
    package static func task(_ id: ID<WorkTask>, in workspaceID: ID<Workspace>) -> Statement<WorkTask?> {
        Statement(
            """
            SELECT \(taskColumns), t.input, t.result FROM proj_tasks t
            WHERE t.workspace_id = \(workspaceID) AND t.task_id = \(id)
            """
        ) { rows in try rows.first.map(readTask) }
    }

    /// A run with its task, payloads included.
    package static func run(
        _ id: ID<Run>, in workspaceID: ID<Workspace>
    ) -> Statement<(run: Run, task: WorkTask)?> {
        Statement(
            """
            SELECT \(taskColumns), r.run_id AS run_run_id, \(runColumns), t.input, t.result
            FROM proj_runs r JOIN proj_tasks t ON t.workspace_id = r.workspace_id AND t.task_id = r.task_id
            WHERE r.workspace_id = \(workspaceID) AND r.run_id = \(id)
            """
        ) { rows in
            try rows.first.map { row in
                (run: try readRun(row, prefix: "run_", id: "run_run_id"), task: try readTask(row))
            }
        }
    }

    /// The tasks of some runs, each once, without payloads.
    package static func tasks(ofRuns runIDs: [ID<Run>], in workspaceID: ID<Workspace>) -> Statement<[WorkTask]> {
        Statement(
            """
            SELECT \(taskColumns), NULL::json AS input, NULL::json AS result FROM proj_tasks t
            WHERE t.workspace_id = \(workspaceID) AND t.task_id IN (
                SELECT r.task_id FROM proj_runs r
                WHERE r.workspace_id = \(workspaceID) AND r.run_id = ANY(\(runIDs)))
            """
        ) { rows in try rows.map(readTask) }
    }

    /// Where a run belongs, for locking it; nil when there is none.
    package static func place(
        ofRun runID: ID<Run>, in workspaceID: ID<Workspace>
    ) -> Statement<(taskID: ID<WorkTask>, roomID: ID<Room>)?> {
        Statement(
            """
            SELECT t.task_id, t.room_id FROM proj_runs r
            JOIN proj_tasks t ON t.workspace_id = r.workspace_id AND t.task_id = r.task_id
            WHERE r.workspace_id = \(workspaceID) AND r.run_id = \(runID)
            """
        ) { rows in
            try rows.first.map { (taskID: try $0.value("task_id"), roomID: try $0.value("room_id")) }
        }
    }

    /// As `place(ofRun:)`, of many runs at once; those that there are not are left out.
    package static func places(
        ofRuns runIDs: [ID<Run>], in workspaceID: ID<Workspace>
    ) -> Statement<[ID<Run>: (taskID: ID<WorkTask>, roomID: ID<Room>)]> {
        Statement(
            """
            SELECT r.run_id, t.task_id, t.room_id FROM unnest(\(runIDs)) AS wanted (run_id)
            CROSS JOIN LATERAL (
                SELECT run_id, task_id FROM proj_runs
                WHERE workspace_id = \(workspaceID) AND run_id = wanted.run_id OFFSET 0) AS r
            CROSS JOIN LATERAL (
                SELECT task_id, room_id FROM proj_tasks
                WHERE workspace_id = \(workspaceID) AND task_id = r.task_id OFFSET 0) AS t
            """
        ) { rows in
            var places: [ID<Run>: (taskID: ID<WorkTask>, roomID: ID<Room>)] = [:]
            for row in rows {
                places[try row.value("run_id")] = (try row.value("task_id"), try row.value("room_id"))
            }
            return places
        }
    }

    /// The runs of a task, newest first.
    package static func runs(
        of taskID: ID<WorkTask>, in workspaceID: ID<Workspace>, limit: Int
    ) -> Statement<[Run]> {
        Statement(
            """
            SELECT run_id, workspace_id, task_id, run_number, status, epoch, worker_session_id, error, replay_of_run_id,
                created_at, claimed_at, started_at, finished_at
            FROM proj_runs WHERE workspace_id = \(workspaceID) AND task_id = \(taskID)
            ORDER BY run_number DESC LIMIT \(limit)
            """
        ) { rows in try rows.map { try readRun($0) } }
    }
}
