// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// The endpoints of messages.
package enum MessagesAPI {
    package static let post = Endpoint<PostMessageInput, MessageView>(
        "postMessage", .post, "/v1/threads/{thread_id}/messages", .peopleAndServices(.writeRooms),
        "Posts a message to a thread.",
        description: """
            The same idempotency key with the same body answers the message that was posted first, with \
            `Idempotency-Replayed: true`; with another body, or in another thread, it is refused with 409.
            """,
        tag: "messages", success: [201],
        headers: [
            ("Idempotency-Replayed", "`true` when the message was posted by an earlier request with the same key.")
        ],
        problems: [.conflict])

    package static let list = Endpoint<ListMessagesInput, Page<MessageView>>(
        "listMessages", .get, "/v1/threads/{thread_id}/messages", .peopleAndServices(.readRooms),
        "Lists the messages of a thread in the order in which they were posted, or the other way round.",
        tag: "messages")

    package static let catalogue: [AnyEndpoint] = [post.route, list.route]
}

/// `POST /v1/threads/{thread_id}/messages`.
package struct PostMessageInput: WireInput {
    package static let wireName = "NewMessage"

    package let workspaceID: ID<Workspace>
    package let threadID: ID<RoomThread>
    package let content: String
    package let idempotencyKey: String?
    package let runID: ID<Run>?
    package let correlationID: String?
    package let inReplyTo: ID<Message>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        threadID = reader.path("thread_id", "The thread.", .id())
        content = reader.member(
            "content_md", "What is said, as Markdown.", .string(.text, min: 1, max: Message.longestContent))
        idempotencyKey = reader.idempotencyKey()
        runID = reader.optional("run_id", "The run that it is about.", .id())
        correlationID = reader.optional(
            "correlation_id", "Ties it to tasks, runs and logs of one matter.", .string(.token, max: 128))
        inReplyTo = reader.optional("in_reply_to", "The message that it answers, of the same thread.", .id())
    }
}

/// `GET /v1/threads/{thread_id}/messages`.
package struct ListMessagesInput: WireInput {
    /// Which end a list begins at.
    package enum Order: String, Sendable, CaseIterable { case asc, desc }

    package let workspaceID: ID<Workspace>
    package let threadID: ID<RoomThread>
    package let order: Order
    package let limit: Int
    package let cursor: Int?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        threadID = reader.path("thread_id", "The thread.", .id())
        order = reader.query("order", "Oldest first unless `desc`.", .choice(Order.self)) ?? .asc
        limit = reader.pageLimit()
        cursor = reader.pageCursor(.integer(0...Int(Int64.max)))
    }
}

/// A message.
package struct MessageView: WireObject {
    package static let wireName = "Message"

    package let message: Message

    package init(_ message: Message) { self.message = message }

    package static let fields: [Field<MessageView>] = [
        Field("message_id", "Names the message; later ones of a thread have larger ones.") { $0.message.id },
        Field("thread_id", "The thread it belongs to.") { $0.message.threadID },
        Field("room_id", "The room of that thread.") { $0.message.roomID },
        Field("number", "Its place in the thread: 1 for the first, without gaps.") { $0.message.number },
        Field("sender", "Who posted it, such as `user:admin`.") { $0.message.sender.text },
        Field("content_md", "What is said, as Markdown.") { $0.message.content },
        Field("in_reply_to", "The message that it answers; null without.") { $0.message.inReplyTo },
        Field("run_id", "The run that it is about; null without.") { $0.message.runID },
        Field("correlation_id", "What ties it to others; null without.") { $0.message.correlationID },
        Field("created_at", "When it was posted.") { $0.message.createdAt },
    ]
}
