// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// How many frames a range of time has, by level, in parts of equal length.
package struct LogHistogram: Sendable, Equatable {
    package struct Bucket: Sendable, Equatable {
        package let start: Timestamp
        package internal(set) var counts: [LogLevel: Int] = [:]
    }

    /// The length of every bucket; the last one may reach beyond the range.
    package let width: Duration
    /// In the order of time, those without frames included.
    package internal(set) var buckets: [Bucket]
    /// Frames that were looked at.
    package internal(set) var scanned = 0
    /// When the oldest frame that was looked at arrived; nil when no earlier one was left out.
    package internal(set) var countedFrom: Timestamp?
    /// When the newest frame that was looked at arrived; nil when no later one was left out.
    package internal(set) var countedUntil: Timestamp?

    package var isComplete: Bool { countedFrom == nil && countedUntil == nil }
}

/// Which frames to count; `since` is before `until`.
package struct LogHistogramQuery: Sendable, Equatable {
    package var filter: LogFilter
    /// Bounds of `LogFrame.effectiveTime`; the first is included, the second is not.
    package var since: Timestamp
    package var until: Timestamp
    /// The most buckets to make.
    package var buckets: Int

    package init(filter: LogFilter = LogFilter(), since: Timestamp, until: Timestamp, buckets: Int = 60) {
        self.filter = filter
        self.since = since
        self.until = until
        self.buckets = buckets
    }

    /// Whole microseconds, so that every frame has exactly one bucket.
    fileprivate var width: Int64 {
        let (whole, rest) = (until.microseconds - since.microseconds).quotientAndRemainder(
            dividingBy: Int64(max(1, buckets)))
        return max(1, rest == 0 ? whole : whole + 1)
    }

    fileprivate var empty: LogHistogram {
        let starts = stride(from: since.microseconds, to: until.microseconds, by: Int(width))
        return LogHistogram(
            width: .microseconds(width),
            buckets: starts.map { LogHistogram.Bucket(start: Timestamp(microseconds: $0)) })
    }
}

/// Counts frames with bounded work: one statement that looks at no more than `scanLimit` of them.
package struct LogHistograms: Sendable {
    private let pool: PostgresPool
    private let scanLimit: Int

    package init(pool: PostgresPool, scanLimit: Int = 200_000) {
        self.pool = pool
        self.scanLimit = max(1, scanLimit)
    }

    package func histogram(_ query: LogHistogramQuery) async throws -> LogHistogram {
        let statement = Self.count(query, scanLimit: scanLimit)
        return try statement.decode(try await pool.query(statement.sql))
    }

    /// Frames are looked at from the newest that arrived within the range back to the oldest. Those that arrived after it,
    /// and may be of it because they were late, come last: on a busy day they are many, and nearly all of later times.
    package static func count(_ query: LogHistogramQuery, scanLimit: Int) -> Statement<LogHistogram> {
        let first = query.since.saturatingAdd(.zero - LogFrame.greatestLead)
        let middle = query.until.saturatingAdd(LogFrame.greatestLead)
        let last = query.until.saturatingAdd(LogFrame.greatestDelay)
        let range = LogTimeRange(since: query.since, until: query.until)
        let bucket: SQL = """
            date_bin(\(Double(query.width)) * interval '1 microsecond', \(LogTimeRange.effectiveTime), \(query.since))
            """
        let driver: SQL = query.filter.driver.map { " AND \($0)" } ?? ""
        let sql: SQL = """
            WITH ends AS MATERIALIZED (
                SELECT
                    (SELECT log_id FROM logs WHERE received_at >= \(first) ORDER BY received_at, log_id LIMIT 1)
                        AS oldest,
                    (SELECT log_id FROM logs WHERE received_at < \(middle)
                        ORDER BY received_at DESC, log_id DESC LIMIT 1) AS middle,
                    (SELECT log_id FROM logs WHERE received_at < \(last)
                        ORDER BY received_at DESC, log_id DESC LIMIT 1) AS newest
            ), low AS MATERIALIZED (
                SELECT greatest(oldest, \(lowest(query.filter.driver, scanLimit))) AS id FROM ends
            ), high AS MATERIALIZED (
                SELECT least(newest, \(highest(query.filter.driver, scanLimit))) AS id FROM ends
            ), looked AS (
                SELECT level, received_at,
                    CASE WHEN true\(query.filter.conjunction)\(range.conjunction) THEN \(bucket) END AS start
                FROM logs
                WHERE log_id >= (SELECT id FROM low) AND log_id <= (SELECT id FROM high)
                    AND received_at >= \(first) AND received_at < \(last)\(driver)
            )
            SELECT start, level, count(*) AS frames, min(received_at) AS oldest, max(received_at) AS newest,
                (SELECT low.id > oldest FROM low, ends) AS is_cut_before,
                (SELECT high.id < newest FROM high, ends) AS is_cut_behind
            FROM looked GROUP BY start, level
            """
        return Statement(sql) { rows in try read(rows, query) }
    }

    /// The lowest id to look at when no more than `limit` frames are to be between it and the middle. Ids have no gaps; with
    /// an index that gives only some of them, those have to be stepped over.
    private static func lowest(_ driver: SQL?, _ limit: Int) -> SQL {
        guard let driver else { return "middle - \(limit) + 1" }
        return """
            (SELECT log_id FROM logs WHERE \(driver) AND log_id >= oldest AND log_id <= middle
                ORDER BY log_id DESC OFFSET \(limit) LIMIT 1) + 1
            """
    }

    /// The highest id to look at when no more than `limit` frames are to be between the lowest and it.
    private static func highest(_ driver: SQL?, _ limit: Int) -> SQL {
        guard let driver else { return "(SELECT id FROM low) + \(limit) - 1" }
        return """
            (SELECT log_id FROM logs WHERE \(driver) AND log_id >= (SELECT id FROM low) AND log_id <= newest
                ORDER BY log_id OFFSET \(limit) LIMIT 1) - 1
            """
    }

    private static func read(_ rows: PostgresRows, _ query: LogHistogramQuery) throws -> LogHistogram {
        var histogram = query.empty
        for row in rows {
            let frames: Int = try row.value("frames")
            histogram.scanned += frames
            if try row.value("is_cut_before", as: Bool?.self) ?? false {
                let oldest: Timestamp = try row.value("oldest")
                histogram.countedFrom = min(histogram.countedFrom ?? oldest, oldest)
            }
            if try row.value("is_cut_behind", as: Bool?.self) ?? false {
                let newest: Timestamp = try row.value("newest")
                histogram.countedUntil = max(histogram.countedUntil ?? newest, newest)
            }
            guard let start: Timestamp = try row.value("start") else { continue }
            guard let level = LogLevel(rank: try row.value("level")) else {
                throw StoreError.unknownValue(table: "logs", column: "level")
            }
            let place = Int((start.microseconds - query.since.microseconds) / query.width)
            guard histogram.buckets.indices.contains(place) else { continue }
            histogram.buckets[place].counts[level, default: 0] += frames
        }
        return histogram
    }
}
