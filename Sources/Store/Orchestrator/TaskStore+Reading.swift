// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres

/// Which tasks a list shows; nil and empty members do not restrict.
package struct TaskFilter: Sendable, Equatable {
    package var statuses: [TaskStatus] = []
    package var agent: String?
    package var roomID: ID<Room>?
    package var correlationID: String?
    package var traceID: String?
    /// Asked for by this run.
    package var parentRunID: ID<Run>?
    /// That failed with this code.
    package var errorCode: String?
    /// Created at or after.
    package var since: Timestamp?
    /// Created before.
    package var until: Timestamp?

    package init() {}
}

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

    /// Tasks newest first, without input and result, older than the one a page ended with.
    ///
    /// Identifiers begin with the millisecond of creation, so the times become bounds of the primary key, wide enough
    /// for clocks that differ; the column decides.
    package static func list(
        _ filter: TaskFilter, in workspaceID: ID<Workspace>, before last: ID<WorkTask>?, limit: Int
    ) -> Statement<[WorkTask]> {
        Statement(
            """
            SELECT \(taskColumns), NULL::json AS input, NULL::json AS result FROM proj_tasks t
            WHERE \(condition(filter, in: workspaceID, before: last)) ORDER BY t.task_id DESC LIMIT \(limit)
            """
        ) { rows in try rows.map(readTask) }
    }

    /// As `list`, with the latest run of each task.
    package static func listRuns(
        _ filter: TaskFilter, in workspaceID: ID<Workspace>, before last: ID<WorkTask>?, limit: Int
    ) -> Statement<[(run: Run, task: WorkTask)]> {
        Statement(
            """
            SELECT \(taskColumns), \(runColumns), NULL::json AS input, NULL::json AS result
            FROM (
                SELECT * FROM proj_tasks t
                WHERE \(condition(filter, in: workspaceID, before: last)) ORDER BY t.task_id DESC LIMIT \(limit)
            ) AS t
            JOIN proj_runs r ON r.workspace_id = t.workspace_id AND r.run_id = t.run_id
            ORDER BY t.task_id DESC
            """
        ) { rows in
            try rows.map { row in (run: try readRun(row, prefix: "run_"), task: try readTask(row)) }
        }
    }

    private static func condition(
        _ filter: TaskFilter, in workspaceID: ID<Workspace>, before last: ID<WorkTask>?
    ) -> SQL {
        var sql: SQL = "t.workspace_id = \(workspaceID)"
        if let last { sql += " AND t.task_id < \(last)" }
        if let since = filter.since {
            sql += " AND t.task_id >= \(ID<WorkTask>.lowest(at: since + .seconds(-60))) AND t.created_at >= \(since)"
        }
        if let until = filter.until {
            sql += " AND t.task_id < \(ID<WorkTask>.lowest(at: until + .seconds(60))) AND t.created_at < \(until)"
        }
        if let room = filter.roomID { sql += " AND t.room_id = \(room)" }
        if let parent = filter.parentRunID { sql += " AND t.parent_run_id = \(parent)" }
        if let code = filter.errorCode { sql += " AND t.error->>'code' = \(code)" }
        if let agent = filter.agent { sql += " AND t.agent = \(agent)" }
        if let correlation = filter.correlationID { sql += " AND t.correlation_id = \(correlation)" }
        if let trace = filter.traceID { sql += " AND t.trace_id = \(trace)" }
        switch filter.statuses.count {
        case 0: break
        // Spelt out where the partial index is to be seen to fit.
        case 1 where filter.statuses[0] != .completed:
            sql += " AND t.status = \(filter.statuses[0]) AND t.status <> 'completed'"
        default: sql += " AND t.status = ANY(\(filter.statuses))"
        }
        return sql
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

extension ID {
    /// Below every identifier made at or after the millisecond of `time`, and above the earlier ones.
    package static func lowest(at time: Timestamp) -> ID {
        let high = UInt64(max(0, time.microseconds / 1000)) << 16
        return ID(trusted: Subject.idPrefix + "_" + ULID(high: high, low: 0).text)
    }
}
