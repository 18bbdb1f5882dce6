// SPDX-License-Identifier: Apache-2.0

import Postgres
import Store
import TestKit
import Testing

@Suite struct SchemaPreparationTests {
    @Test func `many daemons may prepare one database at once`() async throws {
        try await withDatabase { url in
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<4 {
                    group.addTask { try await LoggingSchema.preparation.run(owner: url, app: url, logger: silent) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == LoggingSchema.migrations.map(\.number))
        }
    }

    @Test func `an owner and an app that are no superusers get what they need and no more`() async throws {
        let server = try await TestPostgresServer.start(fsync: false)
        let admin = try await PostgresConnection.connect(
            PostgresConfiguration(url: server.url()), logger: silent)
        try await admin.script(
            """
            CREATE ROLE tutti_owner LOGIN; CREATE ROLE tutti_login LOGIN;
            GRANT CREATE ON DATABASE postgres TO tutti_owner;
            """)
        let owner = server.loopbackURL(user: "tutti_owner")
        let app = server.loopbackURL(user: "tutti_login")
        // Without the right to make roles it says what has to be run.
        await #expect(throws: SchemaPreparationError.self) {
            try await LoggingSchema.preparation.run(owner: owner, app: app, logger: silent)
        }
        try await admin.script("ALTER ROLE tutti_owner CREATEROLE")
        try await LoggingSchema.preparation.run(owner: owner, app: app, logger: silent)
        try await admin.script("ALTER ROLE tutti_owner NOCREATEROLE")
        #expect(try await LoggingSchema.preparation.run(owner: owner, app: app, logger: silent) == [])
        var configuration = PostgresConfiguration(url: app)
        configuration.role = LoggingSchema.appRole
        configuration.searchPath = LoggingSchema.name
        let connection = try await PostgresConnection.connect(configuration, logger: silent)
        _ = try await connection.query("SELECT log_id FROM log_head")
        _ = try await connection.query(LogStore.makePartitions(ahead: 1).sql)
        await #expect(throws: PostgresError.self) { try await connection.script("CREATE TABLE logging.mine (a int)") }
        connection.close()
        admin.close()
    }
}
