// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store
import Testing

@Suite struct LogPartitionTests {
    private func days(_ database: LoggingDatabase) async throws -> [String] {
        try await database.pool.query("SELECT day::text AS day FROM log_partitions() ORDER BY day").map {
            try $0.value("day")
        }
    }

    private func makeOld(_ daysAgo: Int, _ database: LoggingDatabase) async throws {
        let day = "(now() AT TIME ZONE 'UTC')::date - \(daysAgo)"
        let script = """
            DO $$ DECLARE day date := \(day); BEGIN
                EXECUTE format('CREATE TABLE %I PARTITION OF logs FOR VALUES FROM (%L) TO (%L)',
                    'logs_' || to_char(day, 'YYYYMMDD'), day || ' 00:00:00+00', (day + 1) || ' 00:00:00+00');
                INSERT INTO logs (log_id, received_at, time, level, service, message)
                VALUES (1000 - \(daysAgo), day + time '12:00' AT TIME ZONE 'UTC', now(), 2, 'old', '\(daysAgo)');
            END $$
            """
        _ = try await database.asOwner(["\(unsafeRaw: script)"])
    }

    @Test func `partitions are made ahead once, by a role that owns nothing`() async throws {
        try await withLoggingDatabase { database in
            let make = LogStore.makePartitions(ahead: 7)
            #expect(try await database.run(make) == 8)
            #expect(try await database.run(make) == 0)
            #expect(try await days(database).count == 8)
            let owners = try await database.pool.query(
                """
                SELECT DISTINCT tableowner = \(LoggingSchema.appRole) AS own FROM pg_tables
                WHERE schemaname = \(LoggingSchema.name)
                """)
            #expect(try owners.map { try $0.value("own", as: Bool.self) } == [false])
        }
    }

    @Test func `makers and writers do not lock each other out`() async throws {
        try await withLoggingDatabase { database in
            try await database.withLane { lane, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for ahead in 0..<8 {
                        group.addTask { _ = try await database.pool.query(LogStore.makePartitions(ahead: ahead).sql) }
                        group.addTask { try await lane.store(rows(frame("\(ahead)"))) }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await days(database).count == 8)
            #expect(try await database.pages().page(LogQuery()).frames.count == 8)
        }
    }

    @Test func `retention drops whole days, oldest first, and never today`() async throws {
        try await withLoggingDatabase { database in
            for daysAgo in [20, 15, 14, 3] { try await makeOld(daysAgo, database) }
            _ = try await database.pool.query(LogStore.makePartitions(ahead: 1).sql)
            let drop = LogStore.dropOldestPartition(olderThan: 14)
            var dropped = 0
            while try await database.run(drop) != nil { dropped += 1 }
            #expect(dropped == 2)
            let left = try await database.pages().page(LogQuery(before: 1001)).frames
            #expect(left.isEmpty, "the head knows nothing of frames that were put in by hand")
            let messages = try await database.pool.query("SELECT message FROM logs ORDER BY log_id")
            #expect(try messages.map { try $0.value("message", as: String.self) } == ["14", "3"])
            await #expect(throws: PostgresError.self) {
                _ = try await database.pool.query(LogStore.dropOldestPartition(olderThan: -1).sql)
            }
        }
    }

    @Test func `the running role can neither change nor delete frames`() async throws {
        try await withLoggingDatabase { database in
            try await database.withLane { lane, _ in try await lane.store(rows(frame("kept"))) }
            let attempts: [SQL] = [
                "UPDATE logs SET message = 'x'", "DELETE FROM logs", "TRUNCATE logs", "DROP TABLE logs",
                "SELECT make_log_partitions('2020-01-01', 1)", "SELECT make_log_partitions('2999-01-01', 1)",
                "SELECT drop_oldest_log_partition('2999-01-01')",
            ]
            for attempt in attempts {
                await #expect(throws: PostgresError.self) { _ = try await database.pool.query(attempt) }
            }
            #expect(try await database.pages().page(LogQuery()).frames.map(\.message) == ["kept"])
        }
    }
}
