// SPDX-License-Identifier: Apache-2.0

import Common

/// Makes a schema of the document one that the validator of draft 2020-12 takes, with everything it refers to.
///
/// Stricter than the document in one way: an object has no members but those that are named, so that what Render would
/// ignore in silence is seen. More precise in another: of the alternatives for `serviceDetails`, which overlap, only the
/// one for the service's type is left.
struct SchemaConverter {
    private let document: OpenAPIDocument
    private let serviceType: String?
    private var definitions = JSONObject()
    private var names: [String: String] = [:]
    private var open: [(name: String, reference: String)] = []

    init(_ document: OpenAPIDocument, serviceType: String?) {
        self.document = document
        self.serviceType = serviceType
    }

    mutating func standalone(_ schema: JSONValue) -> JSONValue {
        var whole: JSONObject = ["allOf": [convert(schema)]]
        while let next = open.popLast() {
            definitions[next.name] = convert(document.target(next.reference) ?? .bool(false), at: next.reference)
        }
        whole["$defs"] = .object(definitions)
        return .object(whole)
    }

    private mutating func convert(_ schema: JSONValue, at place: String = "") -> JSONValue {
        guard let object = schema.object else { return schema }
        if let reference = object["$ref"]?.string { return ["$ref": .string("#/$defs/\(name(reference))")] }
        if let parts = object["allOf"]?.array { return merged(parts) }
        var made = JSONObject()
        for keyword in ["enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"] {
            if let value = object[keyword] { made[keyword] = value }
        }
        if object["format"]?.string == "date-time" { made["format"] = "date-time" }
        if let type = object["type"] {
            made["type"] = object["nullable"]?.bool == true ? [type, "null"] : type
        }
        if let items = object["items"] { made["items"] = convert(items) }
        for keyword in ["oneOf", "anyOf"] {
            guard let alternatives = object[keyword]?.array else { continue }
            // They are not exclusive in the document, whatever it says.
            made["anyOf"] = .array(chosen(alternatives).map { convert($0) })
        }
        if object["properties"] != nil || object["type"]?.string == "object" { addMembers(object, place, &made) }
        return .object(made)
    }

    private mutating func addMembers(_ object: JSONObject, _ place: String, _ made: inout JSONObject) {
        let known = object["properties"]?.object ?? [:]
        let demanded = (object["required"]?.array ?? []).compactMap(\.string)
        let required = demanded.filter { known[$0] != nil }
        if !required.isEmpty { made["required"] = .array(required.map { .string($0) }) }
        var properties = JSONObject()
        for (name, property) in object["properties"]?.object?.members ?? [] { properties[name] = convert(property) }
        // Here and there the document demands a member that it does not describe.
        for name in demanded where known[name] == nil { properties[name] = true }
        for (name, property) in NewerMembers.of(place) where properties[name] == nil { properties[name] = property }
        made["properties"] = .object(properties)
        if let rest = object["additionalProperties"] {
            made["additionalProperties"] = convert(rest)
        } else if !properties.isEmpty {
            made["additionalProperties"] = false
        }
    }

    /// The parts of an `allOf` as one object, which can then be closed.
    private mutating func merged(_ parts: [JSONValue]) -> JSONValue {
        var properties = JSONObject()
        var required: [JSONValue] = []
        for part in parts.map(document.resolved) {
            for (name, property) in part["properties"]?.object?.members ?? [] { properties[name] = property }
            required += part["required"]?.array ?? []
        }
        return convert(
            .object(["type": "object", "properties": .object(properties), "required": .array(required)]))
    }

    /// Of alternatives by type of service, the one that applies.
    private func chosen(_ alternatives: [JSONValue]) -> [JSONValue] {
        guard let serviceType else { return alternatives }
        let prefix = Self.prefixes[serviceType] ?? ""
        let fitting = alternatives.filter {
            $0["$ref"]?.string?.split(separator: "/").last?.hasPrefix("\(prefix)Details") == true
        }
        let isByType = alternatives.contains { $0["$ref"]?.string?.contains("/webServiceDetails") == true }
        return isByType && !fitting.isEmpty ? fitting : alternatives
    }

    private static let prefixes = [
        "static_site": "staticSite", "web_service": "webService", "private_service": "privateService",
        "background_worker": "backgroundWorker", "cron_job": "cronJob",
    ]

    private mutating func name(_ reference: String) -> String {
        if let known = names[reference] { return known }
        let name = "d\(names.count)"
        names[reference] = name
        open.append((name, reference))
        return name
    }
}

/// Members that Render is known to have added since the document was published.
enum NewerMembers {
    private static let trigger: [(String, JSONValue)] = [
        ("autoDeployTrigger", ["enum": ["commit", "off", "checksPass"]])
    ]
    private static let persistence: [(String, JSONValue)] = [("persistenceMode", ["type": "string"])]

    static func of(_ place: String) -> [(String, JSONValue)] {
        switch place.split(separator: "/").last {
        case "service", "servicePOST", "servicePATCH": trigger
        case "keyValueOptions": persistence
        default: []
        }
    }
}
