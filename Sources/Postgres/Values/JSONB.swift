// SPDX-License-Identifier: Apache-2.0

/// JSON text sent as, or read from, `jsonb`. The server checks it; this type only carries it.
package struct JSONB: Sendable, Hashable, PostgresEncodable, PostgresEncodableElement {
    /// The JSON text in UTF-8.
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
    package init(text: String) { bytes = Array(text.utf8) }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package static var postgresType: PostgresType { .jsonb }

    package func encode(into buffer: inout PostgresBuffer) {
        buffer.append(byte: 1)
        buffer.append(bytes)
    }
}

extension JSONB: PostgresDecodable, PostgresDecodableElement {
    /// Reads jsonb and json.
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> JSONB {
        guard type == PostgresType.jsonb.oid || type == PostgresType.json.oid else { throw .wrongType }
        return JSONB(bytes: try UInt8.decodeArray(bytes, type: type))
    }
}
