// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store
import Synchronization
import TestKit
import Testing

@Suite struct LogIngestTests {
    /// Small batches are inserted and large ones copied; both must do the same. The number is of frames that are few.
    static let ways = [LogIngest.Limits().insertedFrames, 0]

    private static func limits(_ few: Int) -> LogIngest.Limits {
        var limits = LogIngest.Limits()
        limits.insertedFrames = few
        return limits
    }

    @Test(arguments: ways)
    func `what is stored comes back as it was, whatever its characters`(few: Int) async throws {
        try await withLoggingDatabase { database in
            try await database.withLane(Self.limits(few)) { lane, _ in
                let odd = "tab\t line\n return\r back\\slash \\N \\. \"quote\" \u{1} \u{7F} é 漢 😀 \u{2028}"
                let fields: JSONObject = ["tab\t": .string(odd), "n": 1.5, "deep": [["x": nil]]]
                try await lane.store(
                    rows(
                        frame(odd, ["fields": .object(fields), "traceId": "t", "correlationId": "c"]),
                        frame("nul \u{0}!", ["fields": ["a": "\u{0}"]]), frame("")))
                let page = try await database.pages().page(LogQuery(order: .oldest))
                #expect(page.frames.map(\.id) == [1, 2, 3])
                #expect(page.frames[0].message == odd)
                #expect(try page.frames[0].fields.map { try JSONValue.parse($0) } == .object(fields))
                #expect(page.frames[0].traceID == "t")
                #expect(page.frames[0].correlationID == "c")
                #expect(page.frames[1].message == "nul \u{FFFD}!")
                #expect(try page.frames[1].fields.map { try JSONValue.parse($0) } == ["a": "\u{FFFD}"])
                #expect(page.frames[2].fields == nil)
                #expect(page.frames[2].traceID == nil)
                #expect(page.frames[2].correlationID == nil)
                let stored = try await database.asOwner(["SELECT fields::text AS text FROM logs WHERE log_id = 1"])
                #expect(try stored[0][0].value("text") == JSONValue.object(fields).text, "not one byte is another")
            }
        }
    }

