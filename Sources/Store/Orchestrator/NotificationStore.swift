// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_notifications` and `read_cursors`.
package enum NotificationStore {
    package static let table = "proj_notifications"

    /// Entries of one kind that a page, or a count, looks at: those that the reader caused are passed over, and may be many.
    package static let window = 2000

    /// Notes those of some events that are news; nil when none is.
    package static func insert(_ events: [RecordedEvent]) -> SQL? {
        let news = events.compactMap { recorded in
            NotificationKind(recorded.event).map { (kind: $0, recorded: recorded) }
        }
        guard !news.isEmpty else { return nil }
        return """
            INSERT INTO proj_notifications (workspace_id, kind, position, actor)
            SELECT workspace_id, kind, position, actor FROM unnest(
                \(news.map(\.recorded.event.workspaceID)), \(news.map(\.kind)), \(news.map(\.recorded.position)),
                \(news.map(\.recorded.event.actor))) AS n (workspace_id, kind, position, actor)
            """
    }

    /// News that somebody else caused, newest first, before a position. `end` is where looking ended before all were
    /// looked at; nil when there is nothing older.
    ///
    /// Each kind is read in the order of its index down to the edge, the first place where one of them has had its share
    /// of being looked at.
    package static func list(
        _ kinds: [NotificationKind], in workspaceID: ID<Workspace>, for reader: Principal, before position: Int64,
        limit: Int
    ) -> Statement<(notifications: [NotificationItem], end: Int64?)> {
        Statement(
            """
            SELECT edge.position AS scan_end, n.kind, t.agent AS task_agent, \(EventStore.columns)
            FROM (
                SELECT max(last.position) AS position FROM unnest(\(kinds)) AS wanted (kind) CROSS JOIN LATERAL (
                    SELECT p.position FROM proj_notifications p
                    WHERE p.workspace_id = \(workspaceID) AND p.kind = wanted.kind AND p.position < \(position)
                    ORDER BY p.position DESC OFFSET \(window - 1) LIMIT 1) AS last
            ) AS edge
            LEFT JOIN LATERAL (
                SELECT found.kind, found.position FROM unnest(\(kinds)) AS wanted (kind) CROSS JOIN LATERAL (
                    SELECT p.kind, p.position FROM proj_notifications p
                    WHERE p.workspace_id = \(workspaceID) AND p.kind = wanted.kind AND p.position < \(position)
                        AND p.position >= coalesce(edge.position, 0) AND p.actor <> \(reader)
                    ORDER BY p.position DESC LIMIT \(limit)) AS found
                ORDER BY found.position DESC LIMIT \(limit)
            ) AS n ON true
            LEFT JOIN LATERAL (
                SELECT * FROM evt_events WHERE workspace_id = \(workspaceID) AND position = n.position OFFSET 0
            ) AS e ON true
            LEFT JOIN evt_blobs b ON b.workspace_id = e.workspace_id AND b.blob_hash = e.blob_hash
            LEFT JOIN proj_tasks t ON t.workspace_id = \(workspaceID) AND t.task_id = e.task_id
            ORDER BY n.position DESC
            """
        ) { rows in
            let found = try rows.filter { try $0.value("kind", as: String?.self) != nil }
            return (
                notifications: try found.map { row in
                    NotificationItem(
                        try row.value("kind"), try EventStore.readEvent(row), agent: try row.value("task_agent"))
                },
                end: try rows.first?.value("scan_end")
            )
        }
    }

    /// How far somebody has read, and how much of what others caused there is behind that.
    package static func state(of reader: Principal, in workspaceID: ID<Workspace>) -> Statement<ReadState> {
        Statement(
            """
            SELECT c.position, c.updated_at, sum(k.found)::bigint AS found, bool_or(k.is_cut) AS is_cut,
                max(k.newest) AS newest
            FROM (SELECT 1) AS one LEFT JOIN read_cursors c
                ON c.workspace_id = \(workspaceID) AND c.principal = \(reader)
            CROSS JOIN unnest(\(NotificationKind.allCases)) AS wanted (kind)
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE unread.actor <> \(reader)) AS found,
                    count(*) >= \(window) AS is_cut,
                    (SELECT latest.position FROM (
                        SELECT p.position, p.actor FROM proj_notifications p
                        WHERE p.workspace_id = \(workspaceID) AND p.kind = wanted.kind
                        ORDER BY p.position DESC LIMIT \(window)) AS latest
                    WHERE latest.actor <> \(reader) ORDER BY latest.position DESC LIMIT 1) AS newest
                FROM (
                    SELECT p.actor FROM proj_notifications p
                    WHERE p.workspace_id = \(workspaceID) AND p.kind = wanted.kind
                        AND p.position > coalesce(c.position, 0)
                    ORDER BY p.position DESC LIMIT \(window)) AS unread
            ) AS k
            GROUP BY c.position, c.updated_at
            """
        ) { rows in
            guard let row = rows.first else {
                return ReadState(position: 0, readAt: nil, unread: 0, isMore: false, newest: 0)
            }
            let found: Int = try row.value("found")
            return ReadState(
                position: try row.value("position", as: Int64?.self) ?? 0, readAt: try row.value("updated_at"),
                unread: min(found, ReadState.mostUnread),
                isMore: try found > ReadState.mostUnread || row.value("is_cut"),
                newest: try row.value("newest", as: Int64?.self) ?? 0)
        }
    }

    /// Moves a reader's place to a position that the log has; back only when that is asked for.
    package static func move(
        _ reader: Principal, in workspaceID: ID<Workspace>, to position: Int64, allowBack: Bool
    ) -> SQL {
        """
        INSERT INTO read_cursors (workspace_id, principal, position, updated_at)
        SELECT h.workspace_id, \(reader), \(position), now() FROM evt_workspace_heads h
        WHERE h.workspace_id = \(workspaceID) AND h.position >= \(position)
        ON CONFLICT ON CONSTRAINT read_cursors_pkey DO UPDATE
            SET position = excluded.position, updated_at = excluded.updated_at
            WHERE \(allowBack) OR excluded.position >= read_cursors.position
        """
    }
}
