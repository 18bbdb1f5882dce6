// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_messages`.
package enum MessageStore: LedgerStore {
    package typealias Event = MessageEvent

    package static let table = "proj_messages"

    private static let columns: SQL = """
        message_id, workspace_id, room_id, thread_id, message_number, sender, content_md, in_reply_to, run_id,
        correlation_id, idempotency_key, idempotency_hash, created_at
        """

    package static func load(_ keys: [ID<Message>], in workspaceID: ID<Workspace>) -> Statement<[Message]> {
        Statement(
            "SELECT \(columns) FROM proj_messages WHERE workspace_id = \(workspaceID) AND message_id = ANY(\(keys))"
        ) { rows in try rows.map(read) }
    }

    package static func idempotencyKey(of message: Message) -> String? { message.idempotencyKey }

    package static func load(
        idempotencyKeys keys: [String], in workspaceID: ID<Workspace>
    ) -> Statement<[Message]>? {
        Statement(
            """
            SELECT \(columns) FROM proj_messages
            WHERE workspace_id = \(workspaceID) AND idempotency_key = ANY(\(keys))
            """
        ) { rows in try rows.map(read) }
    }

    package static func upsert(_ messages: [Message]) -> SQL {
        """
        INSERT INTO proj_messages (\(columns))
        SELECT \(columns) FROM unnest(
            \(messages.map(\.id)), \(messages.map(\.workspaceID)), \(messages.map(\.roomID)),
            \(messages.map(\.threadID)), \(messages.map(\.number)), \(messages.map(\.sender)),
            \(messages.map(\.content)), \(messages.map(\.inReplyTo)), \(messages.map(\.runID)),
            \(messages.map(\.correlationID)), \(messages.map(\.idempotencyKey)), \(messages.map(\.idempotencyHash)),
            \(messages.map(\.createdAt)))
            AS m (\(columns))
        """
    }

    /// One message; nil when there is none.
    package static func message(_ id: ID<Message>, in workspaceID: ID<Workspace>) -> Statement<Message?> {
        Statement(
            "SELECT \(columns) FROM proj_messages WHERE workspace_id = \(workspaceID) AND message_id = \(id)"
        ) { rows in try rows.first.map(read) }
    }

    /// Messages of a thread in the order of their numbers or the reverse of it, beyond the one that a page ended with.
    package static func list(
        of threadID: ID<RoomThread>, in workspaceID: ID<Workspace>, isAscending: Bool, beyond number: Int?, limit: Int
    ) -> Statement<[Message]> {
        var sql: SQL = """
            SELECT \(columns) FROM proj_messages WHERE workspace_id = \(workspaceID) AND thread_id = \(threadID)
            """
        if let number {
            sql += isAscending ? " AND message_number > \(number)" : " AND message_number < \(number)"
        }
        sql += isAscending ? " ORDER BY message_number" : " ORDER BY message_number DESC"
        sql += " LIMIT \(limit)"
        return Statement(sql) { rows in try rows.map(read) }
    }

    private static func read(_ row: PostgresRow) throws -> Message {
        Message(
            id: try row.value("message_id"), workspaceID: try row.value("workspace_id"),
            roomID: try row.value("room_id"), threadID: try row.value("thread_id"),
            number: try row.value("message_number"), sender: try row.value("sender"),
            content: try row.value("content_md"), inReplyTo: try row.value("in_reply_to"),
            runID: try row.value("run_id"), correlationID: try row.value("correlation_id"),
            idempotencyKey: try row.value("idempotency_key"), idempotencyHash: try row.value("idempotency_hash"),
            createdAt: try row.value("created_at"))
    }
}
