// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// What part of the log somebody wants.
package struct LogQuery: Sendable, Equatable {
    package var filter: LogFilter
    /// Bounds of `LogFrame.effectiveTime`; the first is included, the second is not.
    package var since: Timestamp?
    package var until: Timestamp?
    /// Bounds of the id; neither is included.
    package var after: Int64?
    package var before: Int64?
    package var order: LogOrder
    package var limit: Int

    package init(
        filter: LogFilter = LogFilter(), since: Timestamp? = nil, until: Timestamp? = nil, after: Int64? = nil,
        before: Int64? = nil, order: LogOrder = .newest, limit: Int = 100
    ) {
        self.filter = filter
        self.since = since
        self.until = until
        self.after = after
        self.before = before
        self.order = order
        self.limit = limit
    }
}

/// A part of the log.
package struct LogPage: Sendable {
    package let frames: [LogFrame]
    /// The last id that was looked at, in the page's direction: everything from the beginning of the query to it is
    /// decided. Reading on begins behind it.
    package let scannedTo: Int64
    /// Whether there may be more behind it.
    package let hasMore: Bool
    /// The newest id of the log when the page was read; 0 before the first.
    package let newestID: Int64
    /// The oldest id that is still kept; one more than the newest when none is.
    package let oldestID: Int64
}

/// Reads pages of the log with bounded work: where no index answers the whole question, a page looks at no more than
/// `scanLimit` frames and then says how far it came, however little it found.
package struct LogPages: Sendable {
    private let pool: PostgresPool
    private let scanLimit: Int

    package init(pool: PostgresPool, scanLimit: Int) {
        self.pool = pool
        self.scanLimit = max(1, scanLimit)
    }

    package func page(_ query: LogQuery) async throws -> LogPage {
        try await pool.withConnection { connection in
            var batch = StatementBatch()
            let head = batch.add(LogStore.head())
            let oldest = batch.add(LogBounds.oldest())
            let first = query.since.map { batch.add(LogBounds.first(since: $0)) }
            let last = query.until.map { batch.add(LogBounds.last(until: $0)) }
            let results = try await batch.run(on: connection)
            let newestID = try results(head)
            let oldestID = try results(oldest) ?? newestID + 1
            // What the query can be about, both ends left out.
            var low = max(query.after ?? 0, oldestID - 1)
            var high = min(query.before ?? .max, newestID + 1)
            if let first { low = max(low, (try results(first) ?? newestID + 1) - 1) }
            if let last { high = min(high, (try results(last) ?? 0) + 1) }
            let range = try await window(query, low, high, connection)
            var frames: [LogFrame] = []
            if range.low < range.high - 1 {
                let statement = LogStore.select(
                    query.condition(low: range.low, high: range.high), order: query.order, limit: query.limit)
                frames = try statement.decode(try await connection.query(statement.sql))
            }
            let isFull = frames.count == query.limit
            switch query.order {
            case .oldest:
                // An empty range is decided up to where it began.
                let end = max(low, range.high - 1)
                let scannedTo = isFull ? frames.last?.id ?? end : end
                return LogPage(
                    frames: frames, scannedTo: scannedTo, hasMore: scannedTo < high - 1, newestID: newestID,
                    oldestID: oldestID)
            case .newest:
                let end = min(max(high, 1), range.low + 1)
                let scannedTo = isFull ? frames.last?.id ?? end : end
                return LogPage(
                    frames: frames, scannedTo: scannedTo, hasMore: scannedTo > low + 1, newestID: newestID,
                    oldestID: oldestID)
            }
        }
    }

    /// The id of the newest frame; 0 before the first.
    package func newestID() async throws -> Int64 {
        let statement = LogStore.head()
        return try statement.decode(try await pool.query(statement.sql))
    }

    /// All frames of an open range of ids, up to a number.
    package func frames(after: Int64, before: Int64, limit: Int) async throws -> [LogFrame] {
        let statement = LogStore.frames(after: after, before: before, limit: limit)
        return try statement.decode(try await pool.query(statement.sql))
    }

    /// The part of the range that one page looks at.
    private func window(
        _ query: LogQuery, _ low: Int64, _ high: Int64, _ connection: PostgresConnection
    ) async throws -> (low: Int64, high: Int64) {
        guard query.hasResidue, low < high - 1 else { return (low, high) }
        guard let driver = query.filter.driver else {
            // Ids have no gaps, so a range of ids is so many frames.
            let length = Int64(scanLimit)
            return query.order == .oldest ? (low, min(high, low + length + 1)) : (max(low, high - length - 1), high)
        }
        let rows = try await connection.query(
            """
            SELECT log_id FROM logs WHERE \(driver) AND log_id > \(low) AND log_id < \(high)
            ORDER BY log_id \(query.order.sql) OFFSET \(scanLimit - 1) LIMIT 1
            """)
        guard let last = try rows.first?.value("log_id", as: Int64.self) else { return (low, high) }
        return query.order == .oldest ? (low, last + 1) : (last - 1, high)
    }
}

/// Ids at which ranges of time begin and end. Both rise together, so a range of time is one of ids.
private enum LogBounds {
    static func oldest() -> Statement<Int64?> {
        id("SELECT log_id FROM logs ORDER BY received_at, log_id LIMIT 1")
    }

    /// The first frame whose effective time can be so late.
    static func first(since: Timestamp) -> Statement<Int64?> {
        let arrival = since.saturatingAdd(.zero - LogFrame.greatestLead)
        return id("SELECT log_id FROM logs WHERE received_at >= \(arrival) ORDER BY received_at, log_id LIMIT 1")
    }

    /// The last frame whose effective time can be so early.
    static func last(until: Timestamp) -> Statement<Int64?> {
        let arrival = until.saturatingAdd(LogFrame.greatestDelay)
        return id(
            """
            SELECT log_id FROM logs WHERE received_at < \(arrival) ORDER BY received_at DESC, log_id DESC LIMIT 1
            """)
    }

    private static func id(_ sql: SQL) -> Statement<Int64?> {
        Statement(sql) { rows in try rows.first?.value("log_id", as: Int64.self) }
    }
}

extension LogQuery {
    /// Whether frames have to be looked at that an index alone would not tell from those wanted.
    fileprivate var hasResidue: Bool { since != nil || until != nil || filter.hasResidue }

    fileprivate func condition(low: Int64, high: Int64) -> SQL {
        "log_id > \(low) AND log_id < \(high)" + filter.conjunction
            + LogTimeRange(since: since, until: until).conjunction
    }
}