    @Test(arguments: ways)
    func `two lanes hand out ids without gaps, in the order of commit`(few: Int) async throws {
        try await withLoggingDatabase { database in
            let other = LoggingDatabase(url: database.url)
            try await database.withLane(Self.limits(few)) { first, _ in
                try await other.withLane { second, _ in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (name, lane) in [("a", first), ("b", second)] {
                            for sender in 0..<4 {
                                group.addTask {
                                    for number in 0..<25 {
                                        let message = "\(name)\(sender)-\(number)"
                                        try await lane.store(rows(frame(message), frame(message + "+")))
                                    }
                                }
                            }
                        }
                        // A reader that only ever asks for what follows must see every id.
                        group.addTask {
                            var seen: Int64 = 0
                            try await eventually(within: .seconds(30)) {
                                let page = try await database.pages().page(
                                    LogQuery(after: seen, order: .oldest, limit: 1000))
                                let ids = page.frames.map(\.id)
                                #expect(ids == Array((seen + 1)..<(seen + 1 + Int64(ids.count))))
                                seen += Int64(ids.count)
                                return seen == 400
                            }
                        }
                        try await group.waitForAll()
                    }
                }
            }
            let page = try await database.pages().page(LogQuery(order: .oldest, limit: 1000))
            #expect(Set(page.frames.map(\.message)).count == 400)
            #expect(page.frames.map(\.receivedAt) == page.frames.map(\.receivedAt).sorted())
            // The frames of one request stay together.
            let places = Dictionary(uniqueKeysWithValues: page.frames.map { ($0.message, $0.id) })
            #expect(places.allSatisfy { $0.key.hasSuffix("+") || places[$0.key + "+"] == $0.value + 1 })
            await other.pool.shutdown()
        }
    }

    @Test(arguments: ways)
    func `a missing partition is made when it is needed`(few: Int) async throws {
        try await withLoggingDatabase { database in
            try await database.withLane(Self.limits(few)) { lane, _ in
                try await lane.store(rows(frame("one")))
                let partitions = try await database.asOwner(["SELECT partition::text AS name FROM log_partitions()"])
                let names = try partitions[0].map { try $0.value("name", as: String.self) }
                #expect(names.count == 1)
                // The lane believes that it is there.
                for name in names { _ = try await database.asOwner(["DROP TABLE \(unsafeRaw: name)"]) }
                try await lane.store(rows(frame("two")))
                let page = try await database.pages().page(LogQuery())
                #expect(page.frames.map(\.message) == ["two"])
                #expect(page.frames.map(\.id) == [2])
            }
        }
    }

    @Test func `a full queue refuses at once and says when to come back`() async throws {
        try await withLoggingDatabase { database in
            var limits = LogIngest.Limits()
            limits.queuedFrames = 2
            let lane = LogIngest(pool: database.pool, limits: limits, logger: silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await lane.store(rows(frame("1"), frame("2"))) }
                try await eventually { lane.figures.queuedFrames == 2 }
                let problem = await #expect(throws: Problem.self) { try await lane.store(rows(frame("3"))) }
                #expect(problem?.code == "queue_full")
                #expect(problem?.kind == .unavailable)
                #expect(problem?.retryAfter != nil)
                group.addTask { await lane.run() }
                try await group.next()
                lane.close()
                try await group.waitForAll()
            }
            #expect(lane.figures.refusedRequests == 1)
            #expect(lane.figures.storedFrames == 2)
        }
    }

    @Test func `stopping stores what waits and refuses what comes later`() async throws {
        try await withLoggingDatabase { database in
            let lane = LogIngest(pool: database.pool, logger: silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await lane.store(rows(frame("last"))) }
                try await eventually { lane.figures.queuedFrames == 1 }
                lane.close()
                await #expect(throws: Problem.self) { try await lane.store(rows(frame("too late"))) }
                await lane.run()
                try await group.waitForAll()
            }
            #expect(try await database.pages().page(LogQuery()).frames.map(\.message) == ["last"])
        }
    }

    @Test func `a database that is away is told after a while, and found again by itself`() async throws {
        let server = try await TestPostgresServer.start(fsync: false)
        try await withLogging(at: server.url()) { database in
            var limits = LogIngest.Limits()
            limits.patience = .milliseconds(300)
            try await database.withLane(limits) { lane, _ in
                try await lane.store(rows(frame("before")))
                try await server.stop(.immediate)
                let problem = await #expect(throws: Problem.self) { try await lane.store(rows(frame("during"))) }
                #expect(problem?.code == "database_away")
                #expect(problem?.retryAfter != nil)
                try await server.start()
                try await eventually(within: .seconds(20)) {
                    try await lane.store(rows(frame("after")))
                    return true
                }
            }
            let messages = try await database.pages().page(LogQuery(order: .oldest)).frames.map(\.message)
            #expect(messages == ["before", "after"])
        }
    }

    @Test(arguments: ways)
    func `backends killed under load neither lose nor double a frame that was answered`(few: Int) async throws {
        let server = try await TestPostgresServer.start(fsync: false)
        try await withLogging(at: server.url()) { database in
            let tally = Tally()
            var limits = Self.limits(few)
            limits.patience = .seconds(20)
            try await database.withLane(limits) { lane, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for sender in 0..<4 {
                        group.addTask {
                            var number = 0
                            while !tally.isOver.load(ordering: .relaxed) {
                                let message = "\(sender)-\(number)"
                                try await lane.store(rows(frame(message)))
                                tally.answered.withLock { $0.append(message) }
                                number += 1
                            }
                        }
                    }
                    // Each kill hits whatever the lane's connection is doing just then.
                    for round in 1...12 {
                        let before = tally.answered.withLock { $0.count }
                        try await eventually(within: .seconds(20)) {
                            tally.answered.withLock { $0.count } > before + round
                        }
                        _ = try await database.asOwner([
                            """
                            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                            WHERE datname = current_database() AND pid <> pg_backend_pid()
                                AND backend_type = 'client backend'
                            """
                        ])
                    }
                    tally.isOver.store(true, ordering: .relaxed)
                    try await group.waitForAll()
                }
            }
            let found = try await database.asOwner([
                "SELECT message FROM logs ORDER BY log_id",
                "SELECT count(*) AS frames, max(log_id) AS last, min(log_id) AS first FROM logs",
            ])
            let stored = try found[0].map { try $0.value("message", as: String.self) }
            #expect(stored.count == Set(stored).count, "no frame twice")
            #expect(Set(stored) == Set(tally.answered.withLock { $0 }), "none lost, none of unknown origin")
            let figures = try #require(found[1].first)
            #expect(try figures.value("frames", as: Int64.self) == figures.value("last", as: Int64.self))
        }
    }

    @Test(arguments: ways)
    func `frames whose commit was not answered are asked for, and stored once`(few: Int) async throws {
        try await withLoggingDatabase { database in
            // A commit that waits for a lock, after the rows are there: then it can be made to lose its answer.
            _ = try await database.asOwner([
                """
                CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NULL; END $$
                """,
                """
                CREATE CONSTRAINT TRIGGER hold AFTER UPDATE ON log_head DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION hold()
                """,
            ])
            let holder = try await PostgresConnection.connect(
                PostgresConfiguration(url: database.url), logger: silent)
            _ = try await holder.query("SELECT pg_advisory_lock(7)")
            try await database.withLane(Self.limits(few)) { lane, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await lane.store(rows(frame("one"), frame("two"))) }
                    try await eventually {
                        let killed = try await holder.query(
                            """
                            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query = 'COMMIT'
                            """)
                        return !killed.isEmpty
                    }
                    _ = try await holder.query("SELECT pg_advisory_unlock(7)")
                    try await group.waitForAll()
                }
                #expect(lane.figures.retries > 0)
                try await lane.store(rows(frame("three")))
            }
            holder.close()
            let page = try await database.pages().page(LogQuery(order: .oldest))
            #expect(page.frames.map(\.message) == ["one", "two", "three"])
            #expect(page.frames.map(\.id) == [1, 2, 3])
        }
    }
}

/// What the senders of a test were told.
private final class Tally: Sendable {
    let answered = Mutex<[String]>([])
    let isOver = Atomic(false)
}
