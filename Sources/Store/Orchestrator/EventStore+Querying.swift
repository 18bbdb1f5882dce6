// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
import Postgres

/// Which events a query shows; nil members do not restrict.
package struct EventFilter: Sendable, Equatable {
    package var stream: StreamKey?
    /// Events of the stream from this sequence on.
    package var fromSequence: Int64?
    package var runID: ID<Run>?
    package var taskID: ID<WorkTask>?
    package var correlationID: String?
    package var type: String?
    package var actor: String?
    /// Happened at or after.
    package var since: Timestamp?
    /// Happened before.
    package var until: Timestamp?

    package init() {}

    /// The place by which pages are counted: the stream's sequence where a stream is all that narrows the search down,
    /// else the position.
    package var countsBySequence: Bool { stream != nil && runID == nil && taskID == nil && correlationID == nil }
}

/// The sequences that a stream has.
package struct StreamBounds: Sendable, Equatable {
    /// The oldest that is kept; one more than `last` when there is none.
    package let oldest: Int64
    package let last: Int64

    package init(oldest: Int64, last: Int64) {
        self.oldest = oldest
        self.last = last
    }
}

/// The events of a page; `isCut` when some were left off because of their size.
package struct EventPage: Sendable {
    package let events: [RecordedEvent]
    package let isCut: Bool
}

/// A part of a query's answer: where to look, and in which direction.
package struct EventWindow: Sendable, Equatable {
    /// Events at most this many places are looked at, whether they fit or not.
    package static let reach = 10_000
    /// An answer is cut off when the bodies in it are longer together.
    package static let bytes = 1 << 20

    package var isAscending: Bool
    /// Only places after this one.
    package var after: Int64 = 0
    /// Only places before this one.
    package var before: Int64 = .max
    package var limit: Int

    package init(isAscending: Bool, limit: Int) {
        self.isAscending = isAscending
        self.limit = limit
    }
}

extension EventStore {
    /// Events of a stream after a sequence, in order; fewer than `limit` when they are large.
    package static func events(
        of stream: StreamKey, in workspaceID: ID<Workspace>, after sequence: Int64, limit: Int
    ) -> Statement<[RecordedEvent]> {
        let inner: SQL = """
            SELECT \(measured) FROM \(source)
            WHERE e.workspace_id = \(workspaceID) AND e.stream_type = \(stream.type) AND e.stream_id = \(stream.id)
                AND e.stream_seq > \(sequence)
            ORDER BY e.stream_seq LIMIT \(limit)
            """
        return Statement(bounded(inner, by: "e.stream_seq")) { rows in try rows.map(readEvent) }
    }

    /// The latest events of a stream up to a sequence, in order; fewer than `limit` when they are large.
    package static func events(
        of stream: StreamKey, in workspaceID: ID<Workspace>, upTo sequence: Int64, limit: Int
    ) -> Statement<[RecordedEvent]> {
        let inner: SQL = """
            SELECT \(measured) FROM \(source)
            WHERE e.workspace_id = \(workspaceID) AND e.stream_type = \(stream.type) AND e.stream_id = \(stream.id)
                AND e.stream_seq <= \(sequence)
            ORDER BY e.stream_seq DESC LIMIT \(limit)
            """
        return Statement(bounded(inner, by: "e.stream_seq DESC")) { rows in try rows.map(readEvent).reversed() }
    }

    /// An event and how large it is; what is large has its body elsewhere.
    private static let measured: SQL = "e.*, b.body AS blob, octet_length(coalesce(e.body, b.body)) AS size"

    /// The first of these events until their bodies are `EventWindow.bytes` long, but one at least; `found` says how many
    /// there are. Sizes are known without reading what is stored apart.
    private static func bounded(_ inner: SQL, by order: SQL) -> SQL {
        """
        SELECT \(columns), e.found FROM (
            SELECT e.*, count(*) OVER () AS found, coalesce(sum(e.size) OVER (ORDER BY \(order)) - e.size, 0) AS before
            FROM (\(inner)) e
        ) e CROSS JOIN LATERAL (SELECT e.blob AS body) b
        WHERE e.before < \(Int64(EventWindow.bytes)) ORDER BY \(order)
        """
    }

    /// The sequences of a stream; nil when there is no such stream.
    package static func bounds(of stream: StreamKey, in workspaceID: ID<Workspace>) -> Statement<StreamBounds?> {
        Statement(
            """
            SELECT h.stream_seq AS last, coalesce((
                SELECT e.stream_seq FROM evt_events e
                WHERE e.workspace_id = h.workspace_id AND e.stream_type = h.stream_type AND e.stream_id = h.stream_id
                ORDER BY e.stream_seq LIMIT 1), h.stream_seq + 1) AS oldest
            FROM evt_stream_heads h
            WHERE h.workspace_id = \(workspaceID) AND h.stream_type = \(stream.type) AND h.stream_id = \(stream.id)
            """
        ) { rows in
            try rows.first.map { StreamBounds(oldest: try $0.value("oldest"), last: try $0.value("last")) }
        }
    }

    /// Those of the events that are recorded.
    package static func known(_ ids: [UUID], in workspaceID: ID<Workspace>) -> Statement<Set<UUID>> {
        Statement(
            "SELECT event_id FROM evt_events WHERE event_id = ANY(\(ids)) AND workspace_id = \(workspaceID)"
        ) { rows in Set(try rows.map { try $0.value("event_id", as: UUID.self) }) }
    }

    /// One event by its id.
    package static func event(_ id: UUID, in workspaceID: ID<Workspace>) -> Statement<RecordedEvent?> {
        Statement(
            "SELECT \(columns) FROM \(source) WHERE e.event_id = \(id) AND e.workspace_id = \(workspaceID) LIMIT 1"
        ) { rows in try rows.first.map(readEvent) }
    }

