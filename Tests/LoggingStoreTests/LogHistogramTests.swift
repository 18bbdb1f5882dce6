// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store
import Testing

@Suite struct LogHistogramTests {
    private static let levels = LogLevel.allCases

    /// A frame logged so many seconds before `now`.
    private static func frame(_ seconds: Double, before now: Timestamp, level: LogLevel = .info, service: String = "a")
        -> JSONValue
    {
        LoggingStoreTests.frame(
            "№", level: level.rawValue, service: service,
            ["time": .string((now + .seconds(-seconds)).description), "fields": ["age": .string("\(Int(seconds))")]])
    }

    /// What the histogram should say, from the frames one by one.
    private func counted(_ frames: [LogFrame], _ query: LogHistogramQuery, width: Duration) -> [[LogLevel: Int]] {
        let count = Int(((query.until - query.since) / width).rounded(.up))
        var buckets: [[LogLevel: Int]] = Array(repeating: [:], count: count)
        for frame in frames where query.filter.matches(frame) {
            guard frame.effectiveTime >= query.since, frame.effectiveTime < query.until else { continue }
            buckets[Int((frame.effectiveTime - query.since) / width), default: [:]][frame.level, default: 0] += 1
        }
        return buckets
    }

    @Test func `frames are counted by level in the buckets of their own time`() async throws {
        try await withLoggingDatabase { database in
            let now = Timestamp.now()
            try await database.withLane { lane, _ in
                for number in 0..<70 {
                    try await lane.store(
                        rows(
                            Self.frame(
                                Double(number * 10), before: now, level: Self.levels[number % 7],
                                service: number % 2 == 0 ? "a" : "b")))
                }
                // Not to be believed, so counted by when they arrived.
                try await lane.store(rows(Self.frame(9000, before: now), Self.frame(-9000, before: now)))
            }
            let frames = try await database.pages().page(LogQuery(order: .oldest)).frames
            let filters = [
                LogFilter(), LogFilter(services: ["a"]), LogFilter(services: ["a", "b"], minimumLevel: .error),
                LogFilter(text: "№"), LogFilter(with: [LogMatch(.member("age"), "100")]),
                LogFilter(services: ["b"], without: [LogMatch(.level, "info"), LogMatch(.member("age"), "90")]),
            ]
            for filter in filters {
                for buckets in [1, 7, 60, 200] {
                    let query = LogHistogramQuery(
                        filter: filter, since: now + .seconds(-615), until: now + .seconds(100), buckets: buckets)
                    let histogram = try await LogHistograms(pool: database.pool).histogram(query)
                    #expect(histogram.buckets.count <= buckets)
                    #expect(histogram.buckets.first?.start == query.since)
                    #expect(histogram.buckets.map(\.counts) == counted(frames, query, width: histogram.width))
                    #expect(histogram.isComplete)
                    #expect(histogram.buckets.contains { !$0.counts.isEmpty })
                }
            }
        }
    }

    @Test func `a range shorter than its buckets, and one without frames, are counted`() async throws {
        try await withLoggingDatabase { database in
            let histograms = LogHistograms(pool: database.pool)
            let now = Timestamp.now()
            let nothing = try await histograms.histogram(LogHistogramQuery(since: now + .seconds(-60), until: now))
            #expect(nothing.buckets.count == 60)
            #expect(nothing.buckets.allSatisfy { $0.counts.isEmpty })
            #expect(nothing.scanned == 0)
            #expect(nothing.isComplete)

            try await database.withLane { lane, _ in try await lane.store(rows(Self.frame(0, before: now))) }
            let brief = try await histograms.histogram(
                LogHistogramQuery(since: now, until: now + .microseconds(3), buckets: 60))
            #expect(brief.width == .microseconds(1))
            #expect(brief.buckets.map(\.counts) == [[.info: 1], [:], [:]])
            let ages = LogHistogramQuery(
                since: LogFrameDraft.times.lowerBound, until: LogFrameDraft.times.upperBound, buckets: 7)
            let everything = try await histograms.histogram(ages)
            #expect(everything.buckets.count == 7)
            #expect(everything.buckets.map { $0.counts[.info] ?? 0 }.reduce(0, +) == 1)
        }
    }

    @Test(arguments: [LogFilter(), LogFilter(services: ["a"])])
    func `no more than the limit is looked at, the newest of the range first`(filter: LogFilter) async throws {
        try await withLoggingDatabase { database in
            let now = Timestamp.now()
            try await database.withLane { lane, _ in
                for number in 0..<10 {
                    try await lane.store(rows(Self.frame(Double(100 - 10 * number), before: now)))
                    if !filter.services.isEmpty {
                        try await lane.store(rows(Self.frame(Double(100 - 10 * number), before: now, service: "b")))
                    }
                }
            }
            let frames = try await database.pages().page(LogQuery(filter: filter, order: .oldest)).frames
            let query = LogHistogramQuery(filter: filter, since: now + .seconds(-1000), until: now + .seconds(1))
            for (limit, isComplete) in [(4, false), (9, false), (10, true), (11, true)] {
                let histogram = try await LogHistograms(pool: database.pool, scanLimit: limit).histogram(query)
                let expected = counted(frames.suffix(limit), query, width: histogram.width)
                #expect(histogram.scanned == min(limit, 10))
                #expect(histogram.buckets.map(\.counts) == expected)
                #expect(histogram.isComplete == isComplete)
                #expect(histogram.countedFrom == (isComplete ? nil : frames.suffix(limit).first?.receivedAt))
                #expect(histogram.countedUntil == nil)
            }
        }
    }

    @Test(arguments: [LogFilter(), LogFilter(services: ["a"])])
    func `a busy hour after the range does not use up the limit`(filter: LogFilter) async throws {
        try await withLoggingDatabase { database in
            let now = Timestamp.now()
            // Of an hour ago, in the words of the database: five frames of then, and many that arrived since.
            try await database.withLane { lane, _ in
                for _ in 0..<45 { try await lane.store(rows(Self.frame(0, before: now))) }
            }
            _ = try await database.asOwner([
                "SELECT make_log_partitions((clock_timestamp() AT TIME ZONE 'UTC')::date - 1, 1)",
                "UPDATE logs SET received_at = received_at - interval '30 minutes', time = time - interval '30 minutes'"
                    + " WHERE log_id <= 5",
            ])
            let middle = now + .seconds(-1000)
            let query = LogHistogramQuery(filter: filter, since: now + .seconds(-3000), until: middle, buckets: 1)
            let some = try await LogHistograms(pool: database.pool, scanLimit: 20).histogram(query)
            #expect(some.buckets.map(\.counts) == [[.info: 5]])
            #expect(some.scanned == 20)
            #expect(some.countedFrom == nil)
            #expect(some.countedUntil != nil)
            let few = try await LogHistograms(pool: database.pool, scanLimit: 3).histogram(query)
            #expect(few.buckets.map(\.counts) == [[.info: 3]])
            #expect(few.countedFrom != nil)
            let all = try await LogHistograms(pool: database.pool, scanLimit: 45).histogram(query)
            #expect(all.buckets.map(\.counts) == [[.info: 5]])
            #expect(all.isComplete)
        }
    }
}

extension [[LogLevel: Int]] {
    fileprivate subscript(index: Int, default fallback: [LogLevel: Int]) -> [LogLevel: Int] {
        get { indices.contains(index) ? self[index] : fallback }
        set { if indices.contains(index) { self[index] = newValue } }
    }
}
