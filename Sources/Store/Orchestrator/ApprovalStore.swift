// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// Which approvals a list shows; nil members do not restrict.
package struct ApprovalFilter: Sendable, Equatable {
    package var status: ApprovalStatus?
    package var roomID: ID<Room>?
    package var runID: ID<Run>?

    package init(status: ApprovalStatus? = nil, roomID: ID<Room>? = nil, runID: ID<Run>? = nil) {
        self.status = status
        self.roomID = roomID
        self.runID = runID
    }
}

/// An approval whose time is over, with what a flush must know to lock it.
package struct DueApproval: Sendable, Equatable {
    package let id: ID<Approval>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>?
}

/// `proj_approvals`.
package enum ApprovalStore: LedgerStore {
    package typealias Event = ApprovalEvent

    package static let table = "proj_approvals"

    private static let names: SQL = """
        approval_id, workspace_id, room_id, task_id, run_id, step_id, status, epoch, version, action_kind,
        action_target, arguments, arguments_hash, summary, requested_by, idempotency_key, request_key, decided_by, note,
        expires_at, created_at, decided_at, last_event_id
        """

    package static func idempotencyKey(of approval: Approval) -> String? { approval.requestKey }

    package static func load(
        idempotencyKeys keys: [String], in workspaceID: ID<Workspace>
    ) -> Statement<[Approval]>? {
        Statement(
            "SELECT \(names) FROM proj_approvals WHERE workspace_id = \(workspaceID) AND request_key = ANY(\(keys))"
        ) { rows in try rows.map(read) }
    }

    package static func load(_ keys: [ID<Approval>], in workspaceID: ID<Workspace>) -> Statement<[Approval]> {
        Statement(
            """
            SELECT \(names) FROM proj_approvals WHERE workspace_id = \(workspaceID) AND approval_id = ANY(\(keys))
            """
        ) { rows in try rows.map(read) }
    }

    /// The open ones of these tasks: what has to end with their runs.
    package static func open(
        of tasks: [ID<WorkTask>], in workspaceID: ID<Workspace>
    ) -> Statement<[Approval]> {
        Statement(
            """
            SELECT \(names) FROM proj_approvals
            WHERE workspace_id = \(workspaceID) AND task_id = ANY(\(tasks)) AND status IN ('pending', 'held')
            """
        ) { rows in try rows.map(read) }
    }

    /// Those whose time is over by the database's clock, the longest first.
    package static func due(in workspaceID: ID<Workspace>, limit: Int) -> Statement<[DueApproval]> {
        Statement(
            """
            SELECT approval_id, room_id, task_id FROM proj_approvals
            WHERE workspace_id = \(workspaceID) AND status IN ('pending', 'held')
                AND expires_at <= clock_timestamp()
            ORDER BY expires_at, approval_id LIMIT \(limit)
            """
        ) { rows in
            try rows.map { row in
                DueApproval(
                    id: try row.value("approval_id"), roomID: try row.value("room_id"),
                    taskID: try row.value("task_id"))
            }
        }
    }

    package static func upsert(_ approvals: [Approval]) -> SQL {
        """
        INSERT INTO proj_approvals (\(names))
        SELECT approval_id, workspace_id, room_id, task_id, run_id, step_id, status, epoch, version, action_kind,
            action_target, convert_from(arguments, 'UTF8')::json, arguments_hash, summary, requested_by,
            idempotency_key, request_key, decided_by, note, expires_at, created_at, decided_at,
            last_event_id
        FROM unnest(
            \(approvals.map(\.id)), \(approvals.map(\.workspaceID)), \(approvals.map(\.roomID)),
            \(approvals.map(\.taskID)), \(approvals.map(\.runID)), \(approvals.map(\.stepID)),
            \(approvals.map(\.status)), \(approvals.map { $0.epoch.map(Int32.init) }), \(approvals.map(\.version)),
            \(approvals.map(\.action.kind)), \(approvals.map(\.action.target)), \(approvals.map(\.action.arguments)),
            \(approvals.map(\.action.argumentsHash)), \(approvals.map(\.summary)), \(approvals.map(\.requestedBy)),
            \(approvals.map(\.idempotencyKey)), \(approvals.map(\.requestKey)), \(approvals.map(\.decidedBy)),
            \(approvals.map(\.note)), \(approvals.map(\.expiresAt)), \(approvals.map(\.createdAt)),
            \(approvals.map(\.decidedAt)), \(approvals.map(\.lastEventID)))
            AS a (\(names))
        ON CONFLICT ON CONSTRAINT proj_approvals_pkey DO UPDATE SET
            status = excluded.status, epoch = excluded.epoch, version = excluded.version,
            decided_by = excluded.decided_by, note = excluded.note, decided_at = excluded.decided_at,
            last_event_id = excluded.last_event_id
        """
    }

    // MARK: Reading

    /// One approval; nil when there is none.
    package static func approval(_ id: ID<Approval>, in workspaceID: ID<Workspace>) -> Statement<Approval?> {
        Statement("SELECT \(names) FROM proj_approvals WHERE workspace_id = \(workspaceID) AND approval_id = \(id)") {
            rows in try rows.first.map(read)
        }
    }

    /// Approvals newest first, older than the one a page ended with.
    package static func list(
        _ filter: ApprovalFilter, in workspaceID: ID<Workspace>, before last: ID<Approval>?, limit: Int
    ) -> Statement<[Approval]> {
        var sql: SQL = "SELECT \(names) FROM proj_approvals WHERE workspace_id = \(workspaceID)"
        if let last { sql += " AND approval_id < \(last)" }
        if let status = filter.status { sql += " AND status = \(status)" }
        if let room = filter.roomID { sql += " AND room_id = \(room)" }
        if let run = filter.runID { sql += " AND run_id = \(run)" }
        sql += " ORDER BY approval_id DESC LIMIT \(limit)"
        return Statement(sql) { rows in try rows.map(read) }
    }

    private static func read(_ row: PostgresRow) throws -> Approval {
        Approval(
            id: try row.value("approval_id"), workspaceID: try row.value("workspace_id"),
            roomID: try row.value("room_id"), taskID: try row.value("task_id"), runID: try row.value("run_id"),
            stepID: try row.value("step_id"),
            action: Action(
                kind: try row.value("action_kind"), target: try row.value("action_target"),
                arguments: try row.value("arguments"), argumentsHash: try row.value("arguments_hash")),
            summary: try row.value("summary"), status: try row.value("status"), epoch: try row.value("epoch"),
            requestedBy: try row.value("requested_by"), idempotencyKey: try row.value("idempotency_key"),
            decidedBy: try row.value("decided_by"), note: try row.value("note"),
            expiresAt: try row.value("expires_at"), createdAt: try row.value("created_at"),
            decidedAt: try row.value("decided_at"), version: try row.value("version"),
            lastEventID: try row.value("last_event_id"))
    }
}
