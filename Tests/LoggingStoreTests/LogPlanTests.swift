// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store
import Testing

/// What counting reads of a log with very many frames, under the settings of a running daemon.
@Suite struct LogPlanTests {
    private static let frames = 300_000

    @Test(.timeLimit(.minutes(3)))
    func `counting reads no more than it may, whatever is asked for`() async throws {
        try await withLoggingDatabase { database in
            try await fill(database)
            let now = Timestamp.now()
            let filters: [(name: String, filter: LogFilter)] = [
                ("everything", LogFilter()), ("a level", LogFilter(minimumLevel: .warning)),
                ("a text", LogFilter(text: "NEEDLE")), ("a service", LogFilter(services: ["s-1"])),
                ("services", LogFilter(services: ["s-1", "s-2"])), ("a trace", LogFilter(traceID: "t-77")),
                ("a field", LogFilter(with: [LogMatch(.member("status"), "500")])),
                ("not a field", LogFilter(without: [LogMatch(.member("path"), "/health"), LogMatch(.level, "info")])),
            ]
            for (name, filter) in filters {
                for limit in [20_000, 200_000] {
                    let query = LogHistogramQuery(filter: filter, since: now + .seconds(-90_000), until: now)
                    let statement = LogHistograms.count(query, scanLimit: limit)
                    let explain: SQL = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) "
                    let lines = try await database.pool.query(explain + statement.sql)
                    let plan = try lines.map { try $0.value("QUERY PLAN", as: String.self) }.joined(separator: "\n")
                    #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(name)\n\(plan)")
                    // One more than may be counted is stepped over to find out whether that is all.
                    #expect(most(plan) <= limit + 1, "\(name): \(most(plan)) rows\n\(plan)")

                    let start = ContinuousClock.now
                    let histogram = try await LogHistograms(pool: database.pool, scanLimit: limit).histogram(query)
                    let time = start.duration(to: .now)
                    print("counting by \(name): \(histogram.scanned) of at most \(limit) frames in \(time)")
                    #expect(histogram.scanned <= limit)
                    #expect(histogram.scanned == limit || histogram.isComplete)
                }
            }
        }
    }

    /// The most rows that any step gave, or looked at in vain.
    private func most(_ plan: String) -> Int {
        let given = plan.matches(of: /actual rows=(\d+) loops=(\d+)/).compactMap { match in
            Int(match.1).flatMap { rows in Int(match.2).map { rows * $0 } }
        }
        let removed = plan.matches(of: /Rows Removed by [A-Za-z ]+: (\d+)/).compactMap { Int($0.1) }
        return (given + removed).max() ?? .max
    }

    /// Frames of the last 20 hours or so, of eight services, in the partitions of two days or of one.
    private func fill(_ database: LoggingDatabase) async throws {
        _ = try await database.asOwner([
            "SELECT make_log_partitions((clock_timestamp() AT TIME ZONE 'UTC')::date - 1, 2)",
            """
            INSERT INTO logs (log_id, received_at, time, level, service, message, trace_id, fields)
            SELECT n, at, at - interval '5 milliseconds', n % 7, 's-' || n % 8,
                'A request was answered.' || CASE WHEN n % 1000 = 0 THEN ' needle' ELSE '' END, 't-' || n / 20,
                json_build_object('status', CASE WHEN n % 50 = 0 THEN 500 ELSE 200 END, 'path',
                    CASE WHEN n % 3 = 0 THEN '/health' ELSE '/task' END, 'duration_ms', n % 97, 'method', 'GET')
            FROM (SELECT n, clock_timestamp() - (\(Self.frames) - n) * interval '240 milliseconds' AS at
                FROM generate_series(1, \(Self.frames)) AS n) AS numbers
            """,
            "UPDATE log_head SET log_id = \(Self.frames)",
        ])
        _ = try await database.asOwner(["ANALYZE logs"])
    }
}
