// SPDX-License-Identifier: Apache-2.0

package import Common

/// Everything that can happen to a room. The stream is the room itself.
package enum RoomEvent: RowEvent {
    case created(name: String, idempotencyHash: [UInt8]? = nil)
    case renamed(String)
    case archived
    case restored

    package static let names = ["room.created", "room.renamed", "room.archived", "room.restored"]

    package var name: String {
        switch self {
        case .created: "room.created"
        case .renamed: "room.renamed"
        case .archived: "room.archived"
        case .restored: "room.restored"
        }
    }

    package static func key(of row: Room) -> ID<Room> { row.id }

    package static func key(in context: EventContext, _: EventBody) throws(EventDecodingError) -> ID<Room> {
        ID(trusted: context.stream.id)
    }

    package func body(of row: Room) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", row.name)
        if case .created(_, let hash?) = self { writer.member("idempotency_hash", Hex.text(hash)) }
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "room.created":
            self = .created(
                name: try body.string("name"), idempotencyHash: body.text("idempotency_hash").flatMap(Hex.bytes))
        case "room.renamed": self = .renamed(try body.string("name"))
        case "room.archived": self = .archived
        case "room.restored": self = .restored
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }

    package func applied(to row: Room?, key: ID<Room>, in context: EventContext) -> Room? {
        if case .created(let name, let hash) = self {
            return Room(
                id: key, workspaceID: context.workspaceID, name: name, idempotencyKey: context.idempotencyKey,
                idempotencyHash: hash, createdAt: context.occurredAt, updatedAt: context.occurredAt)
        }
        guard var room = row else { return nil }
        switch self {
        case .created: break
        case .renamed(let name): room.name = name
        case .archived: room.archivedAt = context.occurredAt
        case .restored: room.archivedAt = nil
        }
        room.version += 1
        room.updatedAt = context.occurredAt
        return room
    }
}
