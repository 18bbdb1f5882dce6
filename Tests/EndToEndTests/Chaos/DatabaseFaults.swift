// SPDX-License-Identifier: Apache-2.0

import Foundation
import Postgres
import Synchronization
import TestKit

/// The server stops as if the power had failed, and is started again.
struct DatabaseCrash: ChaosFault {
    let server: TestPostgresServer

    func begin() async throws { try await server.stop(.immediate) }
    func end() async throws { try await server.ensureRunning() }
}

/// Sessions of the daemons are ended by the server, again and again.
struct SessionLoss: ChaosFault {
    let server: TestPostgresServer
    let role: String

    func goOn() async throws {
        try await server.asSuperuser { connection in
            _ = try await connection.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = \(role) AND random() < 0.5
                """)
        }
    }
}

/// Sessions are ended and others take their places, until the server has no place left for anybody.
final class SlotShortage: ChaosFault {
    private let server: TestPostgresServer
    private let role: String
    private let taken = Mutex<[PostgresConnection]>([])
    /// More than the server has.
    private static let most = 200

    init(server: TestPostgresServer, role: String) {
        self.server = server
        self.role = role
    }

    func begin() async throws { try await goOn() }

    func goOn() async throws {
        await takeAll()
        guard let control = taken.withLock({ $0.first }) else { return }
        _ = try await control.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = \(role) AND random() < 0.7")
        await takeAll()
    }

    func end() async throws {
        for connection in taken.withLock({ $0 }) { connection.close() }
        taken.withLock { $0 = [] }
    }

    /// Until the server refuses another one; a superuser may have the reserved places, too.
    private func takeAll() async {
        while taken.withLock({ $0.count }) < Self.most, let connection = try? await server.connect() {
            taken.withLock { $0.append(connection) }
        }
    }
}

/// The role that daemons run as may have a few sessions only, and loses those it has.
struct RoleLimit: ChaosFault {
    private static let sessions = 3

    let server: TestPostgresServer
    let role: String

    func begin() async throws {
        try await server.asSuperuser { connection in
            _ = try await connection.query(
                "ALTER ROLE \(identifier: role) CONNECTION LIMIT \(unsafeRaw: "\(Self.sessions)")")
            _ = try await connection.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = \(role)")
        }
    }

    func end() async throws {
        try await server.asSuperuser { connection in
            _ = try await connection.query("ALTER ROLE \(identifier: role) CONNECTION LIMIT -1")
        }
    }
}

/// The volume of the server has no room left, neither for tables nor for its log. The server may stop over that; it is
/// started again when there is room.
struct FullDisk: ChaosFault {
    let server: TestPostgresServer
    let megabytes: Int

    func begin() async throws { try await server.fillVolume() }

    func goOn() async throws {
        // What it has in reserve is used up sooner this way. It may be down by now.
        try? await server.asSuperuser { connection in
            for _ in 0..<8 { _ = try await connection.query("SELECT pg_switch_wal(), txid_current()") }
        }
    }

    func end() async throws {
        try await server.freeVolume(megabytes)
        try await server.ensureRunning()
    }
}

extension TestPostgresServer {
    /// How many lines of the server's log have these words in them.
    func logCount(of words: String) -> Int {
        let log = (try? Data(contentsOf: URL(fileURLWithPath: logPath))) ?? Data()
        return String(decoding: log, as: UTF8.self).split(separator: "\n").count { $0.contains(words) }
    }

    /// A session of the superuser in the database of the daemons.
    func connect() async throws -> PostgresConnection {
        var configuration = PostgresConfiguration(url: url(database: "tutti"))
        configuration.applicationName = "chaos"
        return try await PostgresConnection.connect(configuration, logger: ChaosReport.silent)
    }

    func asSuperuser(_ body: (PostgresConnection) async throws -> Void) async throws {
        let connection = try await connect()
        defer { connection.close() }
        try await body(connection)
    }
}
