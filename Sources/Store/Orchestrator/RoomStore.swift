// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_rooms`.
package enum RoomStore: LedgerStore {
    package typealias Event = RoomEvent

    package static let table = "proj_rooms"

    private static let columns: SQL = """
        room_id, workspace_id, name, archived_at, version, idempotency_key, idempotency_hash, created_at, updated_at
        """

    package static func load(_ keys: [ID<Room>], in workspaceID: ID<Workspace>) -> Statement<[Room]> {
        Statement(
            """
            SELECT \(columns) FROM proj_rooms WHERE workspace_id = \(workspaceID) AND room_id = ANY(\(keys))
            """
        ) { rows in try rows.map(read) }
    }

    package static func upsert(_ rooms: [Room]) -> SQL {
        """
        INSERT INTO proj_rooms (\(columns))
        SELECT \(columns) FROM unnest(
            \(rooms.map(\.id)), \(rooms.map(\.workspaceID)), \(rooms.map(\.name)), \(rooms.map(\.archivedAt)),
            \(rooms.map(\.version)), \(rooms.map(\.idempotencyKey)), \(rooms.map(\.idempotencyHash)),
            \(rooms.map(\.createdAt)), \(rooms.map(\.updatedAt)))
            AS r (\(columns))
        ON CONFLICT ON CONSTRAINT proj_rooms_pkey DO UPDATE SET
            name = excluded.name, archived_at = excluded.archived_at, version = excluded.version,
            updated_at = excluded.updated_at
        """
    }

    package static func idempotencyKey(of room: Room) -> String? { room.idempotencyKey }

    package static func load(
        idempotencyKeys keys: [String], in workspaceID: ID<Workspace>
    ) -> Statement<[Room]>? {
        Statement(
            """
            SELECT \(columns) FROM proj_rooms
            WHERE workspace_id = \(workspaceID) AND idempotency_key = ANY(\(keys))
            """
        ) { rows in try rows.map(read) }
    }

    /// Rooms by id, oldest first with the default one in front, after one that a page ended with.
    package static func list(
        in workspaceID: ID<Workspace>, isArchived: Bool, after last: ID<Room>?, limit: Int
    ) -> Statement<[Room]> {
        // Spelt out, so that the partial indexes are seen to fit.
        let condition: SQL = isArchived ? "archived_at IS NOT NULL" : "archived_at IS NULL"
        return Statement(
            """
            SELECT \(columns) FROM proj_rooms
            WHERE workspace_id = \(workspaceID) AND room_id > \(last?.rawValue ?? "") AND \(condition)
            ORDER BY room_id LIMIT \(limit)
            """
        ) { rows in try rows.map(read) }
    }

    /// One room; nil when there is none.
    package static func room(_ id: ID<Room>, in workspaceID: ID<Workspace>) -> Statement<Room?> {
        Statement("SELECT \(columns) FROM proj_rooms WHERE workspace_id = \(workspaceID) AND room_id = \(id)") {
            rows in try rows.first.map(read)
        }
    }

    private static func read(_ row: PostgresRow) throws -> Room {
        Room(
            id: try row.value("room_id"), workspaceID: try row.value("workspace_id"), name: try row.value("name"),
            archivedAt: try row.value("archived_at"), version: try row.value("version"),
            idempotencyKey: try row.value("idempotency_key"), idempotencyHash: try row.value("idempotency_hash"),
            createdAt: try row.value("created_at"), updatedAt: try row.value("updated_at"))
    }
}
