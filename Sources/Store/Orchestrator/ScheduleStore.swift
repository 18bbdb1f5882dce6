// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_schedules`.
package enum ScheduleStore: LedgerStore {
    package typealias Event = ScheduleEvent

    package static let table = "proj_schedules"

    private static let columns: SQL = """
        schedule_id, workspace_id, room_id, version, definition, last_task_id, live_task_ids, fire_count,
        next_fire_at, last_fire_at, paused_at, created_at, updated_at, deleted_at
        """

    package static func load(_ keys: [ID<Schedule>], in workspaceID: ID<Workspace>) -> Statement<[Schedule]> {
        Statement(
            """
            SELECT \(columns) FROM proj_schedules WHERE workspace_id = \(workspaceID) AND schedule_id = ANY(\(keys))
            """
        ) { rows in try rows.map(read) }
    }

    package static func upsert(_ schedules: [Schedule]) -> SQL {
        """
        INSERT INTO proj_schedules (\(columns))
        SELECT schedule_id, workspace_id, room_id, version, definition::json, last_task_id, live_task_ids::json,
            fire_count, next_fire_at, last_fire_at, paused_at, created_at, updated_at, deleted_at
        FROM unnest(
            \(schedules.map(\.id)), \(schedules.map(\.workspaceID)), \(schedules.map(\.roomID)),
            \(schedules.map(\.version)), \(schedules.map { String(decoding: $0.definition.json, as: UTF8.self) }),
            \(schedules.map(\.lastTaskID)), \(schedules.map(liveTasks)), \(schedules.map(\.fireCount)),
            \(schedules.map(\.nextFireAt)), \(schedules.map(\.lastFireAt)), \(schedules.map(\.pausedAt)),
            \(schedules.map(\.createdAt)), \(schedules.map(\.updatedAt)), \(schedules.map(\.deletedAt)))
            AS s (\(columns))
        ON CONFLICT ON CONSTRAINT proj_schedules_pkey DO UPDATE SET
            version = excluded.version, definition = excluded.definition, last_task_id = excluded.last_task_id,
            live_task_ids = excluded.live_task_ids, fire_count = excluded.fire_count,
            next_fire_at = excluded.next_fire_at, last_fire_at = excluded.last_fire_at,
            paused_at = excluded.paused_at, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at
        """
    }

    /// One schedule; nil when there is none or it was deleted.
    package static func schedule(_ id: ID<Schedule>, in workspaceID: ID<Workspace>) -> Statement<Schedule?> {
        Statement(
            """
            SELECT \(columns) FROM proj_schedules
            WHERE workspace_id = \(workspaceID) AND schedule_id = \(id) AND deleted_at IS NULL
            """
        ) { rows in try rows.first.map(read) }
    }

    /// Schedules newest first, older than the one a page ended with.
    package static func list(
        in workspaceID: ID<Workspace>, before last: ID<Schedule>?, limit: Int
    ) -> Statement<[Schedule]> {
        let older: SQL = if let last { "AND schedule_id < \(last)" } else { "" }
        return Statement(
            """
            SELECT \(columns) FROM proj_schedules
            WHERE workspace_id = \(workspaceID) AND deleted_at IS NULL \(older)
            ORDER BY schedule_id DESC LIMIT \(limit)
            """
        ) { rows in try rows.map(read) }
    }

    /// Schedules of all workspaces whose next fire is at `now` or before it, for each workspace the longest overdue.
    package static func due(at now: Timestamp, limit: Int) -> Statement<[Schedule]> {
        Statement(
            """
            SELECT s.schedule_id, s.workspace_id, s.room_id, s.version, s.definition, s.last_task_id,
                s.live_task_ids, s.fire_count, s.next_fire_at, s.last_fire_at, s.paused_at, s.created_at,
                s.updated_at, s.deleted_at
            FROM (SELECT workspace_id FROM evt_workspace_heads ORDER BY workspace_id LIMIT 1000) h
            CROSS JOIN LATERAL (
                SELECT \(columns) FROM proj_schedules d
                WHERE d.workspace_id = h.workspace_id AND d.next_fire_at <= \(now) AND d.paused_at IS NULL
                ORDER BY d.next_fire_at LIMIT \(limit)) s
            LIMIT \(limit)
            """
        ) { rows in try rows.map(read) }
    }

    private static func liveTasks(of schedule: Schedule) -> String {
        JSONValue.array(schedule.liveTaskIDs.map { .string($0.rawValue) }).text
    }

    private static func read(_ row: PostgresRow) throws -> Schedule {
        let definition = try JSONValue.parse(try row.value("definition", as: [UInt8].self)).object ?? [:]
        let live = try JSONValue.parse(try row.value("live_task_ids", as: [UInt8].self)).array ?? []
        return Schedule(
            id: try row.value("schedule_id"), workspaceID: try row.value("workspace_id"),
            roomID: try row.value("room_id"),
            definition: try ScheduleDefinition(EventBody(type: table, object: definition)),
            pausedAt: try row.value("paused_at"), nextFireAt: try row.value("next_fire_at"),
            lastFireAt: try row.value("last_fire_at"), lastTaskID: try row.value("last_task_id"),
            liveTaskIDs: live.compactMap { $0.string.map { ID(trusted: $0) } },
            fireCount: try row.value("fire_count"), version: try row.value("version"),
            createdAt: try row.value("created_at"), updatedAt: try row.value("updated_at"),
            deletedAt: try row.value("deleted_at"))
    }
}
