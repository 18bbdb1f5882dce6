// SPDX-License-Identifier: Apache-2.0

/// Where parameters are written in the server's binary format (network byte order).
package struct PostgresBuffer: Sendable {
    package private(set) var bytes: [UInt8] = []

    /// Room for `count` more bytes, so that arrays are written without growing again and again.
    package mutating func reserve(_ count: Int) {
        // Doubling by hand: `reserveCapacity` alone would grow to the exact size at every call.
        if bytes.capacity < bytes.count + count { bytes.reserveCapacity(max(bytes.capacity * 2, bytes.count + count)) }
    }

    package mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    package mutating func append(byte: UInt8) { bytes.append(byte) }

    package mutating func append(text: String) {
        var text = text
        text.withUTF8 { unsafe bytes.append(contentsOf: $0) }
    }

    package mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        unsafe withUnsafeBytes(of: number.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    /// Writes what `body` writes, preceded by its length in four bytes, as array elements are.
    mutating func appendMeasured(_ body: (inout PostgresBuffer) -> Void) {
        let start = bytes.count
        append(Int32(0))
        body(&self)
        let length = UInt32(bytes.count - start - 4)
        bytes[start] = UInt8(truncatingIfNeeded: length >> 24)
        bytes[start + 1] = UInt8(truncatingIfNeeded: length >> 16)
        bytes[start + 2] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: length)
    }
}
