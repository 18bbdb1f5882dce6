// SPDX-License-Identifier: Apache-2.0

import Foundation
import Postgres
import TestKit
import Testing

@Suite(.database, .timeLimit(.minutes(5)))
struct ConnectionTests {
    @Test func `settings of the session are as configured`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query("CREATE SCHEMA rooms")
        }
        try await withTestConnection {
            $0.applicationName = "a name with \\ spaces"
            $0.searchPath = "rooms, public"
            $0.statementTimeout = .seconds(3)
            $0.idleInTransactionTimeout = .milliseconds(4500)
            $0.role = "pg_monitor"
        } _: { connection in
            let rows = try await connection.query(
                """
                SELECT current_setting('application_name') AS name, current_setting('search_path') AS path,
                    current_setting('statement_timeout') AS statement, current_user::text AS role,
                    current_setting('idle_in_transaction_session_timeout') AS idle, pg_backend_pid() AS pid
                """)
            let row = try #require(rows.first)
            #expect(try row.value("name") == "a name with \\ spaces")
            #expect(try row.value("path") == "rooms, public")
            #expect(try row.value("statement") == "3s")
            #expect(try row.value("idle") == "4500ms")
            #expect(try row.value("role") == "pg_monitor")
            #expect(try row.value("pid") == connection.backendPID)
        }
    }

    @Test func `a URL that makes no sense is refused without being quoted`() {
        for url in ["postgres://u:hunter2@h/db?nonsense=1", "mysql://u:hunter2@h/db", "postgres://u:hunter2@h:%zz/"] {
            let configuration = PostgresConfiguration(url: url)
            let error = #expect(throws: PostgresError.self) { try configuration.validate() }
            #expect(error?.kind == .configuration)
            #expect("\(error as Any) \(configuration)".contains("hunter2") == false)
            #expect(String(reflecting: configuration).contains("hunter2") == false)
        }
    }

    @Test func `what was started is sent in order, also behind a transaction that fails`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query("CREATE TABLE t (id int PRIMARY KEY)")
            let (ends, end) = AsyncStream.makeStream(of: Int.self)
            let pipelines: [[SQL]] = [
                ["BEGIN", "SELECT pg_sleep(0.05)", "INSERT INTO t VALUES (1)", "COMMIT"],
                ["BEGIN", "INSERT INTO t VALUES (2)", "SELECT 1 / 0", "COMMIT"],
                ["BEGIN", "INSERT INTO t VALUES (3)", "SELECT count(*) AS n FROM t", "COMMIT"],
            ]
            let started = pipelines.enumerated().map { index, statements in
                connection.start(statements) { end.yield(index) }
            }
            #expect(!started[2].isDone)
            let rows = try await started[2].results()
            #expect(try rows[2].first?.value("n", as: Int.self) == 2)
            // They have ended before, and can still be asked.
            #expect(started[0].isDone && started[1].isDone)
            #expect(await ends.prefix(3).reduce(into: []) { $0.append($1) } == [0, 1, 2])
            #expect(try await started[0].results().count == 4)
            let error = await #expect(throws: PostgresError.self) { _ = try await started[1].results() }
            #expect(error?.sqlState == .divisionByZero && error?.statementIndex == 2)
        }
    }

    @Test func `what was started and is cancelled before its turn is not sent`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query("CREATE TABLE t (id int PRIMARY KEY)")
            let slow = connection.start(["SELECT pg_sleep(0.2)"]) {}
            let waiting = connection.start(["INSERT INTO t VALUES (1)"]) {}
            let task = Task { try await waiting.results() }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { _ = try await task.value }
            #expect(error?.kind == .cancelled)
            _ = try await slow.results()
            #expect(try await connection.query("SELECT FROM t").isEmpty)
        }
    }

    @Test func `what was started on a connection that is closed fails`() async throws {
        try await withTestConnection { connection in
            let slow = connection.start(["SELECT pg_sleep(60)"]) {}
            let waiting = connection.start(["SELECT 1"]) {}
            connection.close()
            let late = connection.start(["SELECT 1"]) {}
            for pipeline in [slow, waiting, late] {
                #expect(pipeline.isDone)
                await #expect(throws: PostgresError.self) { _ = try await pipeline.results() }
            }
        }
    }

    @Test func `a pipeline answers in order, rows and all`() async throws {
        try await withTestConnection { connection in
            let results = try await connection.pipeline([
                "BEGIN", "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t SELECT generate_series(1, 5)",
                "SELECT id FROM t ORDER BY id", "DELETE FROM t WHERE id > 3 RETURNING id", "COMMIT",
            ])
            #expect(
                results.map(\.commandTag) == ["BEGIN", "CREATE TABLE", "INSERT 0 5", "SELECT 5", "DELETE 2", "COMMIT"])
            #expect(try results[3].map { try $0.value("id", as: Int.self) } == [1, 2, 3, 4, 5])
            #expect(results[2].affected == 5)
            #expect(try await connection.pipeline([]).isEmpty)
        }
    }

    @Test func `the first failure of a pipeline is thrown with its index and undoes all of it`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query("CREATE TABLE t (id int CONSTRAINT t_is_small CHECK (id < 10))")
            for pipeline: [SQL] in [
                ["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (11)", "INSERT INTO t VALUES (2)"],
                ["BEGIN", "INSERT INTO t VALUES (11)", "COMMIT"],
            ] {
                let error = await postgresError { try await connection.pipeline(pipeline) }
                #expect(error?.kind == .server(.checkViolation))
                #expect(error?.constraint == "t_is_small")
                #expect(error?.table == "t")
                #expect(error?.statementIndex == 1)
                #expect(error?.isOutcomeUnknown == false)
                // The transaction that the pipeline opened is gone: the next statement is not refused.
                #expect(try await connection.query("SELECT 1 FROM t").isEmpty)
            }
        }
    }

    @Test func `errors carry the server's facts and never the data`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query(
                "CREATE TABLE people (email text CONSTRAINT people_email UNIQUE, age int NOT NULL)")
            let secret = "ada@example.org"
            let insert: SQL = "INSERT INTO people VALUES (\(secret), \(1))"
            _ = try await connection.query(insert)
            let duplicate = try #require(await postgresError { try await connection.query(insert) })
            #expect(duplicate.sqlState == .uniqueViolation)
            #expect(duplicate.sqlState?.errorClass == "23")
            #expect(duplicate.constraint == "people_email")
            #expect(duplicate.detail?.contains(secret) == true)
            #expect("\(duplicate) \(duplicate.message)".contains(secret) == false)

            let missing = try #require(
                await postgresError { try await connection.query("INSERT INTO people VALUES ('x')") })
            #expect(missing.sqlState == .notNullViolation)
            #expect(missing.column == "age")

            let malformed = try #require(await postgresError { try await connection.query("SELECT \(secret)::int") })
            #expect(malformed.sqlState == .invalidTextRepresentation)
            #expect("\(malformed)".contains(secret) == false)
            #expect(malformed.serverMessage?.contains(secret) == true)

            let syntax = try #require(await postgresError { try await connection.query("SELEC 1") })
            #expect(syntax.sqlState == .syntaxError)
            #expect(syntax.message.contains("SELEC"))
            #expect(!syntax.isRetryable && !syntax.isConnectionLost)
        }
    }

    @Test func `statements survive DISCARD ALL and a table that changes its shape`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query("CREATE TABLE t (a int)")
            _ = try await connection.query("INSERT INTO t VALUES (1)")
            let select: SQL = "SELECT * FROM t"
            #expect(try await connection.query(select).columnNames == ["a"])

            _ = try await connection.query("DISCARD ALL")
            #expect(connection.cachedStatementCount == 0)
            #expect(try await connection.query(select).count == 1)

            // Behind the driver's back: the server forgets, the cache does not know.
            try await connection.script("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
            #expect(try await connection.query(select).count == 1)
            #expect(try await connection.pipeline([select, "SELECT 2 AS b", select]).map(\.count) == [1, 1, 1])

            _ = try await connection.query("ALTER TABLE t ADD COLUMN b int DEFAULT 7")
            let rows = try await connection.query(select)
            #expect(try #require(rows.first).value("b") == 7)

            try await connection.script("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
            let inside = await postgresError {
                try await connection.transaction { _ = try await $0.query(select) }
            }
            #expect(inside?.isRetryable == true, "within a transaction only its owner can start again")
            #expect(try await connection.transaction { try await $0.query(select) }.count == 1)
        }
    }

    @Test func `the statement cache is bounded and the server forgets with it`() async throws {
        try await withTestConnection {
            $0.statementCacheSize = 20
        } _: { connection in
            for number in 0..<200 {
                let sql: SQL = "SELECT \(unsafeRaw: "\(number)") AS n"
                let rows = try await connection.query(sql)
                #expect(try rows[0].value("n") == number)
                #expect(connection.cachedStatementCount <= 21)
            }
            let held = try await connection.query("SELECT count(*) AS n FROM pg_prepared_statements")
            #expect(try #require(held.first).value("n", as: Int.self) <= 22)
            #expect(try await connection.pipeline((0..<100).map { "SELECT \(unsafeRaw: "\($0)") AS p" }).count == 100)
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func `a statement that is used again and again is planned anew, ever more rarely`() async throws {
        try await withTestConnection { connection in
            let text = "SELECT 7 AS seven"
            let sql: SQL = "\(unsafeRaw: text)"
            var names: [String] = []
            for use in 1...600 {
                _ = try await connection.query(sql)
                guard [1, 8, 9, 16, 17, 32, 513, 600].contains(use) else { continue }
                let held: SQL = """
                    SELECT name FROM pg_prepared_statements WHERE statement = \(text) ORDER BY prepare_time DESC LIMIT 1
                    """
                names.append(try #require(try await connection.query(held).first).value("name"))
            }
            for index in stride(from: 0, to: names.count, by: 2) { #expect(names[index] == names[index + 1]) }
            #expect(Set(names).count == 4)
            // All uses of a pipeline, and those around it.
            let rows = try await connection.pipeline([SQL](repeating: "SELECT 8 AS eight", count: 100))
            #expect(try rows.allSatisfy { try $0[0].value("eight") == 8 })
            #expect(try await connection.query("SELECT 8 AS eight").count == 1)
        }
    }

    @Test func `the same text with other types is another statement`() async throws {
        try await withTestConnection { connection in
            let number = try await connection.query("SELECT pg_typeof(\(Int32(1)))::text AS t")
            let text = try await connection.query("SELECT pg_typeof(\("1"))::text AS t")
            #expect(try number[0].value("t") == "integer")
            #expect(try text[0].value("t") == "text")
        }
    }

    @Test func `large parameters and large results pass at the same time`() async throws {
        try await withTestConnection { connection in
            let big = String(repeating: "0123456789", count: 400_000)
            let results = try await connection.pipeline((0..<6).map { "SELECT \(big) AS big, \($0) AS n" })
            for (index, rows) in results.enumerated() {
                #expect(try rows[0].value("n") == index)
                #expect(try rows[0].value("big", as: String.self).utf8.count == 4_000_000)
            }
        }
    }

    @Test func `many tasks share one connection, each with its own answer`() async throws {
        try await withTestConnection { connection in
            try await withThrowingTaskGroup { group in
                for number in 0..<300 {
                    group.addTask {
                        let rows = try await connection.query("SELECT \(number) AS n")
                        return try rows[0].value("n", as: Int.self) == number
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test func `a full queue of a connection refuses at once`() async throws {
        try await withTestConnection {
            $0.queueLimit = 2
        } _: { connection in
            try await withTestConnection { holder in
                _ = try await holder.query("SELECT pg_advisory_lock(1)")
                await withTaskGroup { group in
                    for _ in 0..<8 {
                        group.addTask {
                            do {
                                _ = try await connection.query("SELECT pg_advisory_lock_shared(1)")
                                return true
                            } catch {
                                #expect((error as? PostgresError)?.kind == .poolExhausted)
                                return false
                            }
                        }
                    }
                    var refused = 0
                    for await isServed in group {
                        if !isServed { refused += 1 }
                        if refused == 5 { _ = try? await holder.query("SELECT pg_advisory_unlock_all()") }
                    }
                    #expect(refused == 5)
                }
            }
        }
    }

    @Test func `COPY where it does not belong is refused`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query("CREATE TABLE t (a int)")
            let scripted = await postgresError { try await connection.script("COPY t FROM STDIN") }
            #expect(scripted?.kind == .misuse)
            #expect(try await connection.query("SELECT 1").count == 1)
            let queried = await postgresError { try await connection.query("COPY t TO STDOUT") }
            #expect(queried?.kind == .misuse)
            #expect(!connection.isOpen)
        }
    }

    @Test func `a closed connection says so`() async throws {
        try await withTestConnection { connection in
            connection.close()
            #expect(!connection.isOpen)
            #expect(await postgresError { try await connection.query("SELECT 1") }?.kind == .poolClosed)
        }
    }

    @Test func `connecting to nowhere is a typed error`() async throws {
        for (url, state) in [
            ("postgres://nobody@127.0.0.1:1/none", SQLState?.none),
            (TestDatabase.replaceDatabase(in: try TestDatabase.url, by: "no_such_database"), .invalidCatalogName),
        ] {
            let error = await postgresError {
                try await PostgresConnection.connect(PostgresConfiguration(url: url), logger: quiet)
            }
            #expect(error?.kind == .connection)
            #expect(error?.isConnectionLost == true)
            #expect(error?.sqlState == state)
        }
    }
}
