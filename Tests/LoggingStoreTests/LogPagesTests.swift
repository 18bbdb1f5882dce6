// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store
import Testing

@Suite struct LogPagesTests {
    /// Twelve frames: services a, b, c in turn; levels rising; every fourth of trace t.
    private func withFrames(_ body: @Sendable (LoggingDatabase) async throws -> Void) async throws {
        try await withLoggingDatabase { database in
            try await database.withLane { lane, _ in
                for number in 0..<12 {
                    var more: JSONObject = [:]
                    if number % 4 == 0 { more["traceId"] = "t" }
                    if number % 6 == 1 { more["correlationId"] = "order 7" }
                    let level = LogLevel.allCases[number % 7].rawValue
                    let service = ["a", "b", "c"][number % 3]
                    try await lane.store(rows(frame("Message №\(number)", level: level, service: service, more)))
                }
            }
            try await body(database)
        }
    }

    private func numbers(
        _ filter: LogFilter, _ database: LoggingDatabase, order: LogOrder = .oldest
    ) async throws -> [Int64] {
        try await database.pages().page(LogQuery(filter: filter, order: order)).frames.map { $0.id - 1 }
    }

    @Test func `every filter selects what it says, and they combine`() async throws {
        // Spelt out, because what `#expect` throws does not count when the compiler infers it.
        try await withFrames { database async throws in
            #expect(try await numbers(LogFilter(), database) == Array(0..<12))
            #expect(try await numbers(LogFilter(), database, order: .newest) == (0..<12).reversed())
            #expect(try await numbers(LogFilter(services: ["b"]), database) == [1, 4, 7, 10])
            #expect(try await numbers(LogFilter(services: ["b", "c"]), database) == [1, 2, 4, 5, 7, 8, 10, 11])
            #expect(try await numbers(LogFilter(minimumLevel: .warning), database) == [4, 5, 6, 11])
            #expect(try await numbers(LogFilter(traceID: "t"), database) == [0, 4, 8])
            #expect(try await numbers(LogFilter(correlationID: "order 7"), database) == [1, 7])
            #expect(try await numbers(LogFilter(text: "MESSAGE №1"), database) == [1, 10, 11])
            #expect(try await numbers(LogFilter(text: "%"), database) == [])
            #expect(
                try await numbers(LogFilter(services: ["b"], minimumLevel: .warning, traceID: "t"), database) == [4])
        }
    }

    @Test func `a filter in memory says what it says in SQL`() async throws {
        try await withFrames { database in
            let all = try await database.pages().page(LogQuery(order: .oldest)).frames
            let filters = [
                LogFilter(), LogFilter(services: ["b"]), LogFilter(services: ["a", "x"]),
                LogFilter(minimumLevel: .error), LogFilter(traceID: "t"), LogFilter(traceID: "u"),
                LogFilter(correlationID: "order 7"),
                LogFilter(text: "sage"), LogFilter(text: "SAGE №9"), LogFilter(text: "№"), LogFilter(text: "_"),
                LogFilter(services: ["b"], minimumLevel: .notice, text: "m"),
            ]
            for filter in filters {
                let expected = all.filter(filter.matches).map { $0.id - 1 }
                #expect(try await numbers(filter, database) == expected, "\(filter)")
            }
        }
    }

    @Test func `every value of a frame can be looked for and left out, in memory as in SQL`() async throws {
        try await withLoggingDatabase { database in
            let values: [JSONValue] = [
                "plain", "5", .number(JSONNumber(trusted: "5")), .number(JSONNumber(trusted: "5.0")),
                .number(JSONNumber(trusted: "-12.50e3")), true, "true", false, .null, "null", "", "a:b\\c\"d",
                "e\u{301}", "\u{e9}", "Ünïcode 🦊\n", ["nested": 1], [1, 2], #"{"nested":1}"#, "[1,2]",
            ]
            try await database.withLane { lane, _ in
                for (number, value) in values.enumerated() {
                    let fields: JSONObject = ["value": value, "a:b": .string("\(number % 2)"), "service": "inner"]
                    try await lane.store(rows(frame("№\(number)", ["fields": .object(fields)])))
                }
                // Line by line, so that the text is stored as it is spelt, with blanks and escapes.
                let body =
                    #"{"level":"error","service":"outer","message":"№","traceId":"t","fields": {"value": "pl\u0061in"}}"#
                try await lane.store(LogBody(Array(body.utf8), form: .lines, arrival: .now()).rows)
                try await lane.store(rows(frame("no fields", ["correlationId": "c"])))
            }
            let all = try await database.pages().page(LogQuery(order: .oldest)).frames
            #expect(all.count == values.count + 2)
            let texts = [
                "plain", "5", "5.0", "5.00", "-12.50e3", "-12500", "true", "false", "null", "", "a:b\\c\"d", "e\u{301}",
                "\u{e9}", "Ünïcode 🦊\n", #"{"nested":1}"#, "[1,2]", "0", "1", "inner", "outer", "error", "info", "t",
                "c",
                "№3", "no fields",
            ]
            let places: [LogMatch.Place] = [
                .service, .level, .traceID, .correlationID, .message, .member("value"), .member("a:b"),
                .member("service"), .member("none"),
            ]
            for match in places.flatMap({ place in texts.map { LogMatch(place, $0) } }) {
                let with = LogFilter(with: [match])
                let without = LogFilter(without: [match])
                let (found, left) = (try await numbers(with, database), try await numbers(without, database))
                #expect(found == all.filter(with.matches).map { $0.id - 1 }, "\(match)")
                #expect(left == all.filter(without.matches).map { $0.id - 1 }, "\(match)")
                #expect((found + left).sorted() == Array(0..<Int64(all.count)), "\(match)")
            }
            func found(_ text: String) async throws -> [Int64] {
                try await numbers(LogFilter(with: [LogMatch(.member("value"), text)]), database)
            }
            #expect(try await found("plain") == [0, Int64(values.count)])
            #expect(try await found("5") == [1, 2])
            #expect(try await found("5.0") == [3])
            #expect(try await found("null") == [8, 9])
            #expect(try await found("\u{e9}") == [13])
            #expect(try await found("[1,2]") == [18])
            let several = LogFilter(
                services: ["test"], with: [LogMatch(.member("a:b"), "1")],
                without: [LogMatch(.member("value"), "5"), LogMatch(.message, "№3"), LogMatch(.level, "error")])
            #expect(try await numbers(several, database) == [5, 7, 9, 11, 13, 15, 17])
            #expect(all.filter(several.matches).map { $0.id - 1 } == [5, 7, 9, 11, 13, 15, 17])
        }
    }

    @Test(arguments: LogOrder.allCases)
    func `pages follow on from each other`(order: LogOrder) async throws {
        try await withFrames { database in
            var seen: [Int64] = []
            var query = LogQuery(order: order, limit: 5)
            while true {
                let page = try await database.pages().page(query)
                seen += page.frames.map(\.id)
                #expect(page.newestID == 12)
                #expect(page.oldestID == 1)
                guard page.hasMore else { break }
                if order == .oldest { query.after = page.scannedTo } else { query.before = page.scannedTo }
            }
            #expect(seen == (order == .oldest ? Array(1...12) : (1...12).reversed()))
        }
    }

    @Test(
        arguments: LogOrder.allCases,
        [
            LogFilter(text: "№3"), LogFilter(services: ["a"], text: "№3"),
            LogFilter(with: [LogMatch(.message, "Message №3")]),
            LogFilter(services: ["a"], with: [LogMatch(.message, "Message №3")]),
        ])
    func `a page looks at no more than the limit and says how far it came`(
        order: LogOrder, filter: LogFilter
    ) async throws {
        try await withFrames { database in
            let pages = database.pages(scanLimit: 3)
            var query = LogQuery(filter: filter, order: order, limit: 100)
            var found: [Int64] = []
            var count = 0
            while true {
                let page = try await pages.page(query)
                found += page.frames.map(\.id)
                count += 1
                guard page.hasMore else { break }
                if order == .oldest { query.after = page.scannedTo } else { query.before = page.scannedTo }
            }
            #expect(found == [4])
            // Twelve frames, or the four of service a, three at a time.
            #expect(count == (filter.services.isEmpty ? 4 : 2))
        }
    }

    @Test func `a reader that has seen everything is told where it is`() async throws {
        try await withFrames { database in
            let page = try await database.pages().page(LogQuery(after: 12, order: .oldest))
            #expect(page.frames.isEmpty)
            #expect(page.scannedTo == 12)
            #expect(!page.hasMore)
        }
        try await withLoggingDatabase { database in
            for order in LogOrder.allCases {
                let page = try await database.pages().page(LogQuery(order: order))
                #expect(page.frames.isEmpty)
                #expect(!page.hasMore)
                #expect(page.newestID == 0)
                #expect(page.oldestID == 1)
            }
        }
    }

    @Test func `a range of time goes by the frame's own time while that can be believed`() async throws {
        try await withLoggingDatabase { database in
            let now = Timestamp.now()
            @Sendable func ago(_ seconds: Int) -> Timestamp { now + .seconds(-seconds) }
            try await database.withLane { lane, _ in
                try await lane.store(
                    rows(
                        frame("half an hour", ["time": .string(ago(1800).description)]),
                        frame("ten minutes", ["time": .string(ago(600).description)]), frame("now"),
                        frame("long ago", ["time": "2001-01-01T00:00:00Z"]),
                        frame("far ahead", ["time": "2999-01-01T00:00:00Z"])))
            }
            func messages(_ since: Timestamp?, _ until: Timestamp?) async throws -> [String] {
                let query = LogQuery(since: since, until: until, order: .oldest)
                return try await database.pages().page(query).frames.map(\.message)
            }
            #expect(try await messages(nil, nil).count == 5)
            #expect(try await messages(ago(1200), nil) == ["ten minutes", "now", "long ago", "far ahead"])
            #expect(try await messages(nil, ago(1200)) == ["half an hour"])
            #expect(try await messages(ago(1200), ago(300)) == ["ten minutes"])
            #expect(try await messages(ago(-3600), nil) == [])
            #expect(try await messages(ago(600), ago(599)) == ["ten minutes"])
            let all = try await database.pages().page(LogQuery(order: .oldest)).frames
            let inMemory = all.filter { $0.effectiveTime >= ago(1200) }.map(\.message)
            #expect(inMemory == (try await messages(ago(1200), nil)))
        }
    }

    @Test func `a range of time reads only the partitions it touches`() async throws {
        try await withLoggingDatabase { database in
            _ = try await database.pool.query(LogStore.makePartitions(ahead: 7).sql)
            let plan = try await database.pool.query(
                """
                EXPLAIN SELECT log_id FROM logs WHERE received_at >= now() + interval '2 days'
                    AND received_at < now() + interval '3 days' ORDER BY log_id LIMIT 10
                """)
            let text = try plan.map { try $0.value("QUERY PLAN", as: String.self) }.joined(separator: "\n")
            #expect(text.contains("Subplans Removed: 6"), "\(text)")
        }
    }
}
