// SPDX-License-Identifier: Apache-2.0

package import Common

/// An input that another daemon is to answer: read as that daemon reads it, and kept as it was sent.
package struct RelayedInput<Input: WireInput>: WireInput {
    package let path: [(name: String, value: String)]
    package let query: [(name: String, value: String)]
    /// Empty when there is no body.
    package let body: JSONObject

    package static var wireName: String { Input.wireName }

    package init(_ input: inout InputReader) {
        _ = Input(&input)
        path = input.sentPath
        query = input.sentQuery
        body = input.sentBody
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
