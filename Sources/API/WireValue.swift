// SPDX-License-Identifier: Apache-2.0

package import Common

/// A value with one JSON form: the same definition writes it and describes it.
package protocol WireValue: EndpointOutput {
    /// The JSON Schema of every value of this type.
    static func schema(in components: inout Components) -> JSONObject

    /// Appends the value as JSON.
    func write(to writer: inout JSONWriter)
}

extension WireValue {
    /// Compact JSON.
    package var json: [UInt8] {
        var writer = JSONWriter(reserving: 512)
        write(to: &writer)
        return writer.bytes
    }

    package static var answerBody: AnswerBody { .json(schema) }
}

/// An enumeration whose raw values are the words of the wire.
package protocol WireEnum: WireValue, CaseIterable, RawRepresentable where RawValue == String {}

extension WireEnum {
    package static func schema(in components: inout Components) -> JSONObject {
        ["type": "string", "enum": .array(allCases.map { .string($0.rawValue) })]
    }

    package func write(to writer: inout JSONWriter) { writer.write(rawValue) }
}

extension String: WireValue {
    package static func schema(in components: inout Components) -> JSONObject { ["type": "string"] }
    package func write(to writer: inout JSONWriter) { writer.write(self) }
}

extension Bool: WireValue {
    package static func schema(in components: inout Components) -> JSONObject { ["type": "boolean"] }
    package func write(to writer: inout JSONWriter) { writer.write(self) }
}

extension Int: WireValue {
    package static func schema(in components: inout Components) -> JSONObject { ["type": "integer"] }
    package func write(to writer: inout JSONWriter) { writer.write(self) }
}

extension Int64: WireValue {
    package static func schema(in components: inout Components) -> JSONObject {
        ["type": "integer", "format": "int64"]
    }
    package func write(to writer: inout JSONWriter) { writer.write(self) }
}

extension Double: WireValue {
    package static func schema(in components: inout Components) -> JSONObject { ["type": "number"] }
    /// Infinities and NaN, which JSON has no words for, are written as 0 so that the schema holds.
    package func write(to writer: inout JSONWriter) { writer.write(isFinite ? self : 0) }
}

extension Timestamp: WireValue {
    package static func schema(in components: inout Components) -> JSONObject {
        ["type": "string", "format": "date-time"]
    }
    package func write(to writer: inout JSONWriter) { writer.write(self) }
}

extension ID: EndpointOutput, WireValue {
    package static func schema(in components: inout Components) -> JSONObject {
        ["type": "string", "pattern": .string(TextPattern.identifier(prefix: Subject.idPrefix).source)]
    }
    package func write(to writer: inout JSONWriter) { writer.write(rawValue) }
}

extension JSONValue: WireValue {
    package static func schema(in components: inout Components) -> JSONObject { [:] }
    package func write(to writer: inout JSONWriter) { writer.write(self) }
}

extension JSONObject: WireValue {
    package static func schema(in components: inout Components) -> JSONObject { ["type": "object"] }
    package func write(to writer: inout JSONWriter) { writer.write(self) }
}

/// JSON that is bytes already, such as a `jsonb` column's text, passed on without being read.
package struct WireJSON: WireValue {
    package let bytes: [UInt8]

    /// Takes over bytes that are known to be one JSON value.
    package init(trusted bytes: [UInt8]) { self.bytes = bytes }

    /// Takes over text that is known to be one JSON value.
    package init(trusted text: String) { bytes = Array(text.utf8) }

    package static func schema(in components: inout Components) -> JSONObject { [:] }
    package func write(to writer: inout JSONWriter) { writer.write(json: bytes) }
}

extension Optional: EndpointOutput where Wrapped: WireValue {}

/// Null stands for nil.
extension Optional: WireValue where Wrapped: WireValue {
    package static func schema(in components: inout Components) -> JSONObject {
        Wrapped.schema(in: &components).nullable
    }

    package func write(to writer: inout JSONWriter) {
        guard let value = self else { return writer.writeNull() }
        value.write(to: &writer)
    }
}

extension Array: EndpointOutput where Element: WireValue {}

extension Array: WireValue where Element: WireValue {
    package static func schema(in components: inout Components) -> JSONObject {
        ["type": "array", "items": .object(Element.schema(in: &components))]
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for element in self { element.write(to: &writer) }
        writer.endArray()
    }
}

extension Dictionary: EndpointOutput where Key == String, Value: WireValue {}

/// An object with any names, written in the order of the names.
extension Dictionary: WireValue where Key == String, Value: WireValue {
    package static func schema(in components: inout Components) -> JSONObject {
        ["type": "object", "additionalProperties": .object(Value.schema(in: &components))]
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in sorted(by: { $0.key < $1.key }) {
            writer.name(name)
            value.write(to: &writer)
        }
        writer.endObject()
    }
}
