// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// Which tool calls a list shows; nil members do not restrict.
package struct ToolCallFilter: Sendable, Equatable {
    package var runID: ID<Run>?
    package var stepID: ID<Step>?
    package var tool: String?
    package var status: ToolCallStatus?

    package init(
        runID: ID<Run>? = nil, stepID: ID<Step>? = nil, tool: String? = nil, status: ToolCallStatus? = nil
    ) {
        self.runID = runID
        self.stepID = stepID
        self.tool = tool
        self.status = status
    }
}

/// `proj_tool_calls`.
package enum ToolCallStore: LedgerStore {
    package typealias Event = ToolCallEvent

    package static let table = "proj_tool_calls"

    private static let names: SQL = """
        tool_call_id, workspace_id, room_id, task_id, run_id, step_id, step_key, call_key, tool, status, attempt,
        epoch, arguments, result, error, started_at, finished_at, last_event_id
        """

    package static func load(_ keys: [ToolCallKey], in workspaceID: ID<Workspace>) -> Statement<[ToolCall]> {
        var ids: [ID<ToolCall>] = []
        var steps: [ID<Step>] = []
        var words: [String] = []
        for key in keys {
            switch key {
            case .single(let id): ids.append(id)
            case .keyed(let step, let word):
                steps.append(step)
                words.append(word)
            }
        }
        return Statement(
            """
            SELECT \(names) FROM proj_tool_calls
            WHERE workspace_id = \(workspaceID) AND tool_call_id = ANY(\(ids))
            UNION ALL
            SELECT c.* FROM unnest(\(steps), \(words)) AS wanted (step_id, call_key)
            CROSS JOIN LATERAL (
                SELECT \(names) FROM proj_tool_calls
                WHERE workspace_id = \(workspaceID) AND step_id = wanted.step_id AND call_key = wanted.call_key
                OFFSET 0
            ) AS c
            """
        ) { rows in try rows.map(read) }
    }

    package static func upsert(_ calls: [ToolCall]) -> SQL {
        """
        INSERT INTO proj_tool_calls (\(names))
        SELECT tool_call_id, workspace_id, room_id, task_id, run_id, step_id, step_key, call_key, tool, status,
            attempt, epoch, convert_from(arguments, 'UTF8')::json, convert_from(result, 'UTF8')::json, error::json,
            started_at, finished_at, last_event_id
        FROM unnest(
            \(calls.map(\.id)), \(calls.map(\.workspaceID)), \(calls.map(\.roomID)), \(calls.map(\.taskID)),
            \(calls.map(\.runID)), \(calls.map(\.stepID)), \(calls.map(\.stepKey)), \(calls.map(\.key)),
            \(calls.map(\.tool)), \(calls.map(\.status)), \(calls.map { Int32($0.attempt) }),
            \(calls.map { Int32($0.epoch) }), \(calls.map(\.arguments)), \(calls.map(\.result)),
            \(calls.map { $0.error?.json }), \(calls.map(\.startedAt)), \(calls.map(\.finishedAt)),
            \(calls.map(\.lastEventID)))
            AS c (\(names))
        ON CONFLICT ON CONSTRAINT proj_tool_calls_pkey DO UPDATE SET
            tool = excluded.tool, status = excluded.status, attempt = excluded.attempt, epoch = excluded.epoch,
            arguments = excluded.arguments, result = excluded.result, error = excluded.error,
            started_at = excluded.started_at, finished_at = excluded.finished_at,
            last_event_id = excluded.last_event_id
        """
    }

    // MARK: Reading

    /// Whether anybody still goes on with a call that is running: told by its run.
    private static let isHeld: SQL = "(r.status IN ('running', 'waiting') AND r.epoch = c.epoch)"

    private static func reading(_ payloads: SQL = "c.arguments, c.result") -> SQL {
        """
        SELECT c.tool_call_id, c.workspace_id, c.room_id, c.task_id, c.run_id, c.step_id, c.step_key, c.call_key,
            c.tool, CASE WHEN c.status = 'running' AND NOT \(isHeld) THEN 'abandoned' ELSE c.status END AS status,
            c.attempt, c.epoch, \(payloads), c.error, c.started_at, c.finished_at,
            c.last_event_id
        FROM proj_tool_calls c JOIN proj_runs r ON r.workspace_id = c.workspace_id AND r.run_id = c.run_id
        """
    }

    /// One tool call; nil when there is none.
    package static func call(_ id: ID<ToolCall>, in workspaceID: ID<Workspace>) -> Statement<ToolCall?> {
        Statement("\(reading()) WHERE c.workspace_id = \(workspaceID) AND c.tool_call_id = \(id)") { rows in
            try rows.first.map(read)
        }
    }

    /// Tool calls newest first, older than the one a page ended with.
    package static func list(
        _ filter: ToolCallFilter, in workspaceID: ID<Workspace>, before last: ID<ToolCall>?, limit: Int,
        payloads: ListedPayloads
    ) -> Statement<BoundedRows<ToolCall>> {
        var sql = payloads == .none ? reading("NULL::json AS arguments, NULL::json AS result") : reading()
        sql += " WHERE c.workspace_id = \(workspaceID)"
        if let last { sql += " AND c.tool_call_id < \(last)" }
        if let run = filter.runID { sql += " AND c.run_id = \(run)" }
        if let step = filter.stepID { sql += " AND c.step_id = \(step)" }
        if let tool = filter.tool { sql += " AND c.tool = \(tool)" }
        // Spelt out where the partial index is to be seen to fit.
        switch filter.status {
        case nil: break
        case .succeeded: sql += " AND c.status = 'succeeded'"
        case .failed: sql += " AND c.status = 'failed'"
        case .running: sql += " AND c.status = 'running' AND \(isHeld)"
        case .abandoned: sql += " AND c.status = 'running' AND NOT \(isHeld)"
        }
        sql += " ORDER BY c.tool_call_id DESC LIMIT \(limit)"
        return PayloadBound.list(
            sql, carrying: ["p.arguments", "p.result"], by: "p.tool_call_id DESC", payloads, read)
    }

    private static func read(_ row: PostgresRow) throws -> ToolCall {
        ToolCall(
            id: try row.value("tool_call_id"), workspaceID: try row.value("workspace_id"),
            roomID: try row.value("room_id"), taskID: try row.value("task_id"), runID: try row.value("run_id"),
            stepID: try row.value("step_id"), stepKey: try row.value("step_key"), key: try row.value("call_key"),
            tool: try row.value("tool"), status: try row.value("status"), attempt: try row.value("attempt"),
            epoch: try row.value("epoch"), arguments: try row.value("arguments"), result: try row.value("result"),
            error: try RunFailure.read(row, table: table), startedAt: try row.value("started_at"),
            finishedAt: try row.value("finished_at"),
            lastEventID: try row.value("last_event_id"))
    }
}
