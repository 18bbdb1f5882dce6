// SPDX-License-Identifier: Apache-2.0

import Common

/// Makes values that fit a schema of the API's description, and values that a newer API might send.
struct SampleMaker {
    enum Kind: CaseIterable {
        /// Nothing but what must be there.
        case required
        case all
        /// All, with values of enumerations that do not exist yet.
        case newerEnumerations
        /// All, with members that do not exist yet.
        case newerMembers
        /// All, with null for whatever need not be there.
        case nulls
    }

    let document: RenderDocument
    let kind: Kind
    /// Which alternative is taken where there are several.
    let choice: Int

    /// The most alternatives at one place of the schema.
    static func alternatives(_ schema: JSONValue, in document: RenderDocument, depth: Int = 0) -> Int {
        let schema = document.resolved(schema)
        guard depth < 12 else { return 1 }
        let own = (schema["oneOf"] ?? schema["anyOf"])?.array ?? []
        let inner =
            own + (schema["allOf"]?.array ?? []) + (schema["items"].map { [$0] } ?? [])
            + (schema["properties"]?.object?.members.map(\.value) ?? [])
        return max(own.count, inner.map { alternatives($0, in: document, depth: depth + 1) }.max() ?? 1, 1)
    }

    func sample(_ schema: JSONValue, depth: Int = 0) -> JSONValue {
        let schema = document.resolved(schema)
        if let parts = schema["allOf"]?.array {
            let objects = parts.compactMap { sample($0, depth: depth + 1).object }
            return .object(JSONObject(objects.flatMap { $0.members.map { ($0.name, $0.value) } }))
        }
        if let alternatives = (schema["oneOf"] ?? schema["anyOf"])?.array, !alternatives.isEmpty {
            return sample(alternatives[choice % alternatives.count], depth: depth + 1)
        }
        if let names = schema["enum"]?.array, !names.isEmpty {
            let isNewer = kind == .newerEnumerations && schema["type"] == "string"
            return isNewer ? "something_newer" : names[choice % names.count]
        }
        switch schema["type"]?.string {
        case "object": return object(schema, depth: depth)
        case "array": return .array(depth > 12 ? [] : [sample(schema["items"] ?? [:], depth: depth + 1)])
        case "integer", "number": return schema["minimum"] ?? 7
        case "boolean": return .bool(choice.isMultiple(of: 2))
        case "string":
            if let pattern = schema["pattern"]?.string { return .string(Self.text(matching: pattern)) }
            return schema["format"] == "date-time" ? "2026-10-02T08:15:30.5Z" : "text"
        default: return .object([:])
        }
    }

    /// Patterns here are those of ids: `^srv-[0-9a-z]{20}$`.
    private static func text(matching pattern: String) -> String {
        pattern.replacing(/\[[^\]]*\]\{(\d+)\}/) { String(repeating: "0", count: Int($0.output.1) ?? 1) }
            .filter { !["^", "$"].contains($0) }
    }

    private func object(_ schema: JSONValue, depth: Int) -> JSONValue {
        let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
        var object: JSONObject = [:]
        for (name, member) in schema["properties"]?.object?.members ?? [] {
            if required.contains(name) {
                let mayBeNull = document.resolved(member)["nullable"] == true
                object[name] = kind == .nulls && mayBeNull ? .null : sample(member, depth: depth + 1)
            } else if kind == .nulls {
                object[name] = .null
            } else if kind != .required, depth < 12 {
                object[name] = sample(member, depth: depth + 1)
            }
        }
        // The description demands a cursor of events that it does not describe.
        for name in required.sorted() where object[name] == nil { object[name] = "text" }
        if kind == .newerMembers {
            object["somethingNewer"] = schema["additionalProperties"]?.object == nil ? ["a": [1, "b", nil]] : "text"
        }
        return .object(object)
    }
}
