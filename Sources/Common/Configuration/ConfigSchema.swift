// SPDX-License-Identifier: Apache-2.0

/// One key of a daemon's configuration, as `infra/config.schema.json` declares it.
package struct ConfigKey: Sendable, Equatable {
    /// What the text of a variable is turned into.
    package enum Kind: Sendable, Equatable {
        case string, integer, number, boolean
        /// Parts between commas.
        case list
    }

    package let name: String
    package let description: String
    package let kind: Kind
    /// What holds when neither the environment nor the file has the key.
    package let defaultValue: JSONValue?
    /// Whether the daemon cannot start without it. Rules that depend on other keys are not counted.
    package let isRequired: Bool
    package let isSecret: Bool
}

/// The configuration of every daemon: `infra/config.schema.json`, compiled in.
package enum ConfigSchema {
    /// The document.
    package static let document: JSONValue = {
        do { return try JSONValue.parse(ConfigDocument.text) } catch { fatalError("config.schema.json: \(error)") }
    }()

    /// The daemons it speaks of, sorted.
    package static let services: [String] = definitions.names.filter { $0.hasSuffix("-svc") }.sorted()

    private static let definitions = document["$defs"]?.object ?? [:]
    private static let schemas = Dictionary(uniqueKeysWithValues: services.map { ($0, compile($0)) })
    private static let keys = Dictionary(uniqueKeysWithValues: services.map { ($0, readKeys($0)) })

    /// The keys of a daemon, sorted by name. An unknown daemon is a programmer error.
    package static func keys(of service: String) -> [ConfigKey] {
        guard let keys = keys[service] else { preconditionFailure("config.schema.json does not know \(service)") }
        return keys
    }

    /// What the values of a daemon must satisfy, formats included. An unknown daemon is a programmer error.
    package static func schema(of service: String) -> JSONSchema {
        guard let schema = schemas[service] else { preconditionFailure("config.schema.json does not know \(service)") }
        return schema
    }

    private static func compile(_ service: String) -> JSONSchema {
        do {
            return try JSONSchema(document, entry: "#/$defs/\(service)", formats: .assert)
        } catch {
            fatalError("config.schema.json: \(error)")
        }
    }

    private static func readKeys(_ service: String) -> [ConfigKey] {
        let definition = definitions[service]
        let required = (definition?["required"]?.array ?? []).compactMap(\.string)
        return (definition?["properties"]?.object?.members ?? [])
            .map { name, schema in key(name, flattened(schema), isRequired: required.contains(name)) }
            .sorted { $0.name < $1.name }
    }

    private static func key(_ name: String, _ schema: JSONObject, isRequired: Bool) -> ConfigKey {
        let kind: ConfigKey.Kind =
            switch schema["type"]?.string {
            case "integer": .integer
            case "number": .number
            case "boolean": .boolean
            case "array": .list
            default: .string
            }
        return ConfigKey(
            name: name, description: schema["description"]?.string ?? "", kind: kind, defaultValue: schema["default"],
            isRequired: isRequired, isSecret: schema["writeOnly"]?.bool ?? false)
    }

    /// A schema with what its `$ref`s say filled in; what is written nearer wins.
    private static func flattened(_ schema: JSONValue) -> JSONObject {
        var flat = schema.object ?? [:]
        var next = flat["$ref"]?.string
        while let reference = next, let target = definitions[String(reference.dropFirst("#/$defs/".count))]?.object {
            for (name, value) in target.members { flat.insert(name, value) }
            next = target["$ref"]?.string
        }
        return flat
    }
}
