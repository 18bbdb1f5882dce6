// SPDX-License-Identifier: Apache-2.0

package import Common

extension Shape where Value == JSONValue {
    /// Any JSON value.
    package static var anything: Shape<JSONValue> {
        Shape(schema: { _ in [:] }, placeholder: { .null }) { value, _, _ in value }
    }
}

extension Shape where Value == JSONObject {
    /// Any JSON object.
    package static var anyObject: Shape<JSONObject> {
        Shape(schema: { _ in ["type": "object"] }, placeholder: { [:] }) { value, pointer, refusals in
            value.expect(\.object, "an object", pointer, &refusals)
        }
    }
}

extension Shape {
    /// An object with declared members.
    package static func object(_: Value.Type = Value.self) -> Shape<Value> where Value: WireInput {
        Shape(
            schema: { components in
                components.reference(Value.wireName) { InputDescription(of: Value.self).schema(in: &$0) }
            },
            placeholder: {
                var reader = InputReader.describing()
                return Value(&reader)
            }
        ) { value, pointer, refusals in
            guard let object = value.expect(\.object, "an object", pointer, &refusals) else { return nil }
            var reader = InputReader(members: object, pointer: pointer)
            let read = Value(&reader)
            reader.refuseUnknown()
            for field in reader.refusals.fields { refusals.add(field.field, field.message) }
            return reader.refusals.fields.isEmpty ? read : nil
        }
    }

    /// A list of at most `max` elements.
    package static func array<Element: Sendable>(
        of element: Shape<Element>, min: Int = 0, max: Int, unique: Bool = false
    ) -> Shape<[Element]> where Value == [Element] {
        Shape(
            schema: { components in
                var schema: JSONObject = ["type": "array", "items": .object(element.schema(&components))]
                if min > 0 { schema["minItems"] = JSONValue(min) }
                schema["maxItems"] = JSONValue(max)
                if unique { schema["uniqueItems"] = true }
                return schema
            },
            placeholder: { [] }
        ) { value, pointer, refusals in
            guard let values = value.expect(\.array, "an array", pointer, &refusals) else { return nil }
            guard (min...max).contains(values.count) else {
                refusals.add(pointer, "must have \(min) to \(max) elements, not \(values.count)")
                return nil
            }
            if unique, Set(values).count != values.count {
                refusals.add(pointer, "must not name anything twice")
                return nil
            }
            let read = values.enumerated().compactMap { position, value in
                element.read(value, "\(pointer)/\(position)", &refusals)
            }
            return read.count == values.count ? read : nil
        }
    }

    /// Null, read as nil, or a value of another shape.
    package static func nullable<Wrapped: Sendable>(_ shape: Shape<Wrapped>) -> Shape<Wrapped?>
    where Value == Wrapped? {
        Shape(schema: { shape.schema(&$0).nullable }, placeholder: { nil }, fromText: shape.fromText) {
            value, pointer, refusals in
            if value.isNull { return .some(nil) }
            return shape.read(value, pointer, &refusals).map(Optional.some)
        }
    }
}
