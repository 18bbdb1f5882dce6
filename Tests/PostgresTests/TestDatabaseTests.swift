// SPDX-License-Identifier: Apache-2.0

import Postgres
import TestKit
import Testing

private let roomsMigrator = Migrator(
    schema: "rooms", migrations: [Migration(number: 1, name: "rooms", sql: "CREATE TABLE rooms (id int)")])

@Suite(.timeLimit(.minutes(5)))
struct TestDatabaseTests {
    @Test func `each has a migrated database of its own, gone afterwards`() async throws {
        let urls = try await withThrowingTaskGroup { group in
            for number in 0..<6 {
                group.addTask {
                    try await withDatabase([roomsMigrator]) { url in
                        try await withTestPool(url: url) { pool in
                            _ = try await pool.query("INSERT INTO rooms.rooms VALUES (\(number))")
                            let rows = try await pool.query("SELECT id FROM rooms.rooms")
                            #expect(try rows.map { try $0.value("id", as: Int.self) } == [number])
                        }
                        return url
                    }
                }
            }
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(Set(urls).count == 6)
        for url in urls {
            let error = await postgresError {
                try await PostgresConnection.connect(PostgresConfiguration(url: url), logger: quiet)
            }
            #expect(error?.sqlState == .invalidCatalogName)
        }
    }

    @Test(.database(roomsMigrator)) func `the trait gives the same`() async throws {
        try await withTestPool { pool in
            let rows = try await pool.query("SELECT id FROM rooms.rooms")
            #expect(rows.isEmpty)
        }
    }

    @Test func `only the path of a URL is replaced`() {
        #expect(
            TestDatabase.replaceDatabase(in: "postgres://a:b@h:1/x?host=/tmp/y", by: "z")
                == "postgres://a:b@h:1/z?host=/tmp/y")
        #expect(TestDatabase.replaceDatabase(in: "postgres://a@h", by: "z") == "postgres://a@h/z")
        #expect(
            TestDatabase.replaceDatabase(in: "postgres://postgres@/x?port=1", by: "z")
                == "postgres://postgres@/z?port=1")
    }

    @Test func `eventually gives the value, or says what it last met`() async throws {
        var asked = 0
        let value = try await eventually { () async throws -> Int? in
            asked += 1
            return asked == 3 ? 42 : nil
        }
        #expect(value == 42)
        let timeout = await #expect(throws: EventuallyTimeout.self) {
            try await eventually(within: .milliseconds(20)) { false }
        }
        #expect(timeout?.description.contains("TestDatabaseTests") == true)
    }
}
