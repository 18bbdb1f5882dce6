// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// The statements of `logs` and `log_head`.
package enum LogStore {
    /// What a writer holds between locking the head and its commit.
    package struct Place: Sendable, Equatable {
        /// The id of the last of the frames to be written.
        package let lastID: Int64
        package let receivedAt: Timestamp
        /// The day of `receivedAt` in UTC, which names the partition.
        package let day: String
    }

    /// Locks the head until the end of the transaction and moves it on by `count` frames.
    package static func advanceHead(by count: Int) -> Statement<Place?> {
        Statement(
            """
            UPDATE log_head SET log_id = log_id + \(count),
                received_at = greatest(clock_timestamp(), received_at + interval '1 microsecond')
            RETURNING log_id, received_at, to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day
            """
        ) { rows in
            try rows.first.map { row in
                Place(
                    lastID: try row.value("log_id"), receivedAt: try row.value("received_at"),
                    day: try row.value("day"))
            }
        }
    }

    /// Whether the frames of an earlier try, whose commit was not answered, are there. The head must be locked: until then
    /// the other transaction may still be on its way.
    package static func isStored(_ place: Place) -> Statement<Bool> {
        Statement(
            """
            SELECT EXISTS (
                SELECT FROM logs WHERE log_id = \(place.lastID) AND received_at = \(place.receivedAt)) AS stored
            """
        ) { rows in try rows.first?.value("stored") ?? false }
    }

    package static let copy: SQL = "COPY logs (\(unsafeRaw: LogRows.columns)) FROM STDIN (FORMAT binary)"

    /// Stores frames that have been numbered, all of which arrived at `receivedAt`; for so few that a COPY, which takes round
    /// trips of its own, would cost more.
    package static func insert(_ frames: [LogFrame], receivedAt: Timestamp) -> SQL {
        let fields = frames.map { $0.fields.map { JSONText(bytes: $0) } }
        // In step with each other. In FROM they would each be gathered first, which costs as much as the rows themselves.
        return """
            INSERT INTO logs (\(columns))
            SELECT unnest(\(frames.map(\.id))), \(receivedAt), unnest(\(frames.map(\.time))),
                unnest(\(frames.map(\.level.rank))), unnest(\(frames.map(\.service))), unnest(\(frames.map(\.message))),
                unnest(\(frames.map(\.traceID))), unnest(\(frames.map(\.correlationID))), unnest(\(fields))
            """
    }

    /// The id of the newest frame; 0 before the first.
    package static func head() -> Statement<Int64> {
        Statement("SELECT log_id FROM log_head") { rows in try rows.first?.value("log_id") ?? 0 }
    }

    /// Frames of an open range of ids, whichever they are.
    package static func frames(after: Int64, before: Int64, limit: Int) -> Statement<[LogFrame]> {
        select("log_id > \(after) AND log_id < \(before)", order: .oldest, limit: limit)
    }

    static let columns: SQL =
        "log_id, received_at, time, level, service, message, trace_id, correlation_id, fields"

    static func select(_ condition: SQL, order: LogOrder, limit: Int) -> Statement<[LogFrame]> {
        Statement(
            """
            SELECT \(columns) FROM logs WHERE \(condition) ORDER BY log_id \(order.sql) LIMIT \(limit)
            """
        ) { rows in try rows.map(readFrame) }
    }

    private static func readFrame(_ row: PostgresRow) throws -> LogFrame {
        guard let level = LogLevel(rank: try row.value("level")) else {
            throw StoreError.unknownValue(table: "logs", column: "level")
        }
        return LogFrame(
            id: try row.value("log_id"), time: try row.value("time"), level: level,
            service: try row.value("service"), message: try row.value("message"),
            traceID: try row.value("trace_id"), correlationID: try row.value("correlation_id"),
            fields: try row.value("fields", as: [UInt8]?.self), receivedAt: try row.value("received_at"))
    }
}

/// JSON that is kept as it was sent.
private struct JSONText: PostgresEncodable, PostgresEncodableElement {
    let bytes: [UInt8]

    static var postgresType: PostgresType { .json }

    func encode(into buffer: inout PostgresBuffer) { buffer.append(bytes) }
}

extension LogOrder {
    var sql: SQL {
        switch self {
        case .newest: "DESC"
        case .oldest: "ASC"
        }
    }
}

// MARK: - Partitions

extension LogStore {
    /// Makes the partition of one day; needed only when the reconciler has been away for long.
    package static func makePartition(of day: String) -> Statement<Int> {
        Statement("SELECT make_log_partitions(\(day)::text::date, 1) AS made") { rows in
            try rows.first?.value("made", as: Int.self) ?? 0
        }
    }

    /// Makes the partitions of today and of so many days after it, and says how many it made.
    package static func makePartitions(ahead days: Int) -> Statement<Int> {
        Statement(
            """
            SELECT make_log_partitions((clock_timestamp() AT TIME ZONE 'UTC')::date, \(Int32(days + 1))) AS made
            """
        ) { rows in try rows.first?.value("made", as: Int.self) ?? 0 }
    }

    /// Drops the oldest partition that ended more than so many days ago, and says its day; nil when there is none.
    package static func dropOldestPartition(olderThan days: Int) -> Statement<String?> {
        Statement(
            """
            SELECT drop_oldest_log_partition((clock_timestamp() AT TIME ZONE 'UTC')::date - \(Int32(days)))::text AS day
            """
        ) { rows in try rows.first?.value("day", as: String?.self) }
    }
}
