// SPDX-License-Identifier: Apache-2.0

package import Common

/// What a value from outside may look like: its JSON Schema, and how a value that fits is read.
///
/// A shape accepts exactly what its schema accepts; documents, validation and decoding cannot drift apart.
package struct Shape<Value: Sendable>: Sendable {
    package let schema: @Sendable (inout Components) -> JSONObject
    /// Stands in for the value while an input is only described, or after it has been refused.
    let placeholder: @Sendable () -> Value
    /// Reads the value at `pointer`; nil when it does not fit, which has then been said in `refusals`.
    package let read: @Sendable (_ value: JSONValue, _ pointer: String, _ refusals: inout Refusals) -> Value?
    /// What text in a path, a query or a header means before it is read: itself, or a number, or a truth value.
    let fromText: @Sendable (String) -> JSONValue

    init(
        schema: @escaping @Sendable (inout Components) -> JSONObject, placeholder: @escaping @Sendable () -> Value,
        fromText: @escaping @Sendable (String) -> JSONValue = { .string($0) },
        read: @escaping @Sendable (JSONValue, String, inout Refusals) -> Value?
    ) {
        self.schema = schema
        self.placeholder = placeholder
        self.read = read
        self.fromText = fromText
    }

    /// A value made from one of this shape; nil from `transform` refuses it as not being `words`.
    ///
    /// Narrow only where JSON Schema has no words for the rule, because documents will not show it.
    package func map<Other: Sendable>(
        placeholder: Other, words: String, _ transform: @escaping @Sendable (Value) -> Other?
    ) -> Shape<Other> {
        Shape<Other>(schema: schema, placeholder: { placeholder }, fromText: fromText) { value, pointer, refusals in
            guard let read = read(value, pointer, &refusals) else { return nil }
            guard let other = transform(read) else {
                refusals.add(pointer, "must be \(words)")
                return nil
            }
            return other
        }
    }
}

/// The members of a request that were refused, each with where it is and why.
package struct Refusals: Sendable {
    package private(set) var fields: [Problem.FieldError] = []
    /// Enough to mend a request by; a hostile one must not make the answer large.
    private static let limit = 50

    package init() {}

    package mutating func add(_ field: String, _ message: String) {
        if fields.count < Self.limit { fields.append(Problem.FieldError(field, message)) }
    }

    /// Throws the problem that names every refused member, if there is one.
    package func check() throws(Problem) {
        guard let first = fields.first else { return }
        let others = fields.count == 1 ? "" : " (and \(fields.count - 1) more)"
        let place = first.field.isEmpty ? "The body" : first.field
        throw Problem(.invalid, "\(place) \(first.message)\(others).", fields: fields)
    }
}

extension JSONValue {
    /// The value's type with its article, for messages.
    var kindWords: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
