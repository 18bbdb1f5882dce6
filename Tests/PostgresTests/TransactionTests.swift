// SPDX-License-Identifier: Apache-2.0

import Postgres
import TestKit
import Testing

@Suite(.database, .timeLimit(.minutes(5)))
struct TransactionTests {
    private struct Refusal: Error {}

    private func count(_ connection: PostgresConnection) async throws -> Int {
        let rows = try await connection.query("SELECT count(*) AS n FROM t")
        return try rows[0].value("n")
    }

    @Test func `what returns is committed and what throws is not`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query("CREATE TABLE t (id int)")
            let value = try await connection.transaction { connection in
                _ = try await connection.query("INSERT INTO t VALUES (1)")
                return "done"
            }
            #expect(value == "done")
            await #expect(throws: Refusal.self) {
                try await connection.transaction { connection in
                    _ = try await connection.query("INSERT INTO t VALUES (2)")
                    throw Refusal()
                }
            }
            #expect(try await count(connection) == 1)
            #expect(connection.isOpen)
        }
    }

    @Test func `a transaction in two round trips commits what it made of the first statement`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query("CREATE TABLE t (id int PRIMARY KEY)")
            let value = try await connection.transaction(opening: "SELECT 7 AS n") { rows in
                let found: Int32 = try rows[0].value("n")
                return (["INSERT INTO t VALUES (\(found))", "INSERT INTO t VALUES (\(found + 1))"], found)
            }
            #expect(value == 7)
            #expect(try await count(connection) == 2)
            await #expect(throws: Refusal.self) {
                try await connection.transaction(opening: "INSERT INTO t VALUES (9)") { _ -> ([SQL], Void) in
                    throw Refusal()
                }
            }
            // Refused at the beginning, and among what is sent with COMMIT: nothing of it stays, the connection does.
            let first = await postgresError {
                try await connection.transaction(opening: "INSERT INTO t VALUES (7)") { _ in
                    Issue.record("there is nothing to go on with")
                    return ([], ())
                }
            }
            #expect(first?.sqlState == .uniqueViolation)
            let last = await postgresError {
                try await connection.transaction(opening: "INSERT INTO t VALUES (9)") { _ in
                    (["INSERT INTO t VALUES (10)", "INSERT INTO t VALUES (8)"], ())
                }
            }
            #expect(last?.sqlState == .uniqueViolation)
            #expect(last?.isOutcomeUnknown == false)
            #expect(try await count(connection) == 2)
            #expect(connection.isOpen)
        }
    }

    @Test func `options reach the server and nesting is refused`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query("CREATE TABLE t (id int)")
            let error = await postgresError {
                try await connection.transaction(options: "ISOLATION LEVEL SERIALIZABLE, READ ONLY") { connection in
                    let rows = try await connection.query("SELECT current_setting('transaction_isolation') AS level")
                    #expect(try rows[0].value("level") == "serializable")
                    _ = try await connection.query("INSERT INTO t VALUES (1)")
                }
            }
            #expect(error?.sqlState == .readOnlyTransaction)
            let nested = await postgresError {
                try await connection.transaction { try await $0.transaction { _ in } }
            }
            #expect(nested?.kind == .misuse)
            #expect(try await count(connection) == 0)
        }
    }

    @Test func `a failure that the body swallowed is not reported as a commit`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query("CREATE TABLE t (id int)")
            let error = await postgresError {
                try await connection.transaction { connection in
                    _ = try await connection.query("INSERT INTO t VALUES (1)")
                    _ = try? await connection.query("SELECT 1 / 0")
                }
            }
            #expect(error?.sqlState == .inFailedTransaction)
            #expect(try await count(connection) == 0)
        }
    }

    @Test func `a constraint checked at COMMIT fails the transaction, whose outcome is known`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query(
                "CREATE TABLE t (id int CONSTRAINT t_id UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = await postgresError {
                try await connection.transaction { _ = try await $0.query("INSERT INTO t VALUES (1), (1)") }
            }
            #expect(error?.constraint == "t_id")
            #expect(error?.isOutcomeUnknown == false)
            #expect(try await count(connection) == 0)
        }
    }

    @Test func `deadlock and serialization failure are retryable`() async throws {
        try await withTestConnection { left in
            _ = try await left.query("CREATE TABLE t (id int PRIMARY KEY)")
            _ = try await left.query("INSERT INTO t VALUES (1), (2)")
            try await withTestConnection { right in
                _ = try await left.pipeline(["BEGIN", "UPDATE t SET id = id WHERE id = 1"])
                _ = try await right.pipeline(["BEGIN", "UPDATE t SET id = id WHERE id = 2"])
                async let first = try? left.query("UPDATE t SET id = id WHERE id = 2")
                async let second = postgresErrorOrNil { try await right.query("UPDATE t SET id = id WHERE id = 1") }
                let (isServed, error) = await (first != nil, second)
                // The server chooses the victim.
                #expect(isServed == (error != nil))
                if let error {
                    #expect(error.sqlState == .deadlockDetected)
                    #expect(error.isRetryable)
                }
            }
        }
    }

    /// A trigger that runs at COMMIT and waits for a lock, so that the COMMIT can be caught under way.
    private func holdCommits(_ connection: PostgresConnection) async throws {
        try await connection.script(
            """
            CREATE TABLE t (id int);
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION hold();
            """)
    }

    enum Way: CaseIterable { case pipeline, twoRoundTrips, oneByOne }

    @Test(arguments: Way.allCases)
    func `a COMMIT whose answer is lost says that its outcome is unknown`(way: Way) async throws {
        try await withTestConnection { observer in
            try await holdCommits(observer)
            _ = try await observer.query("SELECT pg_advisory_lock(7)")
            try await withTestConnection { victim in
                async let lost = postgresErrorOrNil {
                    switch way {
                    case .pipeline: _ = try await victim.pipeline(["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"])
                    case .twoRoundTrips:
                        try await victim.transaction(opening: "SELECT 1") { _ in (["INSERT INTO t VALUES (1)"], ()) }
                    case .oneByOne:
                        try await victim.transaction { _ = try await $0.query("INSERT INTO t VALUES (1)") }
                    }
                }
                try await awaitBlocked(victim.backendPID, observer)
                _ = try await observer.query("SELECT pg_terminate_backend(\(victim.backendPID))")
                let error = try #require(await lost)
                #expect(error.isConnectionLost)
                #expect(error.isOutcomeUnknown)
                #expect(error.kind == .connection)
                #expect(error.sqlState == .adminShutdown)
                #expect(!victim.isOpen)
                #expect("\(error)".contains("outcome unknown"))
            }
        }
    }

    @Test func `a connection lost within a transaction leaves no doubt`() async throws {
        try await withTestConnection { observer in
            _ = try await observer.query("CREATE TABLE t (id int)")
            _ = try await observer.query("SELECT pg_advisory_lock(8)")
            try await withTestConnection { victim in
                async let lost = postgresErrorOrNil {
                    try await victim.transaction { connection in
                        _ = try await connection.pipeline(["INSERT INTO t VALUES (1)", "SELECT pg_advisory_lock(8)"])
                    }
                }
                try await awaitBlocked(victim.backendPID, observer)
                _ = try await observer.query("SELECT pg_terminate_backend(\(victim.backendPID))")
                let error = try #require(await lost)
                #expect(error.isConnectionLost)
                #expect(!error.isOutcomeUnknown)
                #expect(try await count(observer) == 0)
            }
        }
    }
}

/// The `PostgresError` that `body` throws, if any.
func postgresErrorOrNil<Value>(from body: () async throws -> Value) async -> PostgresError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}
