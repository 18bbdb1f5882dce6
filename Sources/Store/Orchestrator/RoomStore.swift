// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_rooms`.
package enum RoomStore {
    package static func insert(_ rooms: [Room]) -> SQL {
        """
        INSERT INTO proj_rooms (room_id, workspace_id, name, created_at)
        SELECT room_id, workspace_id, name, created_at
        FROM unnest(
            \(rooms.map(\.id)), \(rooms.map(\.workspaceID)), \(rooms.map(\.name)), \(rooms.map(\.createdAt)))
            AS r (room_id, workspace_id, name, created_at)
        """
    }

    package static func exists(_ id: ID<Room>, in workspaceID: ID<Workspace>) -> Statement<Bool> {
        Statement(
            """
            SELECT EXISTS (
                SELECT FROM proj_rooms WHERE workspace_id = \(workspaceID) AND room_id = \(id)) AS found
            """
        ) { rows in try rows.first?.value("found") ?? false }
    }
}
