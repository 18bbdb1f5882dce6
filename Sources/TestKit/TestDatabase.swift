// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
package import Postgres
package import Testing

/// Runs `body` with the URL of a fresh database that `migrators` have migrated, and drops it afterwards.
///
/// Each distinct set of migrations is applied once, to a template that is then cloned. The server is the one whose
/// superuser URL is in `TUTTI_TEST_DATABASE_URL`, else one that this process starts for itself.
package func withDatabase<Value>(
    _ migrators: [Migrator] = [], _ body: (String) async throws -> Value
) async throws -> Value {
    try await TestDatabase.places.acquire()
    let value: Value
    do {
        let database = try await TestDatabase.create(migrators)
        do {
            value = try await body(database.url)
        } catch {
            await TestDatabase.drop(database)
            throw error
        }
        await TestDatabase.drop(database)
    } catch {
        await TestDatabase.places.release()
        throw error
    }
    await TestDatabase.places.release()
    return value
}

/// The database of the test that is running, when it or its suite has the trait `.database`.
package enum TestDatabase {
    @TaskLocal fileprivate static var current: String?

    package struct Missing: Error, Sendable, CustomStringConvertible {
        package var description: String { "this test has no database: give it or its suite the trait .database" }
    }

    package static var url: String {
        get throws {
            guard let current else { throw Missing() }
            return current
        }
    }

    struct Created: Sendable {
        let name: String
        let url: String
    }

    /// How many databases are in use at a time: tests run all at once, the server has so many connections.
    static let places = TestDatabasePlaces(count: 8)
    private static let server = TestDatabaseOnce<String, TestDatabaseServer>()
    private static let templates = TestDatabaseOnce<String, String>()
    static let logger = Logger(label: "test-database") { _ in SwiftLogNoOpLogHandler() }

    private struct TestDatabaseServer: Sendable {
        let url: String
        /// Ours, which lives as long as the process; nil when the environment named another.
        let owned: TestPostgresServer?
    }

    /// The superuser's URL of the server that tests share.
    package static func serverURL() async throws -> String {
        try await server.value(for: "") {
            if let url = ProcessInfo.processInfo.environment["TUTTI_TEST_DATABASE_URL"], !url.isEmpty {
                return TestDatabaseServer(url: url, owned: nil)
            }
            let owned = try await TestPostgresServer.start()
            return TestDatabaseServer(url: owned.url(), owned: owned)
        }.url
    }

    static func create(_ migrators: [Migrator]) async throws -> Created {
        let serverURL = try await serverURL()
        let template = try await template(migrators, serverURL)
        let name = "test_\(UUID().uuidString.lowercased().replacing("-", with: ""))"
        try await withConnection(serverURL) { connection in
            // A worker of the server's own may look into the template just now; that passes.
            try await eventually(within: .seconds(20)) {
                _ = try await connection.query("CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: template)")
                return true
            }
        }
        return Created(name: name, url: replaceDatabase(in: serverURL, by: name))
    }

    static func drop(_ database: Created) async {
        // A cancelled test cannot drop its database; that one goes with the server.
        guard let serverURL = try? await serverURL() else { return }
        try? await withConnection(serverURL) { connection in
            _ = try await connection.query("DROP DATABASE IF EXISTS \(identifier: database.name) WITH (FORCE)")
        }
    }

    private static func template(_ migrators: [Migrator], _ serverURL: String) async throws -> String {
        if migrators.isEmpty { return "template1" }
        let name = "template_\(fingerprint(migrators))"
        return try await templates.value(for: name) {
            try await withConnection(serverURL) { connection in
                // Another process may be making the same template on the same server.
                _ = try await connection.query("SELECT pg_advisory_lock(hashtextextended(\(name), 0))")
                let found = try await connection.query("SELECT 1 FROM pg_database WHERE datname = \(name)")
                if !found.isEmpty { return }
                let draft = "\(name)_draft"
                _ = try await connection.query("DROP DATABASE IF EXISTS \(identifier: draft) WITH (FORCE)")
                _ = try await connection.query("CREATE DATABASE \(identifier: draft)")
                let configuration = PostgresConfiguration(url: replaceDatabase(in: serverURL, by: draft))
                for migrator in migrators { _ = try await migrator.migrate(configuration, logger: logger) }
                // Renamed only when complete; the server may need a moment to see that the migrator has gone.
                try await eventually(within: .seconds(20)) {
                    _ = try await connection.query(
                        "ALTER DATABASE \(identifier: draft) RENAME TO \(identifier: name)")
                    return true
                }
            }
            return name
        }
    }

    private static func withConnection(
        _ url: String, _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url), logger: logger)
        defer { connection.close() }
        try await body(connection)
    }

    /// FNV-1a over everything that shapes the template; equal in every process, unlike Swift's own hashing.
    private static func fingerprint(_ migrators: [Migrator]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        for migrator in migrators {
            mix(migrator.schema)
            for migration in migrator.migrations { mix("\(migration.number) \(migration.name) \(migration.sql)") }
        }
        return String(hash, radix: 16)
    }

    /// `url` with another database's name as its path.
    package static func replaceDatabase(in url: String, by name: String) -> String {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count > 1 ? "?\(parts[1])" : ""
        guard let scheme = parts[0].range(of: "://") else { return url }
        let authority = parts[0][scheme.upperBound...].prefix { $0 != "/" }
        return "\(parts[0][..<scheme.upperBound])\(authority)/\(name)\(query)"
    }
}

/// Gives each test a database of its own, whose URL is `TestDatabase.url`.
package struct DatabaseTrait: TestTrait, SuiteTrait, TestScoping {
    let migrators: [Migrator]

    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withDatabase(migrators) { url in
            try await TestDatabase.$current.withValue(url) { try await function() }
        }
    }
}

extension Trait where Self == DatabaseTrait {
    /// An empty database for each test.
    package static var database: DatabaseTrait { DatabaseTrait(migrators: []) }

    /// A migrated database for each test.
    package static func database(_ migrators: Migrator...) -> DatabaseTrait { DatabaseTrait(migrators: migrators) }
}
