// SPDX-License-Identifier: Apache-2.0

package import Logging

/// One step in the life of a schema. Once applied anywhere it is never edited; the next change is the next number.
package struct Migration: Sendable {
    package let number: Int
    package let name: String
    /// One or more statements. Unqualified names are created in, and found first in, the migrator's schema.
    package let sql: String

    package init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}

/// Why a schema was not brought up to date. The description says what to do.
package enum MigrationError: Error, Sendable, CustomStringConvertible {
    /// The database is ahead of this program.
    case newerSchema(schema: String, database: Int, program: Int)
    /// An applied migration is not what it was when it was applied.
    case edited(schema: String, number: Int, name: String)
    /// The database has a migration that this program lacks, though the program has later ones.
    case unknown(schema: String, number: Int, name: String)
    /// A migration was never applied, though later ones were.
    case outOfOrder(schema: String, number: Int, applied: Int)
    /// Numbers must rise.
    case misnumbered(schema: String, number: Int)
    /// A migration's SQL failed; nothing of it was kept.
    case failed(schema: String, number: Int, name: String, cause: PostgresError)

    package var description: String {
        switch self {
        case .newerSchema(let schema, let database, let program):
            "schema \(schema) is at migration \(database) but this program knows only up to \(program): "
                + "start a program at least as new as the one that migrated it, or restore a backup"
        case .edited(let schema, let number, let name):
            "migration \(number) (\(name)) of schema \(schema) was edited after it was applied: "
                + "restore its text and put the change into a new migration"
        case .unknown(let schema, let number, let name):
            "schema \(schema) has migration \(number) (\(name)), which this program lacks: "
                + "it was migrated by another line of development; use a database of your own"
        case .outOfOrder(let schema, let number, let applied):
            "migration \(number) of schema \(schema) is missing though \(applied) was applied: "
                + "give it a number after \(applied)"
        case .misnumbered(let schema, let number):
            "migration \(number) of schema \(schema) does not come after the one before it: number them upwards"
        case .failed(let schema, let number, let name, let cause):
            "migration \(number) (\(name)) of schema \(schema) failed and was undone: \(cause)"
        }
    }
}

/// Brings one schema up to date: creates it, applies what is missing, and refuses what it does not understand.
package struct Migrator: Sendable {
    package let schema: String
    package let migrations: [Migration]

    package init(schema: String, migrations: [Migration]) {
        self.schema = schema
        self.migrations = migrations
    }

    /// Migrates on a connection of its own, whose role owns the schema, and returns the numbers applied now.
    ///
    /// An advisory lock lets one migrator work at a time; others wait up to `patience` and then find nothing to do. Each
    /// migration is one transaction. Throws `MigrationError`, or `PostgresError` when the database cannot be used.
    package func migrate(
        _ configuration: PostgresConfiguration, logger: Logger, patience: Duration = .seconds(300)
    ) async throws -> [Int] {
        for (earlier, later) in zip(migrations, migrations.dropFirst()) where later.number <= earlier.number {
            throw MigrationError.misnumbered(schema: schema, number: later.number)
        }
        var configuration = configuration
        // A migration may rightly take longer than any statement of the running daemon.
        configuration.statementTimeout = nil
        let connection = try await PostgresConnection.connect(configuration, logger: logger)
        // The lock ends with the session.
        defer { connection.close() }
        let lock: SQL = "SELECT pg_advisory_lock(hashtextextended(\("schema_migrations of \(schema)"), 0))"
        _ = try await connection.query(lock, deadline: patience)
        try await createTable(connection)
        let pending = try await check(connection)
        for migration in pending {
            try await apply(migration, connection)
            logger.info(
                "migration applied",
                metadata: ["schema": "\(schema)", "number": "\(migration.number)", "name": "\(migration.name)"])
        }
        return pending.map(\.number)
    }

    private var table: SQL { "\(identifier: schema).schema_migrations" }

    private func createTable(_ connection: PostgresConnection) async throws {
        // Looked up first: creating needs rights on the database that a schema's owner may lack.
        let found = try await connection.query(
            """
            SELECT to_regnamespace(quote_ident(\(schema))) IS NOT NULL AS has_schema,
                to_regclass(quote_ident(\(schema)) || '.schema_migrations') IS NOT NULL AS has_table
            """)
        if try found.first?.value("has_schema", as: Bool.self) != true {
            _ = try await connection.query("CREATE SCHEMA \(identifier: schema)")
        }
        if try found.first?.value("has_table", as: Bool.self) != true {
            _ = try await connection.query(
                """
                CREATE TABLE \(table) (
                    number bigint PRIMARY KEY,
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now())
                """)
        }
    }

    /// The migrations still to apply, after everything applied was found to be as we know it.
    private func check(_ connection: PostgresConnection) async throws -> [Migration] {
        let applied = try await connection.query("SELECT number, name, checksum FROM \(table) ORDER BY number")
        let known = try await connection.query(
            """
            SELECT number, encode(sha256(convert_to(sql, 'UTF8')), 'hex') AS checksum
            FROM unnest(\(migrations.map(\.number)), \(migrations.map(\.sql))) AS known (number, sql)
            """)
        var checksums: [Int: String] = [:]
        for row in known { checksums[try row.value("number")] = try row.value("checksum", as: String.self) }
        let newest = migrations.last?.number ?? 0
        var done: Set<Int> = []
        for row in applied {
            let number: Int = try row.value("number")
            let name: String = try row.value("name")
            if number > newest {
                let last = try applied.last?.value("number", as: Int.self) ?? number
                throw MigrationError.newerSchema(schema: schema, database: last, program: newest)
            }
            guard let checksum = checksums[number] else {
                throw MigrationError.unknown(schema: schema, number: number, name: name)
            }
            guard try row.value("checksum") == checksum else {
                throw MigrationError.edited(schema: schema, number: number, name: name)
            }
            done.insert(number)
        }
        let pending = migrations.filter { !done.contains($0.number) }
        if let first = pending.first, let last = done.max(), first.number < last {
            throw MigrationError.outOfOrder(schema: schema, number: first.number, applied: last)
        }
        return pending
    }

    private func apply(_ migration: Migration, _ connection: PostgresConnection) async throws {
        do {
            try await connection.transaction { connection in
                try await connection.script("SET LOCAL search_path TO \(SQL.quote(identifier: schema)), public")
                try await connection.script(migration.sql)
                _ = try await connection.query(
                    """
                    INSERT INTO \(table) (number, name, checksum)
                    VALUES (\(migration.number), \(migration.name),
                        encode(sha256(convert_to(\(migration.sql), 'UTF8')), 'hex'))
                    """)
            }
        } catch let error as PostgresError where !error.isConnectionLost && error.kind != .cancelled {
            throw MigrationError.failed(
                schema: schema, number: migration.number, name: migration.name, cause: error)
        }
    }
}