    /// Events that fit, from the part of the log that the window and the most telling restriction leave; of these at most
    /// `EventWindow.reach` are looked at.
    package static func events(
        _ filter: EventFilter, in workspaceID: ID<Workspace>, _ window: EventWindow
    ) -> Statement<EventPage> {
        var inner: SQL = "SELECT \(measured) FROM (SELECT e.* FROM evt_events e"
        inner += scope(filter, workspaceID, window)
        inner += " LIMIT \(EventWindow.reach)) e LEFT JOIN evt_blobs b"
        inner += " ON b.workspace_id = e.workspace_id AND b.blob_hash = e.blob_hash WHERE true"
        inner += rest(filter)
        inner += " ORDER BY \(order(filter, window)) LIMIT \(window.limit)"
        return Statement(bounded(inner, by: order(filter, window))) { rows in
            let found: Int64 = try rows.first?.value("found") ?? 0
            return EventPage(events: try rows.map(readEvent), isCut: Int64(rows.count) < found)
        }
    }

    /// The place of the last event that `events(_:in:_:)` looks at; nil when it looks at all there are.
    package static func lastPlace(
        _ filter: EventFilter, in workspaceID: ID<Workspace>, _ window: EventWindow
    ) -> Statement<Int64?> {
        var sql: SQL = "SELECT \(place(filter)) AS place FROM evt_events e"
        sql += scope(filter, workspaceID, window)
        sql += " OFFSET \(EventWindow.reach - 1) LIMIT 1"
        return Statement(sql) { rows in try rows.first?.value("place") }
    }

    private static func place(_ filter: EventFilter) -> SQL {
        filter.countsBySequence ? "e.stream_seq" : "e.position"
    }

    private static func order(_ filter: EventFilter, _ window: EventWindow) -> SQL {
        place(filter) + (window.isAscending ? "" : " DESC")
    }

    /// What one index answers, in its order.
    private static func scope(_ filter: EventFilter, _ workspaceID: ID<Workspace>, _ window: EventWindow) -> SQL {
        var sql: SQL = " WHERE e.workspace_id = \(workspaceID)"
        if let run = filter.runID {
            // What says something of a run says of which task; the task's events are few.
            sql += """
                 AND e.task_id = (
                    SELECT r.task_id FROM proj_runs r WHERE r.workspace_id = \(workspaceID) AND r.run_id = \(run))
                    AND e.run_id = \(run)
                """
        } else if let task = filter.taskID {
            sql += " AND e.task_id = \(task)"
        } else if let correlation = filter.correlationID {
            sql += " AND e.correlation_id = \(correlation)"
        } else if let stream = filter.stream {
            sql += " AND e.stream_type = \(stream.type) AND e.stream_id = \(stream.id)"
        }
        // Both at once, so that one prepared statement serves every page.
        sql += " AND \(place(filter)) > \(window.after) AND \(place(filter)) < \(window.before)"
        return sql + " ORDER BY " + order(filter, window)
    }

    /// What is left to be looked at in each event.
    private static func rest(_ filter: EventFilter) -> SQL {
        var sql: SQL = ""
        if !filter.countsBySequence {
            if let task = filter.taskID { sql += " AND e.task_id = \(task)" }
            if let correlation = filter.correlationID { sql += " AND e.correlation_id = \(correlation)" }
            if let stream = filter.stream {
                sql += " AND e.stream_type = \(stream.type) AND e.stream_id = \(stream.id)"
            }
        }
        if let sequence = filter.fromSequence { sql += " AND e.stream_seq >= \(sequence)" }
        if let type = filter.type { sql += " AND e.event_type = \(type)" }
        if let actor = filter.actor { sql += " AND e.actor = \(actor)" }
        if let since = filter.since { sql += " AND e.occurred_at >= \(since)" }
        if let until = filter.until { sql += " AND e.occurred_at < \(until)" }
        return sql
    }

    /// A place such that what is there happened before `time` and what is at the next one did not; found by halving, since
    /// places have no gaps. Events stand nearly in the order of their times, so a search for another time than the one
    /// wanted, by as much as they may be out of order, gives a bound that cuts nothing off.
    package static func place(
        of time: Timestamp, in stream: StreamKey?, of workspaceID: ID<Workspace>
    ) -> Statement<Int64> {
        let head: SQL
        let probe: SQL
        if let stream {
            head = """
                SELECT stream_seq FROM evt_stream_heads
                WHERE workspace_id = \(workspaceID) AND stream_type = \(stream.type) AND stream_id = \(stream.id)
                """
            probe = """
                e.workspace_id = \(workspaceID) AND e.stream_type = \(stream.type) AND e.stream_id = \(stream.id)
                    AND e.stream_seq = (s.low + s.high) / 2
                """
        } else {
            head = "SELECT position FROM evt_workspace_heads WHERE workspace_id = \(workspaceID)"
            probe = "e.workspace_id = \(workspaceID) AND e.position = (s.low + s.high) / 2"
        }
        return Statement(
            """
            WITH RECURSIVE search (low, high) AS (
                SELECT 0::bigint, coalesce((\(head)), 0) + 1
                UNION ALL
                SELECT CASE WHEN found.is_before THEN (s.low + s.high) / 2 ELSE s.low END,
                    CASE WHEN found.is_before THEN s.high ELSE (s.low + s.high) / 2 END
                FROM search s CROSS JOIN LATERAL (
                    SELECT coalesce((SELECT e.occurred_at < \(time) FROM evt_events e WHERE \(probe)), true) AS is_before
                ) found
                WHERE s.high - s.low > 1
            )
            SELECT low FROM search ORDER BY high - low LIMIT 1
            """
        ) { rows in try rows.first?.value("low") ?? 0 }
    }
}
