// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Postgres

/// What a daemon needs in its database before it serves: the role it runs as, and the newest form of its schema.
///
/// The owner migrates, the daemon runs as a role that owns nothing; only so do revoked rights mean anything. Any number
/// of daemons may prepare the same database at once.
package struct SchemaPreparation: Sendable {
    package let schema: String
    /// The role without login that the daemon's login becomes; see `PostgresConfiguration.role`.
    package let role: String
    package let migrations: [Migration]

    package init(schema: String, role: String, migrations: [Migration]) {
        self.schema = schema
        self.role = role
        self.migrations = migrations
    }

    /// Makes the role, lets the login of `app` become it, and migrates as the login of `owner`. Answers the numbers of
    /// the migrations that were applied now.
    @discardableResult
    package func run(owner: String, app: String, logger: Logger) async throws -> [Int] {
        let login = try await Self.login(of: app, logger: logger)
        var configuration = PostgresConfiguration(url: owner)
        configuration.applicationName = "\(schema)-migrator"
        let connection = try await PostgresConnection.connect(configuration, logger: logger)
        defer { connection.close() }
        try await makeRole(on: connection)
        try await admit(login, on: connection)
        let migrator = Migrator(schema: schema, migrations: migrations)
        let applied = try await migrator.migrate(configuration, logger: logger)
        try await openSchema(on: connection)
        return applied
    }

    private static func login(of app: String, logger: Logger) async throws -> String {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: app), logger: logger)
        defer { connection.close() }
        return try await connection.query("SELECT session_user::text AS login").first?.value("login") ?? ""
    }

    private func makeRole(on connection: PostgresConnection) async throws {
        try await settle(
            on: connection, isSettled: "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = \(role)) AS settled",
            step: "CREATE ROLE \(identifier: role) NOLOGIN", advice: "CREATE ROLE \(role) NOLOGIN")
    }

    private func admit(_ login: String, on connection: PostgresConnection) async throws {
        guard login != role else { return }
        // From version 16 on, whoever makes a role is its member without being allowed to become it.
        let version = try await connection.query("SHOW server_version_num").first
        let number = try Int(version?.value("server_version_num", as: String.self) ?? "") ?? 0
        let right = number >= 160_000 ? "SET" : "MEMBER"
        try await settle(
            on: connection,
            isSettled: "SELECT pg_has_role(\(login)::name, \(role)::name, \(right)) AS settled",
            step: "GRANT \(identifier: role) TO \(identifier: login)", advice: "GRANT \(role) TO \(login)")
    }

    private func openSchema(on connection: PostgresConnection) async throws {
        try await settle(
            on: connection,
            isSettled: "SELECT has_schema_privilege(\(role)::name, \(schema), 'USAGE') AS settled",
            step: "GRANT USAGE ON SCHEMA \(identifier: schema) TO \(identifier: role)",
            advice: "GRANT USAGE ON SCHEMA \(schema) TO \(role)")
    }

    /// Takes a step that must be taken once. Roles belong to the whole server, which no advisory lock of one database
    /// covers: losing the race shows as an error although somebody else has just taken the step.
    private func settle(
        on connection: PostgresConnection, isSettled question: SQL, step: SQL, advice: String
    ) async throws {
        var tries = 3
        while true {
            let settled = try await connection.query(question).first?.value("settled", as: Bool.self) ?? false
            if settled { return }
            do {
                _ = try await connection.query(step)
                return
            } catch let error as PostgresError {
                if error.sqlState == .insufficientPrivilege {
                    throw SchemaPreparationError.missingRight(advice: advice)
                }
                tries -= 1
                guard tries > 0, !error.isConnectionLost else { throw error }
            }
        }
    }
}

/// Why a database could not be prepared.
package enum SchemaPreparationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The owner's login may not do what is needed; somebody who may has to run `advice` once.
    case missingRight(advice: String)

    package var description: String {
        switch self {
        case .missingRight(let advice):
            "the login of DATABASE_OWNER_URL lacks a right; let an administrator run once: \(advice);"
        }
    }
}
