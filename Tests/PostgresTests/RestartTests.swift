// SPDX-License-Identifier: Apache-2.0

import Postgres
import Synchronization
import TestKit
import Testing

/// Each on a server of its own, which is stopped, killed and started under load.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct RestartTests {
    /// What happened to the tasks, and whether the trouble is over.
    private final class Load: Sendable {
        struct Tally {
            var served = 0
            var failed: [PostgresError.Kind: Int] = [:]
            var strange: [String] = []
        }

        let tally = Mutex(Tally())
        let isOver = Atomic(false)

        /// Queries until served once after the trouble is over.
        func run(_ task: Int, _ pool: PostgresPool) async {
            while true {
                let isAfterwards = isOver.load(ordering: .acquiring)
                do {
                    try await ask(task, pool)
                    tally.withLock { $0.served += 1 }
                    if isAfterwards { return }
                } catch let error as PostgresError {
                    tally.withLock { $0.failed[error.kind, default: 0] += 1 }
                    await Task.yield()
                } catch {
                    tally.withLock { $0.strange.append("\(error)") }
                    return
                }
            }
        }

        private func ask(_ task: Int, _ pool: PostgresPool) async throws {
            switch task % 3 {
            case 0: _ = try await pool.pipeline(["BEGIN", "INSERT INTO t VALUES (\(task))", "COMMIT"])
            case 1: try await pool.transaction { _ = try await $0.query("SELECT \(task)") }
            default:
                let rows = try await pool.query("SELECT \(task) AS n")
                if try rows[0].value("n") != task { tally.withLock { $0.strange.append("another's answer") } }
            }
        }
    }

    /// Lets 24 tasks query until `body` is done; every one of them must be served again after it.
    private func underLoad(_ server: TestPostgresServer, _ body: () async throws -> Void) async throws {
        try await withTestPool(url: server.url()) {
            $0.poolSize = 6
        } _: { pool in
            _ = try await pool.query("CREATE TABLE IF NOT EXISTS t (id bigint)")
            let load = Load()
            try await withThrowingTaskGroup { group in
                for task in 0..<24 { group.addTask { await load.run(task, pool) } }
                try await eventually { load.tally.withLock { $0.served > 200 } }
                try await body()
                // The server may need a moment to end its sessions.
                try await eventually { pool.statistics.reconnects > 0 && load.tally.withLock { !$0.failed.isEmpty } }
                load.isOver.store(true, ordering: .releasing)
                try await group.waitForAll()
            }
            let result = load.tally.withLock { $0 }
            #expect(result.strange.isEmpty)
            #expect(result.failed.keys.allSatisfy { $0 == .connection || $0 == .timeout }, "\(result.failed)")
            #expect(pool.statistics.inUse == 0)
            #expect(pool.statistics.waiting == 0)
        }
    }

    @Test(arguments: [TestPostgresServer.StopMode.fast, .immediate])
    func `everybody is served again after the server was restarted under load`(
        mode: TestPostgresServer.StopMode
    ) async throws {
        let server = try await TestPostgresServer.start()
        try await underLoad(server) {
            for _ in 0..<2 { try await server.restart(mode) }
        }
    }

    @Test func `everybody is served again after a backend was killed`() async throws {
        let server = try await TestPostgresServer.start()
        try await underLoad(server) {
            let configuration = PostgresConfiguration(url: server.url())
            let victim = try await PostgresConnection.connect(configuration, logger: quiet)
            server.kill(backend: victim.backendPID)
            try await eventually { !victim.isOpen }
        }
    }

    @Test func `who waits while the server is down is served when it is back, and at the deadline told why`()
        async throws
    {
        let server = try await TestPostgresServer.start()
        try await withTestPool(url: server.loopbackURL()) { pool in
            try await pool.ping()
            try await server.stop()
            let error = await postgresError { try await pool.withConnection(deadline: .milliseconds(300)) { _ in } }
            #expect(error?.kind == .connection)
            #expect(error?.isConnectionLost == true)
            async let patient = pool.withConnection(deadline: .seconds(60)) { try await $0.query("SELECT 7 AS n") }
            try await eventually { pool.statistics.failedAttempts >= 3 }
            try await server.start()
            let rows = try await patient
            #expect(try rows[0].value("n") == 7)
        }
    }
}
