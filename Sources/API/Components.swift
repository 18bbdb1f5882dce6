// SPDX-License-Identifier: Apache-2.0

package import Common

/// The named schemas that a document collects while its parts are described, each written once and referred to.
package struct Components: Sendable {
    package private(set) var schemas: [String: JSONObject] = [:]

    package init() {}

    /// A reference to the schema `name`, described by `build` when it is asked for the first time.
    ///
    /// The name must mean the same thing wherever it is used; it may refer to itself.
    package mutating func reference(_ name: String, _ build: (inout Components) -> JSONObject) -> JSONObject {
        if schemas[name] == nil {
            schemas[name] = [:]
            schemas[name] = build(&self)
        }
        return ["$ref": .string("#/components/schemas/\(name)")]
    }

    /// A schema that can travel alone: what it refers to is put into its own `$defs`.
    package static func standalone(_ schema: JSONObject, _ components: Components) -> JSONValue {
        var whole = schema
        if !components.schemas.isEmpty {
            let definitions = components.schemas.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.object($0.value)) }
            whole["$defs"] = .object(JSONObject(definitions))
        }
        return pointingHome(.object(whole))
    }

    private static func pointingHome(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { member in
                        guard member.name == "$ref", let target = member.value.string else {
                            return (member.name, pointingHome(member.value))
                        }
                        let name = target.split(separator: "/").last ?? ""
                        return ("$ref", .string("#/$defs/\(name)"))
                    }))
        case .array(let elements): .array(elements.map(pointingHome))
        default: value
        }
    }
}

extension JSONObject {
    /// The schema of this value or null.
    package var nullable: JSONObject {
        if let type = self["type"]?.string, self["enum"] == nil, self["const"] == nil {
            var copy = self
            copy["type"] = [.string(type), "null"]
            return copy
        }
        if isEmpty { return self }
        return ["anyOf": [.object(self), ["type": "null"]]]
    }

    /// The same schema with a sentence about what it is for.
    package func described(_ description: String) -> JSONObject {
        guard !description.isEmpty else { return self }
        var copy = self
        copy["description"] = .string(description)
        return copy
    }
}
