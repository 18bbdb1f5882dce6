// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// Why one value could not be read as the type that was asked for.
package enum PostgresDecodingFailure: Error, Sendable, Hashable {
    case null
    case wrongType
    case malformed
}

/// A type that can be read from a column.
package protocol PostgresDecodable {
    /// Reads the server's binary form of a value of type number `type`.
    static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Self
    /// What NULL reads as; throws unless the type has such a value.
    static func decodeNull() throws(PostgresDecodingFailure) -> Self
}

/// A type whose arrays can be read from a column; for `UInt8` the column is `bytea`.
package protocol PostgresDecodableElement {
    static func decodeArray(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> [Self]
}

extension PostgresDecodable {
    package static func decodeNull() throws(PostgresDecodingFailure) -> Self { throw .null }
}

extension PostgresDecodableElement where Self: PostgresDecodable {
    package static func decodeArray(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> [Self] {
        guard bytes.count >= 12 else { throw .wrongType }
        let dimensions = bytes.int32(at: 0)
        let elementType = UInt32(bitPattern: bytes.int32(at: 8))
        if dimensions == 0 { return [] }
        guard dimensions == 1, bytes.count >= 20 else { throw .wrongType }
        let count = Int(bytes.int32(at: 12))
        var elements: [Self] = []
        // Every element takes four bytes at least, so a lying header cannot make us reserve more than we were sent.
        guard count >= 0, count <= (bytes.count - 20) / 4 else { throw .malformed }
        elements.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            guard offset + 4 <= bytes.count else { throw .malformed }
            let length = Int(bytes.int32(at: offset))
            offset += 4
            if length < 0 {
                elements.append(try Self.decodeNull())
            } else {
                guard offset + length <= bytes.count else { throw .malformed }
                elements.append(try Self.decode(bytes.extracting(offset..<offset + length), type: elementType))
                offset += length
            }
        }
        return elements
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodableElement {
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> [Element] {
        try Element.decodeArray(bytes, type: type)
    }
}

extension Array: PostgresDecodableElement where Element == UInt8 {}

extension UInt8: PostgresDecodableElement {
    package static func decodeArray(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> [UInt8] {
        switch type {
        case PostgresType.jsonb.oid:
            // Binary jsonb is its text after one version byte.
            bytes.isEmpty ? [] : bytes.extracting(1..<bytes.count).array()
        case PostgresType.bytea.oid, PostgresType.json.oid, PostgresType.text.oid, PostgresType.varchar.oid:
            bytes.array()
        default: throw .wrongType
        }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Wrapped? {
        try Wrapped.decode(bytes, type: type)
    }
    package static func decodeNull() throws(PostgresDecodingFailure) -> Wrapped? { nil }
}

extension Optional: PostgresDecodableElement where Wrapped: PostgresDecodable & PostgresDecodableElement {}

extension Bool: PostgresDecodable, PostgresDecodableElement {
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Bool {
        guard type == PostgresType.bool.oid else { throw .wrongType }
        guard bytes.count == 1 else { throw .malformed }
        return bytes[0] != 0
    }
}

extension Int16: PostgresDecodable, PostgresDecodableElement {
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Int16 {
        guard type == PostgresType.int2.oid else { throw .wrongType }
        return Int16(try bytes.integer(of: type))
    }
}

extension Int32: PostgresDecodable, PostgresDecodableElement {
    /// Reads int2 and int4.
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Int32 {
        guard type == PostgresType.int4.oid || type == PostgresType.int2.oid else { throw .wrongType }
        return Int32(try bytes.integer(of: type))
    }
}

extension Int64: PostgresDecodable, PostgresDecodableElement {
    /// Reads int2, int4, int8 and oid.
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Int64 {
        try bytes.integer(of: type)
    }
}

extension Int: PostgresDecodable, PostgresDecodableElement {
    /// Reads int2, int4, int8 and oid.
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Int {
        Int(try bytes.integer(of: type))
    }
}

extension Double: PostgresDecodable, PostgresDecodableElement {
    /// Reads float4 and float8.
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Double {
        switch (type, bytes.count) {
        case (PostgresType.float8.oid, 8): return Double(bitPattern: UInt64(bitPattern: bytes.int64(at: 0)))
        case (PostgresType.float4.oid, 4):
            return Double(Float(bitPattern: UInt32(bitPattern: bytes.int32(at: 0))))
        case (PostgresType.float8.oid, _), (PostgresType.float4.oid, _): throw .malformed
        default: throw .wrongType
        }
    }
}

extension String: PostgresDecodable, PostgresDecodableElement {
    /// Reads every textual type, json and jsonb; anything else (numeric, enums) is cast to text in the statement.
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> String {
        switch type {
        case PostgresType.text.oid, PostgresType.varchar.oid, PostgresType.name.oid, PostgresType.bpchar.oid,
            PostgresType.json.oid, PostgresType.char.oid, PostgresType.unknown.oid, PostgresType.xml.oid:
            return bytes.text()
        case PostgresType.jsonb.oid:
            guard !bytes.isEmpty else { throw .malformed }
            return bytes.extracting(1..<bytes.count).text()
        default: throw .wrongType
        }
    }
}

extension UUID: PostgresDecodable, PostgresDecodableElement {
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> UUID {
        guard type == PostgresType.uuid.oid else { throw .wrongType }
        guard bytes.count == 16 else { throw .malformed }
        return UUID(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
                bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            ))
    }
}

extension Date: PostgresDecodable, PostgresDecodableElement {
    /// Reads timestamptz; ±infinity become the distant future and past.
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Date {
        guard type == PostgresType.timestamptz.oid else { throw .wrongType }
        guard bytes.count == 8 else { throw .malformed }
        return PostgresTime.date(of: bytes.int64(at: 0))
    }
}

extension Span<UInt8> {
    func int32(at offset: Int) -> Int32 {
        var value: UInt32 = 0
        for index in offset..<offset + 4 { value = value << 8 | UInt32(self[index]) }
        return Int32(bitPattern: value)
    }

    func int64(at offset: Int) -> Int64 {
        var value: UInt64 = 0
        for index in offset..<offset + 8 { value = value << 8 | UInt64(self[index]) }
        return Int64(bitPattern: value)
    }

    func integer(of type: UInt32) throws(PostgresDecodingFailure) -> Int64 {
        switch (type, count) {
        case (PostgresType.int8.oid, 8): return int64(at: 0)
        case (PostgresType.int4.oid, 4): return Int64(int32(at: 0))
        case (PostgresType.int2.oid, 2): return Int64(Int16(truncatingIfNeeded: Int(self[0]) << 8 | Int(self[1])))
        case (PostgresType.oid.oid, 4): return Int64(UInt32(bitPattern: int32(at: 0)))
        case (PostgresType.int8.oid, _), (PostgresType.int4.oid, _), (PostgresType.int2.oid, _): throw .malformed
        default: throw .wrongType
        }
    }

    func text() -> String {
        unsafe withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    func array() -> [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }
}
