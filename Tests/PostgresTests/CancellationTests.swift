// SPDX-License-Identifier: Apache-2.0

import Postgres
import TestKit
import Testing

@Suite(.database, .timeLimit(.minutes(5)))
struct CancellationTests {
    @Test func `a cancelled task cancels its statement and leaves the connection usable`() async throws {
        try await withTestConnection { observer in
            try await withTestConnection { connection in
                for _ in 0..<5 {
                    try await withThrowingTaskGroup { group in
                        group.addTask { _ = try await connection.query("SELECT pg_sleep(60)") }
                        try await eventually {
                            try await activity(of: connection.backendPID, observer) == "active"
                        }
                        group.cancelAll()
                        #expect(await postgresError { try await group.waitForAll() }?.kind == .cancelled)
                    }
                    // At once, and not hit by a late cancellation.
                    let after = try await connection.query("SELECT 5 AS five")
                    #expect(try after[0].value("five") == 5)
                    #expect(try await activity(of: connection.backendPID, observer) == "idle")
                }
            }
        }
    }

    @Test func `a deadline does the same and says so`() async throws {
        try await withTestConnection { connection in
            let clock = ContinuousClock()
            let start = clock.now
            let error = await postgresError {
                try await connection.query("SELECT pg_sleep(60)", deadline: .milliseconds(100))
            }
            #expect(error?.kind == .timeout)
            #expect(error?.isConnectionLost == false)
            #expect(clock.now - start < .seconds(10))
            let after = try await connection.query("SELECT 1", deadline: .seconds(5))
            #expect(after.count == 1)
        }
    }

    @Test func `a cancelled pipeline with BEGIN and COMMIT has committed nothing and holds no lock`() async throws {
        try await withTestConnection { observer in
            _ = try await observer.query("CREATE TABLE t (id int)")
            try await withTestConnection { connection in
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        _ = try await connection.pipeline(
                            ["BEGIN", "INSERT INTO t VALUES (1)", "SELECT pg_sleep(60)", "COMMIT"])
                    }
                    try await eventually { try await activity(of: connection.backendPID, observer) == "active" }
                    group.cancelAll()
                    let error = await postgresError { try await group.waitForAll() }
                    #expect(error?.kind == .cancelled)
                    #expect(error?.statementIndex == 2)
                    #expect(error?.isOutcomeUnknown == false)
                }
                #expect(try await activity(of: connection.backendPID, observer) == "idle")
                _ = try await observer.query("TRUNCATE t", deadline: .seconds(5))
            }
        }
    }

    @Test func `a transaction whose task is cancelled is rolled back before the error arrives`() async throws {
        try await withTestConnection { observer in
            _ = try await observer.query("CREATE TABLE t (id int)")
            try await withTestConnection { connection in
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        try await connection.transaction { connection in
                            _ = try await connection.query("INSERT INTO t VALUES (1)")
                            _ = try await connection.query("SELECT pg_sleep(60)")
                        }
                    }
                    try await eventually {
                        let rows = try await observer.query(
                            "SELECT 1 FROM pg_stat_activity WHERE pid = \(connection.backendPID) AND query LIKE '%pg_sleep%'"
                        )
                        return !rows.isEmpty
                    }
                    group.cancelAll()
                    #expect(await postgresError { try await group.waitForAll() }?.kind == .cancelled)
                }
                #expect(connection.isOpen)
                #expect(try await activity(of: connection.backendPID, observer) == "idle")
                #expect(try await observer.query("SELECT 1 FROM t").isEmpty)
            }
        }
    }

    @Test func `one that waits in the connection's queue leaves without touching the server`() async throws {
        try await withTestConnection { holder in
            _ = try await holder.query("SELECT pg_advisory_lock(3)")
            try await withTestConnection { connection in
                async let first = connection.query("SELECT pg_advisory_lock(3)")
                try await awaitBlocked(connection.backendPID, holder)
                let late = await postgresError { try await connection.query("SELECT 1", deadline: .milliseconds(50)) }
                #expect(late?.kind == .timeout)
                await withThrowingTaskGroup { group in
                    group.addTask { _ = try await connection.query("SELECT 1") }
                    group.cancelAll()
                    #expect(await postgresError { try await group.waitForAll() }?.kind == .cancelled)
                }
                _ = try await holder.query("SELECT pg_advisory_unlock_all()")
                #expect(try await first.count == 1)
            }
        }
    }

    @Test func `cancelling at random moments never mixes up answers`() async throws {
        try await withTestPool {
            $0.poolSize = 4
        } _: { pool in
            try await withThrowingTaskGroup { group in
                for task in 0..<24 {
                    group.addTask {
                        var random = SeededGenerator(seed: UInt64(task))
                        for round in 0..<25 {
                            let microseconds = Int.random(in: 0...1500, using: &random)
                            let number = task * 1000 + round
                            do {
                                let rows = try await pool.query(
                                    "SELECT \(number) AS n, pg_sleep(\(Double.random(in: 0...0.001, using: &random)))",
                                    deadline: .microseconds(microseconds))
                                #expect(try rows[0].value("n") == number)
                            } catch let error as PostgresError {
                                #expect(error.kind == .timeout, "\(error)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(pool.statistics.inUse == 0)
            #expect(pool.statistics.reconnects == 0, "no connection was given up")
        }
    }

    @Test func `a server that does not react costs the connection, not the caller`() async throws {
        let server = try await TestPostgresServer.start()
        var configuration = PostgresConfiguration(url: server.url())
        configuration.cancelGrace = .milliseconds(300)
        let connection = try await PostgresConnection.connect(configuration, logger: quiet)
        server.freeze(backend: connection.backendPID)
        let error = await postgresError { try await connection.query("SELECT 1", deadline: .milliseconds(100)) }
        #expect(error?.kind == .timeout)
        #expect(error?.isConnectionLost == true)
        #expect(error?.isOutcomeUnknown == true)
        #expect(!connection.isOpen)
        server.thaw(backend: connection.backendPID)
    }
}
