// SPDX-License-Identifier: Apache-2.0

package import Common

/// A JSON object with declared members: the list writes it, and the same list describes it.
///
///     extension Task: WireObject {
///         package static let fields: [Field<Task>] = [
///             Field("id", "Names the task.") { $0.id },
///             Field("finished_at", "When it ended; null before.") { $0.finishedAt },
///         ]
///     }
package protocol WireObject: WireValue {
    /// The schema's name in documents; the type's own name unless said otherwise.
    static var wireName: String { get }
    /// A stored constant, as it is read for every object written.
    static var fields: [Field<Self>] { get }
}

extension WireObject {
    package static var wireName: String { "\(Self.self)" }

    package static func schema(in components: inout Components) -> JSONObject {
        components.reference(wireName) { components in
            var properties = JSONObject()
            var required: [JSONValue] = []
            for field in fields {
                properties[field.name] = .object(field.schema(&components).described(field.description))
                if field.isAlwaysThere { required.append(.string(field.name)) }
            }
            return [
                "type": "object", "properties": .object(properties), "required": .array(required),
                "additionalProperties": false,
            ]
        }
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for field in Self.fields { field.write(self, &writer) }
        writer.endObject()
    }
}

/// One member of a wire object: its name, what it means, and how to get it.
package struct Field<Owner: Sendable>: Sendable {
    let name: String
    let description: String
    let isAlwaysThere: Bool
    let schema: @Sendable (inout Components) -> JSONObject
    let write: @Sendable (Owner, inout JSONWriter) -> Void

    /// A member that is always there; an optional value that is nil is written as null.
    package init<Value: WireValue>(
        _ name: String, _ description: String, _ value: @escaping @Sendable (Owner) -> Value
    ) {
        self.name = name
        self.description = description
        isAlwaysThere = true
        schema = { Value.schema(in: &$0) }
        write = { owner, writer in
            writer.name(name)
            value(owner).write(to: &writer)
        }
    }

    private init(
        name: String, description: String, schema: @escaping @Sendable (inout Components) -> JSONObject,
        write: @escaping @Sendable (Owner, inout JSONWriter) -> Void
    ) {
        self.name = name
        self.description = description
        isAlwaysThere = false
        self.schema = schema
        self.write = write
    }

    /// A member that is left out when it has no value.
    package static func ifPresent<Value: WireValue>(
        _ name: String, _ description: String, _ value: @escaping @Sendable (Owner) -> Value?
    ) -> Field {
        Field(name: name, description: description, schema: { Value.schema(in: &$0) }) { owner, writer in
            guard let value = value(owner) else { return }
            writer.name(name)
            value.write(to: &writer)
        }
    }
}

/// A part of a longer list, and the cursor at which the next part begins.
package struct Page<Item: WireObject>: WireObject {
    package let items: [Item]
    /// What to send as `cursor` for the next part; nil at the end.
    package let nextCursor: String?

    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }

    package static var wireName: String { Item.wireName + "Page" }

    // Generic types have no stored constants; a page is written once per answer, so building the list is no matter.
    package static var fields: [Field<Page>] {
        [
            Field("items", "The entries, in the order asked for.") { $0.items },
            Field("next_cursor", "Send it as `cursor` to read on; null at the end.") { $0.nextCursor },
        ]
    }
}
