// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_rooms`.
package enum RoomStore: LedgerStore {
    package typealias Event = RoomEvent

    package static let table = "proj_rooms"

    private static let columns: SQL = "room_id, workspace_id, name, archived_at, version, created_at, updated_at"

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
            \(rooms.map(\.version)), \(rooms.map(\.createdAt)), \(rooms.map(\.updatedAt)))
            AS r (\(columns))
        ON CONFLICT ON CONSTRAINT proj_rooms_pkey DO UPDATE SET
            name = excluded.name, archived_at = excluded.archived_at, version = excluded.version,
            updated_at = excluded.updated_at
        """
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
            createdAt: try row.value("created_at"), updatedAt: try row.value("updated_at"))
    }
}
