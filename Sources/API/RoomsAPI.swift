// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// The endpoints of rooms.
package enum RoomsAPI {
    package static let create = Endpoint<CreateRoomInput, RoomView>(
        "createRoom", .post, "/v1/rooms", .peopleAndServices(.writeRooms), "Makes a room.",
        description: """
            The same idempotency key with the same body answers the room that was made first, with \
            `Idempotency-Replayed: true`; with another body it is refused with 409.
            """,
        tag: "rooms", success: [201], headers: madeHeaders("room"), problems: [.conflict])

    package static let list = Endpoint<ListRoomsInput, Page<RoomView>>(
        "listRooms", .get, "/v1/rooms", .peopleAndServices(.readRooms),
        "Lists rooms, oldest first, the default one in front.", tag: "rooms")

    package static let get = Endpoint<RoomInput, RoomView>(
        "getRoom", .get, "/v1/rooms/{room_id}", .peopleAndServices(.readRooms), "Reads a room.", tag: "rooms")

    package static let change = Endpoint<ChangeRoomInput, RoomView>(
        "changeRoom", .patch, "/v1/rooms/{room_id}", .peopleAndServices(.writeRooms),
        "Renames a room, archives or restores it.",
        description: """
            Nothing is posted, created or started in an archived room (409 `room_archived`): runs under way come to their \
            end, queued ones wait until it is restored. The default room cannot be archived. With `if_version` it is \
            changed only if that is still its version; 412 answers the current one.
            """,
        tag: "rooms", problems: [.conflict, .stale])

    package static let catalogue: [AnyEndpoint] = [create.route, list.route, get.route, change.route]

    /// Headers of the answer to a request that makes something at most once.
    static func madeHeaders(_ noun: String) -> [(name: String, meaning: String)] {
        [
            ("Location", "The path of the \(noun)."),
            ("Idempotency-Replayed", "`true` when the \(noun) was made by an earlier request with the same key."),
        ]
    }
}

/// `POST /v1/rooms`.
package struct CreateRoomInput: WireInput {
    package static let wireName = "NewRoom"

    package let workspaceID: ID<Workspace>
    package let name: String
    package let idempotencyKey: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        name = reader.member("name", "What people call it.", .string(.text, min: 1, max: 200))
        idempotencyKey = reader.idempotencyKey()
    }
}

extension InputReader {
    /// What makes sending the request again harmless.
    mutating func idempotencyKey() -> String? {
        optional(
            "idempotency_key", "Makes sending the same request again harmless.", .string(.text, min: 1, max: 255))
    }

    /// The version that a caller has seen.
    mutating func ifVersion() -> Int? {
        optional(
            "if_version", "The version the caller has seen; whatever is there is changed without it.",
            .integer(1...Int(Int32.max)))
    }
}

/// `GET /v1/rooms`.
package struct ListRoomsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let isArchived: Bool
    package let limit: Int
    package let cursor: ID<Room>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        isArchived = reader.query("archived", "Whether to list the archived ones instead.", .bool, default: false)
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// Names a room in a path.
package struct RoomInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        roomID = reader.path("room_id", "The room.", .id())
    }
}

/// `PATCH /v1/rooms/{room_id}`.
package struct ChangeRoomInput: WireInput {
    package static let wireName = "RoomChange"

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let name: String?
    package let isArchived: Bool?
    package let ifVersion: Int?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        roomID = reader.path("room_id", "The room.", .id())
        name = reader.optional("name", "Another name.", .string(.text, min: 1, max: 200))
        isArchived = reader.optional("archived", "Whether it is to be archived.", .bool)
        ifVersion = reader.ifVersion()
        reader.requireOne(of: "name", "archived")
    }
}

/// A room.
package struct RoomView: WireObject {
    package static let wireName = "Room"

    package let room: Room

    package init(_ room: Room) { self.room = room }

    package static let fields: [Field<RoomView>] = [
        Field("room_id", "Names the room, and its stream of events.") { $0.room.id },
        Field("workspace_id", "The workspace it belongs to.") { $0.room.workspaceID.rawValue },
        Field("name", "What people call it.") { $0.room.name },
        Field("archived_at", "Since when nothing begins in it; null while it is open.") { $0.room.archivedAt },
        Field("created_at", "When it was made.") { $0.room.createdAt },
        Field("updated_at", "When it changed last.") { $0.room.updatedAt },
        Field("version", "Rises with every change; name it as `if_version`.") { $0.room.version },
    ]
}
