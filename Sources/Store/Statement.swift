// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// A statement together with the reading of its rows.
package struct Statement<Output> {
    package let sql: SQL
    package let decode: (PostgresRows) throws -> Output

    package init(_ sql: SQL, _ decode: @escaping (PostgresRows) throws -> Output) {
        self.sql = sql
        self.decode = decode
    }
}

extension Statement where Output == Void {
    /// A statement whose rows do not matter.
    package init(_ sql: SQL) { self.init(sql) { _ in } }
}

/// Statements that go to the server in one round trip, with typed access to what each returned.
package struct StatementBatch {
    /// Stands for one statement's rows until the batch has run.
    package struct Ticket<Output> {
        fileprivate let index: Int
        fileprivate let decode: (PostgresRows) throws -> Output
    }

    /// What the statements of one batch returned.
    package struct Results {
        fileprivate let rows: [PostgresRows]

        package func callAsFunction<Output>(_ ticket: Ticket<Output>) throws -> Output {
            try ticket.decode(rows[ticket.index])
        }
    }

    package private(set) var statements: [SQL] = []

    package init() {}

    package var isEmpty: Bool { statements.isEmpty }

    @discardableResult
    package mutating func add<Output>(_ statement: Statement<Output>) -> Ticket<Output> {
        statements.append(statement.sql)
        return Ticket(index: statements.count - 1, decode: statement.decode)
    }

    package mutating func add(_ sql: SQL) { statements.append(sql) }

    /// Takes apart what the statements returned when they were run by others.
    package func results(_ rows: [PostgresRows]) -> Results { Results(rows: rows) }

    /// Runs all in order; the first error ends the batch and is thrown.
    package func run(on connection: PostgresConnection) async throws -> Results {
        results(try await connection.pipeline(statements))
    }
}
