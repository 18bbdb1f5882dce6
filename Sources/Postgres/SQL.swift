// SPDX-License-Identifier: Apache-2.0

/// A statement with its parameters. There is no way to make one out of a `String`: every interpolation is a bind.
///
/// ```swift
/// let sql: SQL = "SELECT name FROM rooms WHERE room_id = \(room) AND version < \(limit)"   // … = $1 AND version < $2
/// ```
package struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The statement as the server sees it, with `$1`, `$2`, … in place of the values.
    package private(set) var text: String
    /// Type numbers of the parameters.
    private(set) var types: [UInt32] = []
    /// Where each parameter ends in `buffer`; negative for NULL.
    private(set) var ends: [Int32] = []
    private(set) var buffer = PostgresBuffer()
    /// Offsets of the placeholders in `text`, needed to renumber them when statements are joined.
    private var placeholders: [Int] = []

    package init(stringLiteral value: String) { text = value }
    package init(stringInterpolation: StringInterpolation) { self = stringInterpolation.sql }
    fileprivate init(capacity: Int) {
        text = ""
        text.reserveCapacity(capacity)
    }

    /// How many parameters there are.
    package var parameterCount: Int { types.count }

    package static func + (left: SQL, right: SQL) -> SQL {
        var joined = left
        joined.append(right)
        return joined
    }

    package static func += (left: inout SQL, right: SQL) { left.append(right) }

    /// Appends `other`, whose parameters follow ours.
    package mutating func append(_ other: SQL) {
        var copied = other.text.utf8.startIndex
        var offset = 0
        for (index, placeholder) in other.placeholders.enumerated() {
            let start = other.text.utf8.index(copied, offsetBy: placeholder - offset)
            text += other.text[copied..<start]
            placeholders.append(text.utf8.count)
            text += "$\(types.count + index + 1)"
            offset = placeholder + "$\(index + 1)".utf8.count
            copied = other.text.utf8.index(start, offsetBy: offset - placeholder)
        }
        text += other.text[copied...]
        let shift = Int32(buffer.bytes.count)
        types += other.types
        ends += other.ends.map { $0 < 0 ? $0 : $0 + shift }
        buffer.append(other.buffer.bytes)
    }

    fileprivate mutating func append(literal: String) { text += literal }

    fileprivate mutating func bind<Value: PostgresEncodable>(_ value: Value) {
        placeholders.append(text.utf8.count)
        types.append(Value.postgresType.oid)
        text += "$"
        text += String(types.count)
        if value.isPostgresNull {
            ends.append(-1)
        } else {
            value.encode(into: &buffer)
            ends.append(Int32(buffer.bytes.count))
        }
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var sql: SQL

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql = SQL(capacity: literalCapacity + interpolationCount * 3)
        }

        package mutating func appendLiteral(_ literal: String) { sql.append(literal: literal) }

        /// A parameter.
        package mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value) { sql.bind(value) }

        /// A parameter that may be NULL.
        package mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) { sql.bind(value) }

        /// A piece of another statement, whose parameters are renumbered.
        package mutating func appendInterpolation(_ fragment: SQL) { sql.append(fragment) }

        /// A name, quoted so that it can be nothing but a name.
        package mutating func appendInterpolation(identifier name: String) {
            sql.append(literal: SQL.quote(identifier: name))
        }

        /// Text put into the statement as it is. Only for what the program itself wrote.
        package mutating func appendInterpolation(unsafeRaw text: String) { sql.append(literal: text) }
    }

    /// `name` as a quoted identifier.
    static func quote(identifier name: String) -> String {
        var quoted = "\""
        for character in name where character != "\0" { quoted += character == "\"" ? "\"\"" : String(character) }
        return quoted + "\""
    }

    /// The first word, in capitals: enough to tell `BEGIN` and `COMMIT` from the rest.
    var verb: String {
        String(text.drop { $0.isWhitespace }.prefix { $0.isLetter }).uppercased()
    }
}
