// SPDX-License-Identifier: Apache-2.0

package import Common

/// Everything that can happen to a thread. The stream is that of its room.
package enum ThreadEvent: RowEvent {
    case created(title: String)
    case renamed(String)
    case archived
    case restored

    package static let names = ["thread.created", "thread.renamed", "thread.archived", "thread.restored"]

    package var name: String {
        switch self {
        case .created: "thread.created"
        case .renamed: "thread.renamed"
        case .archived: "thread.archived"
        case .restored: "thread.restored"
        }
    }

    package static func key(of row: RoomThread) -> ID<RoomThread> { row.id }

    package static func key(
        in _: EventContext, _ body: EventBody
    ) throws(EventDecodingError) -> ID<RoomThread> { try body.id("thread_id") }

    package func body(of row: RoomThread) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("thread_id", row.id.rawValue)
        writer.member("title", row.title)
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "thread.created": self = .created(title: try body.string("title"))
        case "thread.renamed": self = .renamed(try body.string("title"))
        case "thread.archived": self = .archived
        case "thread.restored": self = .restored
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }

    package func applied(to row: RoomThread?, key: ID<RoomThread>, in context: EventContext) -> RoomThread? {
        if case .created(let title) = self {
            guard case .room(let roomID) = context.stream else { return nil }
            return RoomThread(
                id: key, workspaceID: context.workspaceID, roomID: roomID, title: title,
                createdAt: context.occurredAt, updatedAt: context.occurredAt)
        }
        guard var thread = row else { return nil }
        switch self {
        case .created: break
        case .renamed(let title): thread.title = title
        case .archived: thread.archivedAt = context.occurredAt
        case .restored: thread.archivedAt = nil
        }
        thread.version += 1
        thread.updatedAt = context.occurredAt
        return thread
    }
}
