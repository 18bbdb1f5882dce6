// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// Writing of `proj_tasks` and `proj_runs`: always whole sets, always inside a flush (or a rebuild).
///
/// `OFFSET 0` keeps a lateral subquery what it is, so that every plan begins with what is wanted and finds each row by its
/// key. A plan made while a table was small otherwise reads all of it, and stays when it has grown: see
/// `docs/adr/0014-plans-without-statistics.md`.
package enum TaskStore {
    /// A task to load; the input comes along only where it is asked for, since it may be large.
    package struct Wanted: Sendable {
        package let id: ID<WorkTask>
        package var withInput: Bool

        package init(id: ID<WorkTask>, withInput: Bool = false) {
            self.id = id
            self.withInput = withInput
        }
    }

    /// Loads tasks with their latest runs, without results. The room's stream head must be locked by the same
    /// transaction: that lock is what keeps these rows from changing.
    package static func load(_ workspaceID: ID<Workspace>, _ wanted: [Wanted]) -> Statement<[TaskAggregate]> {
        Statement(
            """
            SELECT \(taskColumns), \(runColumns),
                CASE WHEN wanted.with_input THEN t.input END AS input, NULL::json AS result
            FROM unnest(\(wanted.map(\.id)), \(wanted.map(\.withInput))) AS wanted (task_id, with_input)
            CROSS JOIN LATERAL (
                SELECT * FROM proj_tasks WHERE workspace_id = \(workspaceID) AND task_id = wanted.task_id OFFSET 0) AS t
            CROSS JOIN LATERAL (
                SELECT * FROM proj_runs WHERE workspace_id = \(workspaceID) AND run_id = t.run_id OFFSET 0) AS r
            """
        ) { rows in
            try rows.map { row in TaskAggregate(task: try readTask(row), run: try readRun(row, prefix: "run_")) }
        }
    }

    /// The tasks that have used these idempotency keys, with the hash of the request each was made by.
    package static func tasks(
        withKeys keys: [String], in workspaceID: ID<Workspace>
    ) -> Statement<[String: (task: ID<WorkTask>, hash: [UInt8])]> {
        Statement(
            """
            SELECT idempotency_key, task_id, idempotency_hash FROM proj_tasks
            WHERE workspace_id = \(workspaceID) AND idempotency_key = ANY(\(keys))
            """
        ) { rows in
            var found: [String: (task: ID<WorkTask>, hash: [UInt8])] = [:]
            for row in rows {
                let hash: [UInt8]? = try row.value("idempotency_hash")
                found[try row.value("idempotency_key")] = (try row.value("task_id"), hash ?? [])
            }
            return found
        }
    }

    package static func insert(_ tasks: [WorkTask]) -> SQL {
        """
        INSERT INTO proj_tasks (
            task_id, workspace_id, room_id, status, agent, priority, version, attempts, run_id, correlation_id,
            trace_id, idempotency_key, idempotency_hash, timeout_seconds, max_attempts, retry_initial_seconds,
            retry_max_seconds, retry_factor, labels, limits, parent_run_id, after_tasks, on_dependency_failure,
            is_blocked, input, result, error, created_by, run_at, created_at, updated_at, finished_at, last_event_id)
        SELECT task_id, workspace_id, room_id, status, agent, priority, version, attempts, run_id, correlation_id,
            trace_id, idempotency_key, idempotency_hash, timeout_seconds, max_attempts, retry_initial_seconds,
            retry_max_seconds, retry_factor, \(PackedTexts.unpack("labels")), \(PackedTexts.unpack("limits")),
            parent_run_id, \(PackedTexts.unpack("after_tasks")), on_dependency_failure, is_blocked,
            convert_from(input, 'UTF8')::json, convert_from(result, 'UTF8')::json,
            error::json, created_by, run_at, created_at, updated_at, finished_at, last_event_id
        FROM unnest(
            \(tasks.map(\.id)), \(tasks.map(\.workspaceID)), \(tasks.map(\.roomID)), \(tasks.map(\.status)),
            \(tasks.map(\.agent)), \(tasks.map { Int16($0.priority) }), \(tasks.map(\.version)),
            \(tasks.map { Int32($0.attempts) }), \(tasks.map(\.runID)), \(tasks.map(\.correlationID)),
            \(tasks.map(\.traceID)), \(tasks.map(\.idempotencyKey)), \(tasks.map(\.idempotencyHash)),
            \(tasks.map { Int32($0.timeoutSeconds) }), \(tasks.map { Int32($0.retry.maxAttempts) }),
            \(tasks.map(\.retry.initialSeconds)), \(tasks.map(\.retry.maxSeconds)), \(tasks.map(\.retry.factor)),
            \(tasks.map { PackedTexts.pack($0.labels) }), \(tasks.map { PackedTexts.pack($0.limits.map(\.text)) }),
            \(tasks.map(\.parentRunID)), \(tasks.map { PackedTexts.pack($0.dependencies.after.map(\.rawValue)) }),
            \(tasks.map(\.dependencies.policy)), \(tasks.map(\.isBlocked)),
            \(tasks.map(\.input)), \(tasks.map(\.result)), \(tasks.map { $0.error?.json }),
            \(tasks.map(\.createdBy)), \(tasks.map(\.runAt)), \(tasks.map(\.createdAt)), \(tasks.map(\.updatedAt)),
            \(tasks.map(\.finishedAt)), \(tasks.map(\.lastEventID)))
            AS t (task_id, workspace_id, room_id, status, agent, priority, version, attempts, run_id,
                correlation_id, trace_id, idempotency_key, idempotency_hash, timeout_seconds, max_attempts,
                retry_initial_seconds, retry_max_seconds, retry_factor, labels, limits, parent_run_id, after_tasks,
                on_dependency_failure, is_blocked, input, result, error, created_by, run_at, created_at, updated_at,
                finished_at, last_event_id)
        """
    }

    /// By what new tasks are listed beside their own columns; nil when none of them has a label. Labels never change.
    package static func insertLabels(of tasks: [WorkTask]) -> SQL? {
        let entries = tasks.flatMap { task in Set(task.labels).map { (task: task, label: $0) } }
        guard !entries.isEmpty else { return nil }
        return """
            INSERT INTO proj_task_labels (workspace_id, label, task_id)
            SELECT workspace_id, label, task_id
            FROM unnest(\(entries.map(\.task.workspaceID)), \(entries.map(\.label)), \(entries.map(\.task.id)))
                AS l (workspace_id, label, task_id)
            """
    }

    /// Brings rows to the state of `tasks`. An empty input means that it was not loaded and stays as it is; a result
    /// is kept exactly as long as the task is completed.
    package static func update(_ tasks: [WorkTask]) -> SQL {
        """
        UPDATE proj_tasks AS t SET
            status = u.status, priority = u.priority, version = u.version, attempts = u.attempts,
            run_id = u.run_id, is_blocked = u.is_blocked, timeout_seconds = u.timeout_seconds, run_at = u.run_at,
            updated_at = u.updated_at, finished_at = u.finished_at, last_event_id = u.last_event_id,
            error = u.error::json,
            input = CASE WHEN length(u.input) = 0 THEN t.input ELSE convert_from(u.input, 'UTF8')::json END,
            result = CASE WHEN u.status = 'completed' THEN coalesce(convert_from(u.result, 'UTF8')::json, t.result) END
        FROM unnest(
            \(tasks.map(\.id)), \(tasks.map(\.workspaceID)), \(tasks.map(\.status)),
            \(tasks.map { Int16($0.priority) }), \(tasks.map(\.version)), \(tasks.map { Int32($0.attempts) }),
            \(tasks.map(\.runID)), \(tasks.map(\.isBlocked)), \(tasks.map { Int32($0.timeoutSeconds) }),
            \(tasks.map(\.runAt)), \(tasks.map(\.updatedAt)), \(tasks.map(\.finishedAt)),
            \(tasks.map(\.lastEventID)), \(tasks.map { $0.error?.json }), \(tasks.map(\.input)),
            \(tasks.map(\.result)))
            AS u (task_id, workspace_id, status, priority, version, attempts, run_id, is_blocked, timeout_seconds, run_at,
                updated_at, finished_at, last_event_id, error, input, result)
        CROSS JOIN LATERAL (
            SELECT ctid FROM proj_tasks WHERE workspace_id = u.workspace_id AND task_id = u.task_id OFFSET 0) AS place
        WHERE t.ctid = place.ctid
        """
    }

    package static func insert(_ runs: [Run]) -> SQL {
        """
        INSERT INTO proj_runs (
            run_id, workspace_id, task_id, run_number, status, epoch, worker_session_id, error, replay_of_run_id,
            created_at, claimed_at, started_at, finished_at)
        SELECT run_id, workspace_id, task_id, run_number, status, epoch, worker_session_id, error::json,
            replay_of_run_id, created_at, claimed_at, started_at, finished_at
        FROM unnest(
            \(runs.map(\.id)), \(runs.map(\.workspaceID)), \(runs.map(\.taskID)), \(runs.map { Int32($0.number) }),
            \(runs.map(\.status)), \(runs.map { Int32($0.epoch) }), \(runs.map(\.workerSessionID)),
            \(runs.map { $0.error?.json }), \(runs.map(\.replayOf)), \(runs.map(\.createdAt)),
            \(runs.map(\.claimedAt)), \(runs.map(\.startedAt)), \(runs.map(\.finishedAt)))
            AS r (run_id, workspace_id, task_id, run_number, status, epoch, worker_session_id, error,
                replay_of_run_id, created_at, claimed_at, started_at, finished_at)
        """
    }

    package static func update(_ runs: [Run]) -> SQL {
        """
        UPDATE proj_runs AS r SET
            status = u.status, epoch = u.epoch, worker_session_id = u.worker_session_id, error = u.error::json,
            claimed_at = u.claimed_at, started_at = u.started_at, finished_at = u.finished_at
        FROM unnest(
            \(runs.map(\.id)), \(runs.map(\.workspaceID)), \(runs.map(\.status)), \(runs.map { Int32($0.epoch) }),
            \(runs.map(\.workerSessionID)), \(runs.map { $0.error?.json }), \(runs.map(\.claimedAt)),
            \(runs.map(\.startedAt)), \(runs.map(\.finishedAt)))
            AS u (run_id, workspace_id, status, epoch, worker_session_id, error, claimed_at, started_at, finished_at)
        CROSS JOIN LATERAL (
            SELECT ctid FROM proj_runs WHERE workspace_id = u.workspace_id AND run_id = u.run_id OFFSET 0) AS place
        WHERE r.ctid = place.ctid
        """
    }
}

extension RunFailure {
    /// As it is stored in a column `error`.
    var json: String {
        JSONValue.object(["code": .string(code), "message": .string(message), "retryable": .bool(isRetryable)]).text
    }
}
