// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres

extension TaskStore {
    /// All of a task but its input and result, which callers choose by themselves.
    static let taskColumns: SQL = """
        t.task_id, t.workspace_id, t.room_id, t.status, t.agent, t.priority, t.version, t.attempts, t.run_id,
        t.correlation_id, t.trace_id, t.idempotency_key, t.idempotency_hash, t.timeout_seconds, t.max_attempts,
        t.retry_initial_seconds, t.retry_max_seconds, t.retry_factor, t.labels, t.limits, t.parent_run_id,
        t.after_tasks, t.on_dependency_failure, t.is_blocked, t.error, t.created_by, t.run_at, t.created_at,
        t.updated_at, t.finished_at, t.last_event_id
        """

    /// A run beside its task, under names of its own.
    static let runColumns: SQL = """
        r.run_number AS run_run_number, r.status AS run_status, r.epoch AS run_epoch,
        r.worker_session_id AS run_worker_session_id, r.error AS run_error,
        r.replay_of_run_id AS run_replay_of_run_id, r.created_at AS run_created_at, r.claimed_at AS run_claimed_at,
        r.started_at AS run_started_at, r.finished_at AS run_finished_at
        """

    static func readTask(_ row: PostgresRow) throws -> WorkTask {
        WorkTask(
            id: try row.value("task_id"), workspaceID: try row.value("workspace_id"),
            roomID: try row.value("room_id"), status: try row.value("status"), agent: try row.value("agent"),
            priority: try row.value("priority"), version: try row.value("version"),
            input: try row.value("input", as: [UInt8]?.self) ?? [], result: try row.value("result"),
            error: try readFailure(row, "error"), correlationID: try row.value("correlation_id"),
            traceID: try row.value("trace_id"), idempotencyKey: try row.value("idempotency_key"),
            idempotencyHash: try row.value("idempotency_hash"), runAt: try row.value("run_at"),
            timeoutSeconds: try row.value("timeout_seconds"),
            retry: TaskRetryPolicy(
                maxAttempts: try row.value("max_attempts"), initialSeconds: try row.value("retry_initial_seconds"),
                maxSeconds: try row.value("retry_max_seconds"), factor: try row.value("retry_factor")),
            labels: try row.value("labels", as: [String]?.self) ?? [],
            limits: try (row.value("limits", as: [String]?.self) ?? []).compactMap(LimitUse.init),
            parentRunID: try row.value("parent_run_id"), dependencies: try readDependencies(row),
            isBlocked: try row.value("is_blocked"), attempts: try row.value("attempts"), runID: try row.value("run_id"),
            createdBy: try row.value("created_by"), createdAt: try row.value("created_at"),
            updatedAt: try row.value("updated_at"), finishedAt: try row.value("finished_at"),
            lastEventID: try row.value("last_event_id"))
    }

    static func readRun(_ row: PostgresRow, prefix: String = "", id: String = "run_id") throws -> Run {
        Run(
            id: try row.value(id), workspaceID: try row.value("workspace_id"),
            taskID: try row.value("task_id"), number: try row.value(prefix + "run_number"),
            status: try row.value(prefix + "status"), epoch: try row.value(prefix + "epoch"),
            workerSessionID: try row.value(prefix + "worker_session_id"),
            error: try readFailure(row, prefix + "error"), replayOf: try row.value(prefix + "replay_of_run_id"),
            createdAt: try row.value(prefix + "created_at"), claimedAt: try row.value(prefix + "claimed_at"),
            startedAt: try row.value(prefix + "started_at"), finishedAt: try row.value(prefix + "finished_at"))
    }

    private static func readDependencies(_ row: PostgresRow) throws -> TaskDependencies {
        TaskDependencies(
            after: try row.value("after_tasks", as: [ID<WorkTask>]?.self) ?? [],
            policy: try row.value("on_dependency_failure"), isBlocking: try row.value("is_blocked"))
    }

    private static func readFailure(_ row: PostgresRow, _ column: String) throws -> RunFailure? {
        try RunFailure.read(row, column, table: "proj_tasks")
    }
}

extension RunFailure {
    /// Reads a column that holds a failure as JSON, or nothing.
    static func read(_ row: PostgresRow, _ column: String = "error", table: String) throws -> RunFailure? {
        guard let text = try row.value(column, as: String?.self) else { return nil }
        guard let value = try? JSONValue.parse(text), let code = value["code"]?.string else {
            throw StoreError.unknownValue(table: table, column: column)
        }
        return RunFailure(
            code: code, message: value["message"]?.string ?? "", isRetryable: value["retryable"]?.bool ?? false)
    }
}
