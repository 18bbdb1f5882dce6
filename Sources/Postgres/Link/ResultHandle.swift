// SPDX-License-Identifier: Apache-2.0

import CLibPQ

/// Owns one result of libpq, which is never changed after it was made and so may be read from any thread.
@safe final class ResultHandle: @unchecked Sendable {
    private let pointer: OpaquePointer
    let rowCount: Int

    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = pointer
        rowCount = Int(unsafe PQntuples(pointer))
    }

    deinit { unsafe PQclear(pointer) }

    var status: ExecStatusType { unsafe PQresultStatus(pointer) }

    func isNull(row: Int32, column: Int32) -> Bool { unsafe PQgetisnull(pointer, row, column) != 0 }

    func withValue<Value>(
        row: Int32, column: Int32, _ body: (Span<UInt8>) throws(PostgresDecodingFailure) -> Value
    ) throws(PostgresDecodingFailure) -> Value {
        let length = Int(unsafe PQgetlength(pointer, row, column))
        guard length > 0, let start = unsafe PQgetvalue(pointer, row, column) else { return try body(Span()) }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
        let span = unsafe Span<UInt8>(_unsafeBytes: bytes)
        return try body(span)
    }

    func columns() -> PostgresColumns {
        let count = unsafe PQnfields(pointer)
        if count == 0 { return .none }
        var names: [String] = []
        var types: [UInt32] = []
        for column in 0..<count {
            names.append(unsafe PQfname(pointer, column).map { unsafe String(cString: $0) } ?? "")
            types.append(unsafe PQftype(pointer, column))
        }
        return PostgresColumns(names: names, types: types)
    }

    var commandTag: String { unsafe PQcmdStatus(pointer).map { unsafe String(cString: $0) } ?? "" }

    /// The number at the tag's end: rows returned, or rows changed.
    var affected: Int {
        guard let digits = unsafe PQcmdTuples(pointer) else { return 0 }
        var number = 0
        var index = 0
        while true {
            let digit = unsafe digits[index]
            guard digit >= 48, digit <= 57 else { return number }
            number = number * 10 + Int(digit - 48)
            index += 1
        }
    }

    private func field(_ code: Character) -> String? {
        guard let ascii = code.asciiValue, let text = unsafe PQresultErrorField(pointer, Int32(ascii)) else {
            return nil
        }
        return unsafe String(cString: text)
    }

    /// The error this result reports, as libpq's one-letter fields tell it.
    func error() -> PostgresError {
        guard let code = field("C") else {
            // No SQLSTATE: libpq itself gave up on the connection.
            return .connectionLost("the connection to the server was lost")
        }
        let state = SQLState(rawValue: code)
        var facts = PostgresError.Facts(sqlState: state)
        facts.constraint = field("n")
        facts.schema = field("s")
        facts.table = field("t")
        facts.column = field("c")
        facts.serverMessage = field("M")
        facts.detail = field("D")
        facts.hint = field("H")
        facts.isStaleStatement =
            state == .invalidStatementName || (state == .featureNotSupported && field("R") == "RevalidateCachedQuery")
        let sentence = PostgresError.sentence(state: state, facts: facts)
        // "V" is the severity untranslated; after FATAL or PANIC the server closes the connection.
        if let severity = field("V"), severity == "FATAL" || severity == "PANIC" {
            facts.isConnectionLost = true
            return PostgresError(.connection, sentence, facts)
        }
        return PostgresError(.server(state), sentence, facts)
    }
}
