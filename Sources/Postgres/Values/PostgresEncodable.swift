// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// A value that can be a statement's parameter. It declares its type, so that statements need no casts.
package protocol PostgresEncodable: Sendable {
    /// The type the server is told the parameter has, also when the value is NULL.
    static var postgresType: PostgresType { get }
    /// Whether to send NULL; `encode` is then not called.
    var isPostgresNull: Bool { get }
    /// Appends the value in the server's binary format.
    func encode(into buffer: inout PostgresBuffer)
}

/// A type whose arrays can be parameters, as one array for `UNNEST` or `= ANY`.
package protocol PostgresEncodableElement: Sendable {
    /// The type of the array; for `UInt8` that is `bytea`.
    static var postgresArrayType: PostgresType { get }
    static func encodeArray(_ elements: [Self], into buffer: inout PostgresBuffer)
}

extension PostgresEncodable {
    package var isPostgresNull: Bool { false }
}

extension PostgresEncodableElement where Self: PostgresEncodable {
    package static var postgresArrayType: PostgresType { PostgresType(oid: postgresType.arrayOID, arrayOID: 0) }

    package static func encodeArray(_ elements: [Self], into buffer: inout PostgresBuffer) {
        // Header: dimensions, "has NULLs", element type, then length and lower bound of the one dimension.
        buffer.reserve(20 + elements.count * 12)
        buffer.append(Int32(elements.isEmpty ? 0 : 1))
        buffer.append(Int32(elements.contains { $0.isPostgresNull } ? 1 : 0))
        buffer.append(postgresType.oid)
        if elements.isEmpty { return }
        buffer.append(Int32(elements.count))
        buffer.append(Int32(1))
        for element in elements {
            if element.isPostgresNull {
                buffer.append(Int32(-1))
            } else {
                buffer.appendMeasured { element.encode(into: &$0) }
            }
        }
    }
}

extension Array: PostgresEncodable where Element: PostgresEncodableElement {
    package static var postgresType: PostgresType { Element.postgresArrayType }
    package func encode(into buffer: inout PostgresBuffer) { Element.encodeArray(self, into: &buffer) }
}

extension Array: PostgresEncodableElement where Element == UInt8 {}

extension UInt8: PostgresEncodableElement {
    package static var postgresArrayType: PostgresType { .bytea }
    package static func encodeArray(_ elements: [UInt8], into buffer: inout PostgresBuffer) { buffer.append(elements) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }
    package var isPostgresNull: Bool {
        switch self {
        case .some(let value): value.isPostgresNull
        case .none: true
        }
    }
    package func encode(into buffer: inout PostgresBuffer) { self?.encode(into: &buffer) }
}

extension Optional: PostgresEncodableElement where Wrapped: PostgresEncodable & PostgresEncodableElement {}

extension Bool: PostgresEncodable, PostgresEncodableElement {
    package static var postgresType: PostgresType { .bool }
    package func encode(into buffer: inout PostgresBuffer) { buffer.append(byte: self ? 1 : 0) }
}

extension Int16: PostgresEncodable, PostgresEncodableElement {
    package static var postgresType: PostgresType { .int2 }
    package func encode(into buffer: inout PostgresBuffer) { buffer.append(self) }
}

extension Int32: PostgresEncodable, PostgresEncodableElement {
    package static var postgresType: PostgresType { .int4 }
    package func encode(into buffer: inout PostgresBuffer) { buffer.append(self) }
}

extension Int64: PostgresEncodable, PostgresEncodableElement {
    package static var postgresType: PostgresType { .int8 }
    package func encode(into buffer: inout PostgresBuffer) { buffer.append(self) }
}

extension Int: PostgresEncodable, PostgresEncodableElement {
    package static var postgresType: PostgresType { .int8 }
    package func encode(into buffer: inout PostgresBuffer) { buffer.append(Int64(self)) }
}

extension Double: PostgresEncodable, PostgresEncodableElement {
    package static var postgresType: PostgresType { .float8 }
    package func encode(into buffer: inout PostgresBuffer) { buffer.append(bitPattern) }
}

extension String: PostgresEncodable, PostgresEncodableElement {
    package static var postgresType: PostgresType { .text }
    package func encode(into buffer: inout PostgresBuffer) { buffer.append(text: self) }
}

extension UUID: PostgresEncodable, PostgresEncodableElement {
    package static var postgresType: PostgresType { .uuid }
    package func encode(into buffer: inout PostgresBuffer) {
        unsafe withUnsafeBytes(of: uuid) { unsafe buffer.append([UInt8]($0)) }
    }
}

extension Date: PostgresEncodable, PostgresEncodableElement {
    package static var postgresType: PostgresType { .timestamptz }
    /// Rounded to the server's microsecond; what lies outside its range becomes ±infinity.
    package func encode(into buffer: inout PostgresBuffer) { buffer.append(PostgresTime.microseconds(of: self)) }
}

/// The server counts microseconds from 2000-01-01, we count seconds from 2001-01-01.
enum PostgresTime {
    /// 366 days: the year 2000 was a leap year.
    static let epochOffset: Int64 = 366 * 86_400 * 1_000_000

    static func microseconds(of date: Date) -> Int64 {
        let sinceReference = (date.timeIntervalSinceReferenceDate * 1_000_000).rounded()
        // The server's own range ends in the year 294276, far below 9e18 microseconds.
        if sinceReference > 9e18 { return .max }
        if sinceReference.isNaN || sinceReference < -9e18 { return .min }
        return Int64(sinceReference) + epochOffset
    }

    static func date(of microseconds: Int64) -> Date {
        switch microseconds {
        case .max: .distantFuture
        case .min: .distantPast
        default: Date(timeIntervalSinceReferenceDate: Double(microseconds - epochOffset) / 1_000_000)
        }
    }
}
