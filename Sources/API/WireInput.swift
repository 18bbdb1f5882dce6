// SPDX-License-Identifier: Apache-2.0

package import Common

/// What a caller sends: read from the path, the query, headers and the body by one list that also describes it.
///
///     package struct CreateTask: WireInput {
///         package let agent: String
///         package let priority: Int
///
///         package init(_ input: inout InputReader) {
///             agent = input.member("agent", "Who carries it out.", .string(.name))
///             priority = input.member("priority", "Larger goes first.", .integer(0...9), default: 5)
///         }
///     }
///
/// The initialiser also runs to find out what there is, with placeholders for values. So it reads every member,
/// whatever it has read before, and does nothing else that could be seen. Rules between members are told by `refuse`.
package protocol WireInput: Sendable {
    /// The schema's name in documents; the type's own name unless said otherwise.
    static var wireName: String { get }
    init(_ input: inout InputReader)
}

extension WireInput {
    package static var wireName: String { "\(Self.self)" }
}

/// The input of an endpoint that takes nothing.
package struct NoInput: WireInput {
    package init(_: inout InputReader) {}
}

/// Everything that an input reads, in the order in which it reads it.
package struct InputDescription: Sendable {
    /// One parameter outside the body.
    package struct Parameter: Sendable {
        package enum Place: String, Sendable { case path, query, header }

        package let place: Place
        package let name: String
        package let description: String
        package let isRequired: Bool
        /// Whether it may be given many times.
        package let isList: Bool
        package let schema: @Sendable (inout Components) -> JSONObject
    }

    /// One member of the JSON body.
    package struct Member: Sendable {
        package let name: String
        package let description: String
        package let isRequired: Bool
        package let schema: @Sendable (inout Components) -> JSONObject
    }

    /// Members of the JSON body of which at least one must be given, or exactly one where they exclude each other.
    package struct Choice: Sendable {
        package let names: [String]
        package let isExclusive: Bool

        /// What a schema says of it: a member is given when it is neither null nor an empty array.
        var schema: (keyword: String, cases: JSONValue) {
            let cases = names.map { name in
                let given: JSONValue = ["not": ["enum": [nil, []]]]
                return ["required": [.string(name)], "properties": .object([name: given])] as JSONValue
            }
            return (isExclusive ? "oneOf" : "anyOf", .array(cases))
        }
    }

    /// A body that the endpoint reads by itself.
    package struct RawBody: Sendable {
        /// Media types with what they hold.
        package let content: [(mediaType: String, schema: @Sendable (inout Components) -> JSONObject)]
        package let description: String
    }

    package internal(set) var parameters: [Parameter] = []
    package internal(set) var members: [Member] = []
    package internal(set) var choices: [Choice] = []
    package internal(set) var rawBody: RawBody?

    init() {}

    package init<Input: WireInput>(of _: Input.Type) {
        var reader = InputReader.describing()
        _ = Input(&reader)
        self = reader.description ?? InputDescription()
    }

    /// Whether a request has a JSON body or a raw one.
    package var hasBody: Bool { !members.isEmpty || rawBody != nil }
    package var requiresBody: Bool { rawBody != nil || members.contains(where: \.isRequired) || !choices.isEmpty }

    /// The schema of the body's members.
    package func schema(in components: inout Components) -> JSONObject {
        var properties = JSONObject()
        for member in members {
            properties[member.name] = .object(member.schema(&components).described(member.description))
        }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        let required = members.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        schema["additionalProperties"] = false
        for choice in choices {
            let (keyword, cases) = choice.schema
            schema[keyword] = cases
        }
        return schema
    }
}
