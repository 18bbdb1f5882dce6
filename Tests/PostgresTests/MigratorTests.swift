// SPDX-License-Identifier: Apache-2.0

import Postgres
import TestKit
import Testing

@Suite(.database, .timeLimit(.minutes(5)))
struct MigratorTests {
    private static let first = Migration(
        number: 1, name: "rooms",
        sql: """
            CREATE TABLE rooms (id int PRIMARY KEY);
            CREATE FUNCTION two() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 2 $$;
            INSERT INTO rooms VALUES (two());
            """)
    private static let second = Migration(number: 2, name: "topic", sql: "ALTER TABLE rooms ADD COLUMN topic text")
    private static let third = Migration(
        number: 5, name: "index", sql: "CREATE INDEX rooms_hash ON rooms USING hash (id)")

    private func migrate(_ migrations: Migration..., schema: String = "My rooms") async throws -> [Int] {
        try await Migrator(schema: schema, migrations: migrations)
            .migrate(PostgresConfiguration(url: try TestDatabase.url), logger: quiet)
    }

    private func failure(_ migrations: Migration...) async -> MigrationError? {
        do {
            _ = try await Migrator(schema: "My rooms", migrations: migrations)
                .migrate(PostgresConfiguration(url: try TestDatabase.url), logger: quiet)
            return nil
        } catch {
            return error as? MigrationError
        }
    }

    @Test func `what is missing is applied once, in a schema of its own`() async throws {
        #expect(try await migrate(Self.first) == [1])
        #expect(try await migrate(Self.first, Self.second) == [2])
        #expect(try await migrate(Self.first, Self.second, Self.third) == [5])
        #expect(try await migrate(Self.first, Self.second, Self.third) == [])
        #expect(try await migrate(Self.first, schema: "other") == [1])
        try await withTestConnection { connection in
            let rows = try await connection.query("SELECT id, topic FROM \"My rooms\".rooms")
            #expect(try rows[0].value("id") == 2)
            let log = try await connection.query(
                "SELECT number, name, checksum, applied_at FROM \"My rooms\".schema_migrations ORDER BY number")
            #expect(try log.map { try $0.value("name", as: String.self) } == ["rooms", "topic", "index"])
            #expect(try log[0].value("checksum", as: String.self).count == 64)
        }
    }

    @Test func `a newer schema is refused, with what to do`() async throws {
        _ = try await migrate(Self.first, Self.second, Self.third)
        let error = await failure(Self.first, Self.second)
        guard case .newerSchema("My rooms", database: 5, program: 2) = error else {
            Issue.record("not refused: \(error as Any)")
            return
        }
        #expect(error?.description.contains("start a program at least as new") == true)
    }

    @Test func `an edited, an unknown and a late migration are refused`() async throws {
        _ = try await migrate(Self.first, Self.third)
        let edited = Migration(number: 1, name: "rooms", sql: Self.first.sql + " ")
        if case .edited(_, number: 1, name: "rooms") = await failure(edited, Self.third) {
        } else {
            Issue.record("edited")
        }
        if case .unknown(_, number: 1, name: "rooms") = await failure(Self.third) {} else { Issue.record("unknown") }
        if case .outOfOrder(_, number: 2, applied: 5) = await failure(Self.first, Self.second, Self.third) {
        } else {
            Issue.record("late")
        }
        if case .misnumbered(_, number: 1) = await failure(Self.second, Self.first) {
        } else {
            Issue.record("misnumbered")
        }
    }

    @Test func `a failing migration leaves nothing of itself and keeps what came before`() async throws {
        let broken = Migration(number: 2, name: "broken", sql: "CREATE TABLE half (id int); SELECT 1 / 0;")
        let error = await failure(Self.first, broken)
        guard case .failed(_, number: 2, name: "broken", let cause) = error else {
            Issue.record("not failed: \(error as Any)")
            return
        }
        #expect(cause.sqlState == .divisionByZero)
        #expect(try await migrate(Self.first, Self.second) == [2])
        try await withTestConnection { connection in
            let rows = try await connection.query("SELECT to_regclass('\"My rooms\".half') IS NULL AS gone")
            #expect(try rows[0].value("gone") == true)
        }
    }

    @Test func `migrators that run at the same time apply everything once`() async throws {
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 { group.addTask { try await migrate(Self.first, Self.second, Self.third) } }
            var applied: [Int] = []
            for try await numbers in group { applied += numbers }
            #expect(applied == [1, 2, 5])
        }
    }
}
