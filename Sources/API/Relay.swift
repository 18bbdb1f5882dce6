// SPDX-License-Identifier: Apache-2.0

package import Common

/// The query of an input that another daemon is to answer: read as that daemon reads it, and kept as it was sent.
package struct RelayedQuery<Input: WireInput>: WireInput {
    package let query: [(name: String, value: String)]

    package init(_ input: inout InputReader) {
        _ = Input(&input)
        query = input.sentQuery
    }
}

/// A value that another daemon wrote, passed on as the bytes that came.
package struct Relayed<Value: WireValue>: WireValue {
    private let bytes: [UInt8]

    /// Takes over bytes that are one value as that daemon documents it.
    package init(trusted bytes: [UInt8]) { self.bytes = bytes }

    package static func schema(in components: inout Components) -> JSONObject { Value.schema(in: &components) }
    package func write(to writer: inout JSONWriter) { writer.write(json: bytes) }
}
