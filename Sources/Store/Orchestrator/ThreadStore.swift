// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_threads`.
package enum ThreadStore: LedgerStore {
    package typealias Event = ThreadEvent

    package static let table = "proj_threads"

    private static let columns: SQL = """
        thread_id, workspace_id, room_id, title, archived_at, version, created_at, updated_at
        """

    /// A thread with the end of its messages beside it; one step into an index for each thread.
    private static let select: SQL = """
        SELECT t.thread_id, t.workspace_id, t.room_id, t.title, t.archived_at, t.version, t.created_at, t.updated_at,
            latest.message_id, latest.message_number, latest.created_at AS posted_at
        FROM proj_threads t LEFT JOIN LATERAL (
            SELECT m.message_id, m.message_number, m.created_at FROM proj_messages m
            WHERE m.workspace_id = t.workspace_id AND m.thread_id = t.thread_id
            ORDER BY m.message_number DESC LIMIT 1
        ) AS latest ON true
        """

    package static func load(
        _ keys: [ID<RoomThread>], in workspaceID: ID<Workspace>
    ) -> Statement<[RoomThread]> {
        Statement("\(select) WHERE t.workspace_id = \(workspaceID) AND t.thread_id = ANY(\(keys))") { rows in
            try rows.map(read)
        }
    }

    package static func upsert(_ threads: [RoomThread]) -> SQL {
        """
        INSERT INTO proj_threads (\(columns))
        SELECT \(columns) FROM unnest(
            \(threads.map(\.id)), \(threads.map(\.workspaceID)), \(threads.map(\.roomID)), \(threads.map(\.title)),
            \(threads.map(\.archivedAt)), \(threads.map(\.version)), \(threads.map(\.createdAt)),
            \(threads.map(\.updatedAt)))
            AS t (\(columns))
        ON CONFLICT ON CONSTRAINT proj_threads_pkey DO UPDATE SET
            title = excluded.title, archived_at = excluded.archived_at, version = excluded.version,
            updated_at = excluded.updated_at
        """
    }

    /// One thread; nil when there is none.
    package static func thread(
        _ id: ID<RoomThread>, in workspaceID: ID<Workspace>
    ) -> Statement<RoomThread?> {
        Statement("\(select) WHERE t.workspace_id = \(workspaceID) AND t.thread_id = \(id)") { rows in
            try rows.first.map(read)
        }
    }

    /// Threads of a room, newest first, before one that a page ended with.
    package static func list(
        of roomID: ID<Room>, in workspaceID: ID<Workspace>, isArchived: Bool, before last: ID<RoomThread>?, limit: Int
    ) -> Statement<[RoomThread]> {
        // Spelt out, so that the partial indexes are seen to fit.
        let condition: SQL = isArchived ? "t.archived_at IS NOT NULL" : "t.archived_at IS NULL"
        var sql: SQL = "\(select) WHERE t.workspace_id = \(workspaceID) AND t.room_id = \(roomID) AND \(condition)"
        if let last { sql += " AND t.thread_id < \(last)" }
        sql += " ORDER BY t.thread_id DESC LIMIT \(limit)"
        return Statement(sql) { rows in try rows.map(read) }
    }

    private static func read(_ row: PostgresRow) throws -> RoomThread {
        let latest = try row.value("message_id", as: ID<Message>?.self).map { id in
            RoomThread.LatestMessage(
                id: id, number: try row.value("message_number"), postedAt: try row.value("posted_at"))
        }
        return RoomThread(
            id: try row.value("thread_id"), workspaceID: try row.value("workspace_id"),
            roomID: try row.value("room_id"), title: try row.value("title"), archivedAt: try row.value("archived_at"),
            version: try row.value("version"), createdAt: try row.value("created_at"),
            updatedAt: try row.value("updated_at"), latest: latest)
    }
}
