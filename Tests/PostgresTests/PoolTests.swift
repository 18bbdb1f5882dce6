// SPDX-License-Identifier: Apache-2.0

import Postgres
import ServiceLifecycle
import Synchronization
import TestKit
import Testing

@Suite(.database, .timeLimit(.minutes(5)))
struct PoolTests {
    private final class Arrivals: Sendable {
        let order = Mutex<[Int]>([])
    }

    @Test func `it connects when asked and never opens more than its size`() async throws {
        try await withTestPool {
            $0.poolSize = 3
        } _: { pool in
            #expect(pool.statistics.idle == 0)
            try await withThrowingTaskGroup { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await pool.withConnection { connection in
                            let now = pool.statistics
                            #expect(now.inUse + now.idle <= 3)
                            let rows = try await connection.query("SELECT pg_backend_pid() AS pid, pg_sleep(0.002)")
                            return try rows[0].value("pid", as: Int32.self)
                        }
                    }
                }
                var backends: Set<Int32> = []
                for try await pid in group { backends.insert(pid) }
                #expect(backends.count <= 3)
            }
            // Held at once: a machine that is slow to connect may have served all of them by two.
            try await pool.withConnection { _ in
                try await pool.withConnection { _ in
                    try await pool.withConnection { _ in #expect(pool.statistics.inUse == 3) }
                }
            }
            let statistics = pool.statistics
            #expect(statistics.inUse == 0)
            #expect(statistics.waiting == 0)
            #expect(statistics.idle == 3)
            try await pool.ping()
        }
    }

    @Test func `a connection that does away with its old statements is lent again`() async throws {
        try await withTestPool {
            $0.poolSize = 1
        } _: { pool in
            var backends: Set<Int32> = []
            // Each is prepared anew when it has been used a few times, and again later: the old ones go, many at once.
            for _ in 0..<100 {
                for number in 0..<20 {
                    let rows = try await pool.query("SELECT pg_backend_pid() AS pid, \(unsafeRaw: "\(number)") AS n")
                    #expect(try rows[0].value("n") == number)
                    backends.insert(try rows[0].value("pid"))
                }
            }
            #expect(backends.count == 1)
            let held = try await pool.query("SELECT count(*) AS n FROM pg_prepared_statements")
            #expect(try held[0].value("n", as: Int.self) < 30)
        }
    }

    @Test func `a full queue fails at once, a long wait at its deadline, a cancelled one when cancelled`() async throws
    {
        try await withTestPool {
            $0.poolSize = 1
            $0.queueLimit = 2
        } _: { pool in
            try await pool.withConnection { _ in
                let late = await postgresError { try await pool.withConnection(deadline: .milliseconds(50)) { _ in } }
                #expect(late?.kind == .timeout)
                #expect(pool.statistics.waiting == 0)
                await withThrowingTaskGroup { group in
                    for _ in 0..<2 { group.addTask { try await pool.withConnection { _ in } } }
                    try? await eventually { pool.statistics.waiting == 2 }
                    let refused = await postgresError { try await pool.query("SELECT 1") }
                    #expect(refused?.kind == .poolExhausted)
                    group.cancelAll()
                    #expect(await postgresError { try await group.waitForAll() }?.kind == .cancelled)
                }
                #expect(pool.statistics.waiting == 0)
            }
            try await pool.ping()
        }
    }

    @Test func `who waits is served in the order of arrival`() async throws {
        try await withTestPool {
            $0.poolSize = 1
        } _: { pool in
            let arrivals = Arrivals()
            try await withThrowingTaskGroup { group in
                try await pool.withConnection { _ in
                    for number in 0..<20 {
                        group.addTask {
                            try await pool.withConnection { _ in arrivals.order.withLock { $0.append(number) } }
                        }
                        try await eventually { pool.statistics.waiting == number + 1 }
                    }
                }
                try await group.waitForAll()
            }
            #expect(arrivals.order.withLock { $0 } == Array(0..<20))
        }
    }

    @Test func `a connection left in a transaction, or closed, is not lent again`() async throws {
        try await withTestPool {
            $0.poolSize = 1
        } _: { pool in
            let first = try await pool.withConnection { connection in
                _ = try await connection.query("BEGIN")
                return connection.backendPID
            }
            let second = try await pool.withConnection { connection in
                connection.close()
                return connection.backendPID
            }
            let third = try await pool.withConnection { connection in
                _ = try await connection.query("SELECT 1")
                return connection.backendPID
            }
            #expect(Set([first, second, third]).count == 3)
            let fourth = try await pool.withConnection { $0.backendPID }
            #expect(fourth == third)
        }
    }

    @Test func `an idle connection that the server ends is replaced`() async throws {
        try await withTestConnection { observer in
            try await withTestPool {
                $0.poolSize = 2
            } _: { pool in
                let pid = try await pool.withConnection { $0.backendPID }
                _ = try await observer.query("SELECT pg_terminate_backend(\(pid))")
                try await eventually { pool.statistics.idle == 0 }
                try await pool.ping()
                #expect(pool.statistics.reconnects == 1)
            }
        }
    }

    @Test func `a wrong database fails the waiting at once, not at their deadline`() async throws {
        let url = TestDatabase.replaceDatabase(in: try TestDatabase.url, by: "no_such_database")
        try await withTestPool(url: url) { pool in
            let clock = ContinuousClock()
            let start = clock.now
            let error = await postgresError { try await pool.withConnection(deadline: .seconds(30)) { _ in } }
            #expect(error?.sqlState == .invalidCatalogName)
            #expect(clock.now - start < .seconds(10))
        }
    }

    @Test func `transactions and pipelines of the pool`() async throws {
        try await withTestPool { pool in
            _ = try await pool.query("CREATE TABLE t (id int)")
            _ = try await pool.transaction { try await $0.query("INSERT INTO t VALUES (1)") }
            let results = try await pool.pipeline(["INSERT INTO t VALUES (2)", "SELECT count(*) AS n FROM t"])
            #expect(try results[1][0].value("n") == 2)
        }
    }

    @Test func `shutdown waits for who has a connection and refuses who comes later`() async throws {
        try await withTestPool { pool in
            try await withThrowingTaskGroup { group in
                let (gate, open) = AsyncStream<Void>.makeStream()
                group.addTask {
                    try await pool.withConnection { connection in
                        for await _ in gate {}
                        _ = try await connection.query("SELECT 1")
                    }
                }
                try await eventually { pool.statistics.inUse == 1 }
                group.addTask { await pool.shutdown() }
                try await eventually { await postgresErrorOrNil { try await pool.ping() }?.kind == .poolClosed }
                #expect(pool.statistics.inUse == 1)
                open.finish()
                try await group.waitForAll()
                #expect(pool.statistics.inUse == 0)
            }
        }
    }

    @Test func `shutdown does not wait for ever`() async throws {
        try await withTestPool {
            $0.drainTimeout = .milliseconds(100)
        } _: { pool in
            try await withThrowingTaskGroup { group in
                group.addTask { try await pool.query("SELECT pg_sleep(60)") }
                try await eventually { pool.statistics.inUse == 1 }
                await pool.shutdown()
                #expect(await postgresError { try await group.waitForAll() }?.kind == .poolClosed)
            }
        }
    }

    @Test func `as a service it keeps connections ready and ends without an error`() async throws {
        try await withTestConnection { observer in
            var configuration = PostgresConfiguration(url: try TestDatabase.url)
            configuration.minimumConnections = 2
            let pool = PostgresPool(configuration, logger: quiet)
            let group = ServiceGroup(services: [pool], logger: quiet)
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await group.run() }
                try await eventually { pool.statistics.idle == 2 }
                let pid = try await pool.withConnection { $0.backendPID }
                _ = try await observer.query("SELECT pg_terminate_backend(\(pid))")
                // Nobody asks, and still there are two again.
                try await eventually { pool.statistics.reconnects == 1 && pool.statistics.idle == 2 }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(await postgresError { try await pool.ping() }?.kind == .poolClosed)

            let cancelled = PostgresPool(configuration, logger: quiet)
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await cancelled.run() }
                try await eventually { cancelled.statistics.idle == 2 }
                tasks.cancelAll()
                try await tasks.waitForAll()
            }
        }
    }
}
