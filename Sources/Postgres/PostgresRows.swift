// SPDX-License-Identifier: Apache-2.0

/// What one statement returned. Values stay in the server's bytes until they are asked for.
package struct PostgresRows: RandomAccessCollection, Sendable {
    /// How many rows the statement returned or changed.
    package let affected: Int
    /// What the server says it did, such as `INSERT 0 3` or `COMMIT`.
    package let commandTag: String
    private let result: ResultHandle?
    private let columns: PostgresColumns

    init(affected: Int, commandTag: String, result: ResultHandle?, columns: PostgresColumns) {
        self.affected = affected
        self.commandTag = commandTag
        self.result = result
        self.columns = columns
        count = result?.rowCount ?? 0
    }

    package let count: Int
    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(position: Int) -> PostgresRow {
        guard let result, position >= 0, position < count else { preconditionFailure("row \(position) of \(count)") }
        return PostgresRow(result: result, columns: columns, row: Int32(position))
    }

    /// The names of the columns, in order.
    package var columnNames: [String] { columns.names }
}

/// One row; it keeps the whole result alive.
package struct PostgresRow: Sendable {
    let result: ResultHandle
    let columns: PostgresColumns
    let row: Int32

    /// The value of `column` as `type`; throws `.decoding`, naming the column, when it is NULL and `type` is not optional,
    /// when it has another type, or when there is no such column.
    package func value<Value: PostgresDecodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let index = columns.index(of: column) else {
            throw PostgresError(.decoding, "the result has no column \"\(column)\"", .init(column: column))
        }
        let typeNumber = columns.types[Int(index)]
        do {
            if result.isNull(row: row, column: index) { return try Value.decodeNull() }
            return try result.withValue(row: row, column: index) { bytes throws(PostgresDecodingFailure) in
                try Value.decode(bytes, type: typeNumber)
            }
        } catch {
            let actual = PostgresType.describe(typeNumber)
            let why =
                switch error {
                case .null: "column \"\(column)\" is NULL and \(Value.self) is not optional"
                case .wrongType: "column \"\(column)\" is \(actual), which cannot be read as \(Value.self)"
                case .malformed: "column \"\(column)\" holds a value of \(actual) that is no valid \(Value.self)"
                }
            throw PostgresError(.decoding, why, .init(column: column))
        }
    }
}

/// Names and types of a result's columns; shared by all results of a prepared statement, whose shape cannot change.
final class PostgresColumns: Sendable {
    let names: [String]
    let types: [UInt32]

    static let none = PostgresColumns(names: [], types: [])

    init(names: [String], types: [UInt32]) {
        self.names = names
        self.types = types
    }

    func index(of name: String) -> Int32? {
        // Results are narrow: comparing a few short strings beats hashing one.
        for index in names.indices where names[index] == name { return Int32(index) }
        return nil
    }
}
