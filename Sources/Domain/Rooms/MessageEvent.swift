// SPDX-License-Identifier: Apache-2.0

package import Common

/// Everything that can happen to a message: it is posted. The stream is that of its room.
package enum MessageEvent: RowEvent {
    case posted(Posting)

    /// What is new with a message; who, when and what it belongs to is in the event's envelope.
    package struct Posting: Sendable, Equatable {
        package let threadID: ID<RoomThread>
        package let number: Int
        package let content: String
        package let inReplyTo: ID<Message>?
        package let idempotencyHash: [UInt8]?

        package init(
            threadID: ID<RoomThread>, number: Int, content: String, inReplyTo: ID<Message>?, idempotencyHash: [UInt8]?
        ) {
            self.threadID = threadID
            self.number = number
            self.content = content
            self.inReplyTo = inReplyTo
            self.idempotencyHash = idempotencyHash
        }
    }

    package static let names = ["message.posted"]

    package var name: String {
        switch self {
        case .posted: "message.posted"
        }
    }

    package static func key(of row: Message) -> ID<Message> { row.id }

    package static func key(
        in _: EventContext, _ body: EventBody
    ) throws(EventDecodingError) -> ID<Message> { try body.id("message_id") }

    package func body(of row: Message) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("message_id", row.id.rawValue)
        writer.member("thread_id", row.threadID.rawValue)
        writer.member("number", row.number)
        writer.member("content_md", row.content)
        writer.optional("in_reply_to", row.inReplyTo?.rawValue)
        writer.optional("idempotency_hash", row.idempotencyHash.map { Hex.text($0) })
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "message.posted":
            self = .posted(
                Posting(
                    threadID: try body.id("thread_id"), number: try body.int("number"),
                    content: try body.string("content_md"),
                    inReplyTo: body.text("in_reply_to").map { ID(trusted: $0) },
                    idempotencyHash: body.text("idempotency_hash").flatMap(Hex.bytes)))
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }

    package func applied(to row: Message?, key: ID<Message>, in context: EventContext) -> Message? {
        guard case .room(let roomID) = context.stream, case .posted(let posting) = self else { return nil }
        return Message(
            id: key, workspaceID: context.workspaceID, roomID: roomID, threadID: posting.threadID,
            number: posting.number, sender: context.actor, content: posting.content, inReplyTo: posting.inReplyTo,
            runID: context.runID, correlationID: context.correlationID, idempotencyKey: context.idempotencyKey,
            idempotencyHash: posting.idempotencyHash, createdAt: context.occurredAt)
    }
}
