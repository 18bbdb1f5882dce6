// SPDX-License-Identifier: Apache-2.0

import Postgres
import TestKit
import Testing

@Suite(.database, .timeLimit(.minutes(5)))
struct CopyTests {
    private struct Broken: Error {}

    private func table(_ connection: PostgresConnection) async throws {
        _ = try await connection.query("CREATE TABLE t (id int, name text)")
    }

    private func count(_ connection: PostgresConnection) async throws -> Int {
        try await connection.query("SELECT count(*) AS n FROM t")[0].value("n")
    }

    @Test func `rows arrive whole wherever the chunks are cut`() async throws {
        try await withTestConnection { connection in
            try await table(connection)
            let bytes = Array((0..<20_000).map { "\($0)\tname of \($0)\n" }.joined().utf8)
            let chunks = stride(from: 0, to: bytes.count, by: 777).map { Array(bytes[$0..<min($0 + 777, bytes.count)]) }
            #expect(try await connection.copyIn("COPY t (id, name) FROM STDIN", chunks: chunks) == 20_000)
            let sum = try await connection.query("SELECT sum(id)::int8 AS sum, count(DISTINCT name) AS names FROM t")
            #expect(try sum[0].value("sum") == 20_000 * 19_999 / 2)
            #expect(try sum[0].value("names") == 20_000)
            #expect(try await connection.copyIn("COPY t FROM STDIN", chunks: [[UInt8]]()) == 0)
        }
    }

    /// A row of 64 KiB, and a table whose rows wait for advisory lock 9: the server then stops reading.
    private func holdRows(_ connection: PostgresConnection) async throws -> [UInt8] {
        try await connection.script(
            """
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_xact_lock_shared(9); RETURN NEW; END $$;
            CREATE TRIGGER hold BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION hold();
            """)
        _ = try await connection.query("SELECT pg_advisory_lock(9)")
        return Array("1\t".utf8) + [UInt8](repeating: 120, count: 65_533) + [10]
    }

    @Test func `chunks are taken as the server takes them, not before`() async throws {
        try await withTestConnection { observer in
            try await table(observer)
            let row = try await holdRows(observer)
            try await withTestConnection { connection in
                let source = CountingChunks(chunk: row, count: 600)
                async let copied = connection.copyIn("COPY t FROM STDIN", chunks: source)
                try await awaitBlocked(connection.backendPID, observer)
                // What fits into the buffers of the sockets is some megabytes; all would be 39.
                #expect(source.taken < 300)
                _ = try await observer.query("SELECT pg_advisory_unlock_all()")
                let rows = try await copied
                #expect(rows == 600)
                #expect(source.taken == 600)
            }
        }
    }

    @Test func `a failing source undoes all and the connection goes on`() async throws {
        try await withTestConnection { connection in
            try await table(connection)
            let broken = AsyncThrowingStream<[UInt8], any Error> { continuation in
                continuation.yield(Array("1\tone\n".utf8))
                continuation.finish(throwing: Broken())
            }
            await #expect(throws: Broken.self) { try await connection.copyIn("COPY t FROM STDIN", chunks: broken) }
            #expect(try await count(connection) == 0)
        }
    }

    @Test func `bad data is the server's error and the connection goes on`() async throws {
        try await withTestConnection { connection in
            try await table(connection)
            let bad = [Array("1\tone\nnumber\ttwo\n".utf8)]
            let error = await postgresError { try await connection.copyIn("COPY t FROM STDIN", chunks: bad) }
            #expect(error?.sqlState == .invalidTextRepresentation)
            #expect(try await count(connection) == 0)
            let none = await postgresError { try await connection.copyIn("COPY missing FROM STDIN", chunks: bad) }
            #expect(none?.sqlState == .undefinedTable)
            #expect(await postgresError { try await connection.copyIn("SELECT 1", chunks: bad) }?.kind == .misuse)
            #expect(try await count(connection) == 0)
        }
    }

    @Test func `others wait for the end of a COPY, which is part of the transaction around it`() async throws {
        try await withTestConnection { connection in
            try await table(connection)
            let rolledBack = await postgresError {
                try await connection.transaction { connection in
                    _ = try await connection.copyIn("COPY t FROM STDIN", chunks: [Array("1\ta\n2\tb\n".utf8)])
                    #expect(try await count(connection) == 2)
                    _ = try await connection.query("SELECT 1 / 0")
                }
            }
            #expect(rolledBack?.sqlState == .divisionByZero)
            #expect(try await count(connection) == 0)
            try await withThrowingTaskGroup { group in
                for number in 0..<20 {
                    group.addTask {
                        let line = Array("\(number)\tx\n".utf8)
                        _ = try await connection.copyIn("COPY t FROM STDIN", chunks: [line, line])
                    }
                    group.addTask { _ = try await connection.query("SELECT \(number)") }
                }
                try await group.waitForAll()
            }
            #expect(try await count(connection) == 40)
        }
    }

    @Test func `a cancelled COPY and one past its deadline leave nothing`() async throws {
        try await withTestConnection { connection in
            try await table(connection)
            let (endless, continuation) = AsyncStream<[UInt8]>.makeStream()
            continuation.yield(Array("1\tone\n".utf8))
            await withThrowingTaskGroup { group in
                group.addTask { _ = try await connection.copyIn("COPY t FROM STDIN", chunks: endless) }
                group.cancelAll()
                #expect(await postgresError { try await group.waitForAll() }?.kind == .cancelled)
            }
            #expect(try await count(connection) == 0)

            try await withTestConnection { holder in
                let row = try await holdRows(holder)
                let error = await postgresError {
                    try await connection.copyIn(
                        "COPY t FROM STDIN", chunks: repeatElement(row, count: 500), deadline: .milliseconds(200))
                }
                #expect(error?.kind == .timeout)
            }
            #expect(connection.isOpen)
            #expect(try await count(connection) == 0)
        }
    }
}
