// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_steps`.
package enum StepStore: LedgerStore {
    package typealias Event = StepEvent

    package static let table = "proj_steps"

    private static let names: SQL = """
        step_id, workspace_id, room_id, task_id, run_id, step_key, step_number, name, kind, status, attempt, epoch,
        carried_from_step_id, input, output, error, started_at, finished_at, last_event_id
        """

    package static func load(_ keys: [StepKey], in workspaceID: ID<Workspace>) -> Statement<[Step]> {
        Statement(
            """
            SELECT s.* FROM unnest(\(keys.map(\.runID)), \(keys.map(\.key))) AS wanted (run_id, step_key)
            CROSS JOIN LATERAL (
                SELECT \(names) FROM proj_steps
                WHERE wanted.step_key <> '' AND workspace_id = \(workspaceID) AND run_id = wanted.run_id
                    AND step_key = wanted.step_key
                UNION ALL (
                    SELECT \(names) FROM proj_steps
                    WHERE wanted.step_key = '' AND workspace_id = \(workspaceID) AND run_id = wanted.run_id
                    ORDER BY step_number DESC LIMIT 1)
            ) AS s
            """
        ) { rows in try rows.map(read) }
    }

    package static func upsert(_ steps: [Step]) -> SQL {
        """
        INSERT INTO proj_steps (\(names))
        SELECT step_id, workspace_id, room_id, task_id, run_id, step_key, step_number, name, kind, status, attempt,
            epoch, carried_from_step_id, convert_from(input, 'UTF8')::json, convert_from(output, 'UTF8')::json,
            error::json, started_at, finished_at, last_event_id
        FROM unnest(
            \(steps.map(\.id)), \(steps.map(\.workspaceID)), \(steps.map(\.roomID)), \(steps.map(\.taskID)),
            \(steps.map(\.runID)), \(steps.map(\.key)), \(steps.map { Int32($0.number) }), \(steps.map(\.name)),
            \(steps.map(\.kind)), \(steps.map(\.status)), \(steps.map { Int32($0.attempt) }),
            \(steps.map { Int32($0.epoch) }), \(steps.map(\.carriedFrom)), \(steps.map(\.input)),
            \(steps.map(\.output)), \(steps.map { $0.error?.json }), \(steps.map(\.startedAt)),
            \(steps.map(\.finishedAt)), \(steps.map(\.lastEventID)))
            AS s (\(names))
        ON CONFLICT ON CONSTRAINT proj_steps_pkey DO UPDATE SET
            name = excluded.name, kind = excluded.kind, status = excluded.status, attempt = excluded.attempt,
            epoch = excluded.epoch, input = excluded.input, output = excluded.output, error = excluded.error,
            started_at = excluded.started_at, finished_at = excluded.finished_at,
            last_event_id = excluded.last_event_id
        """
    }

    // MARK: Reading

    /// With the run beside it, by which it is told whether anybody still goes on with a step that is running.
    private static func reading(_ payloads: SQL = "s.input, s.output") -> SQL {
        """
        SELECT s.step_id, s.workspace_id, s.room_id, s.task_id, s.run_id, s.step_key, s.step_number, s.name, s.kind,
            CASE WHEN s.status = 'running' AND NOT (r.status IN ('running', 'waiting') AND r.epoch = s.epoch)
                THEN 'abandoned' ELSE s.status END AS status,
            s.attempt, s.epoch, s.carried_from_step_id, \(payloads), s.error, s.started_at, s.finished_at,
            s.last_event_id
        FROM proj_steps s JOIN proj_runs r ON r.workspace_id = s.workspace_id AND r.run_id = s.run_id
        """
    }

    /// One step; nil when there is none.
    package static func step(_ id: ID<Step>, in workspaceID: ID<Workspace>) -> Statement<Step?> {
        Statement("\(reading()) WHERE s.workspace_id = \(workspaceID) AND s.step_id = \(id)") { rows in
            try rows.first.map(read)
        }
    }

    /// One step of a run, by the worker's own word; nil when there is none.
    package static func step(_ place: StepKey, in workspaceID: ID<Workspace>) -> Statement<Step?> {
        Statement(
            """
            \(reading()) WHERE s.workspace_id = \(workspaceID) AND s.run_id = \(place.runID)
                AND s.step_key = \(place.key)
            """
        ) { rows in try rows.first.map(read) }
    }

    /// The steps of a run after a number, in their order.
    package static func list(
        of runID: ID<Run>, in workspaceID: ID<Workspace>, after number: Int, limit: Int, payloads: ListedPayloads
    ) -> Statement<BoundedRows<Step>> {
        PayloadBound.list(
            """
            \(payloads == .none ? reading("NULL::json AS input, NULL::json AS output") : reading())
            WHERE s.workspace_id = \(workspaceID) AND s.run_id = \(runID) AND s.step_number > \(number)
            ORDER BY s.step_number LIMIT \(limit)
            """, carrying: ["p.input", "p.output"], by: "p.step_number", payloads, read)
    }

    /// Where a step belongs, for locking it; nil when there is none.
    package static func place(
        of id: ID<Step>, in workspaceID: ID<Workspace>
    ) -> Statement<(step: StepKey, taskID: ID<WorkTask>, roomID: ID<Room>)?> {
        Statement(
            """
            SELECT run_id, step_key, task_id, room_id FROM proj_steps
            WHERE workspace_id = \(workspaceID) AND step_id = \(id)
            """
        ) { rows in
            try rows.first.map { row in
                (
                    step: StepKey(runID: try row.value("run_id"), key: try row.value("step_key")),
                    taskID: try row.value("task_id"), roomID: try row.value("room_id")
                )
            }
        }
    }

    private static func read(_ row: PostgresRow) throws -> Step {
        Step(
            id: try row.value("step_id"), workspaceID: try row.value("workspace_id"),
            roomID: try row.value("room_id"), taskID: try row.value("task_id"), runID: try row.value("run_id"),
            key: try row.value("step_key"), number: try row.value("step_number"), name: try row.value("name"),
            kind: try row.value("kind"), status: try row.value("status"), attempt: try row.value("attempt"),
            epoch: try row.value("epoch"), input: try row.value("input"), output: try row.value("output"),
            error: try RunFailure.read(row, table: table), carriedFrom: try row.value("carried_from_step_id"),
            startedAt: try row.value("started_at"), finishedAt: try row.value("finished_at"),
            lastEventID: try row.value("last_event_id"))
    }
}
