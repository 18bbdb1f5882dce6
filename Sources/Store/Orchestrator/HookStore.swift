// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_hooks`.
package enum HookStore: LedgerStore {
    package typealias Event = HookEvent

    package static let table = "proj_hooks"

    private static let columns: SQL = """
        hook_id, workspace_id, room_id, version, generation, definition, delivery_count, last_delivery_at,
        minute_started_at, minute_count, rotated_at, grace_until, paused_at, created_at, updated_at, deleted_at
        """

    package static func load(_ keys: [ID<Hook>], in workspaceID: ID<Workspace>) -> Statement<[Hook]> {
        Statement(
            "SELECT \(columns) FROM proj_hooks WHERE workspace_id = \(workspaceID) AND hook_id = ANY(\(keys))"
        ) { rows in try rows.map(read) }
    }

    package static func upsert(_ hooks: [Hook]) -> SQL {
        """
        INSERT INTO proj_hooks (\(columns))
        SELECT hook_id, workspace_id, room_id, version, generation, definition::json, delivery_count,
            last_delivery_at, minute_started_at, minute_count, rotated_at, grace_until, paused_at, created_at,
            updated_at, deleted_at
        FROM unnest(
            \(hooks.map(\.id)), \(hooks.map(\.workspaceID)), \(hooks.map(\.roomID)), \(hooks.map(\.version)),
            \(hooks.map { Int32($0.generation) }),
            \(hooks.map { String(decoding: $0.definition.json, as: UTF8.self) }), \(hooks.map(\.deliveryCount)),
            \(hooks.map(\.lastDeliveryAt)), \(hooks.map(\.minuteStartedAt)), \(hooks.map { Int32($0.minuteCount) }),
            \(hooks.map(\.rotatedAt)), \(hooks.map(\.graceUntil)), \(hooks.map(\.pausedAt)),
            \(hooks.map(\.createdAt)), \(hooks.map(\.updatedAt)), \(hooks.map(\.deletedAt)))
            AS h (\(columns))
        ON CONFLICT ON CONSTRAINT proj_hooks_pkey DO UPDATE SET
            version = excluded.version, generation = excluded.generation, definition = excluded.definition,
            delivery_count = excluded.delivery_count, last_delivery_at = excluded.last_delivery_at,
            minute_started_at = excluded.minute_started_at, minute_count = excluded.minute_count,
            rotated_at = excluded.rotated_at, grace_until = excluded.grace_until, paused_at = excluded.paused_at,
            updated_at = excluded.updated_at, deleted_at = excluded.deleted_at
        """
    }

    /// One hook of a workspace; nil when there is none or it was deleted.
    package static func hook(_ id: ID<Hook>, in workspaceID: ID<Workspace>) -> Statement<Hook?> {
        Statement(
            """
            SELECT \(columns) FROM proj_hooks
            WHERE workspace_id = \(workspaceID) AND hook_id = \(id) AND deleted_at IS NULL
            """
        ) { rows in try rows.first.map(read) }
    }

    /// The hook of that name in whichever workspace; nil when there is none or it was deleted.
    package static func hook(_ id: ID<Hook>) -> Statement<Hook?> {
        Statement("SELECT \(columns) FROM proj_hooks WHERE hook_id = \(id) AND deleted_at IS NULL") { rows in
            try rows.first.map(read)
        }
    }

    /// Hooks newest first, older than the one a page ended with.
    package static func list(
        in workspaceID: ID<Workspace>, before last: ID<Hook>?, limit: Int
    ) -> Statement<[Hook]> {
        let older: SQL = if let last { "AND hook_id < \(last)" } else { "" }
        return Statement(
            """
            SELECT \(columns) FROM proj_hooks WHERE workspace_id = \(workspaceID) AND deleted_at IS NULL \(older)
            ORDER BY hook_id DESC LIMIT \(limit)
            """
        ) { rows in try rows.map(read) }
    }

    private static func read(_ row: PostgresRow) throws -> Hook {
        let definition = try JSONValue.parse(try row.value("definition", as: [UInt8].self)).object ?? [:]
        return Hook(
            id: try row.value("hook_id"), workspaceID: try row.value("workspace_id"),
            roomID: try row.value("room_id"),
            definition: try HookDefinition(EventBody(type: table, object: definition)),
            generation: try row.value("generation"), rotatedAt: try row.value("rotated_at"),
            graceUntil: try row.value("grace_until"), pausedAt: try row.value("paused_at"),
            deliveryCount: try row.value("delivery_count"), lastDeliveryAt: try row.value("last_delivery_at"),
            minuteStartedAt: try row.value("minute_started_at"), minuteCount: try row.value("minute_count"),
            version: try row.value("version"), createdAt: try row.value("created_at"),
            updatedAt: try row.value("updated_at"),
            deletedAt: try row.value("deleted_at"))
    }
}
