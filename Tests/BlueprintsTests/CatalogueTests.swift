// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Testing

/// The catalogue against Render's own schema of its files.
@Suite struct CatalogueTests {
    static let schemas = ["blueprint-schema-2026-04.json", "blueprint-schema-2026-10.json"]

    @Test(arguments: schemas) func `every property that Render's schema has is known at its place`(name: String) throws
    {
        var walk = try SchemaWalk(JSONValue.parse(Files.known(name)))
        walk.run()
        #expect(walk.findings == [])
        // Far fewer would mean that the walk does not get anywhere.
        #expect(walk.seen.count > 200, "\(walk.seen.count)")
        #expect(walk.seen.contains("projects.environments.services(cron).envVars.fromService.envVarKey"))
    }

    @Test func `what the catalogue has beyond the schema is older, of the API, or no field`() throws {
        var walk = try SchemaWalk(JSONValue.parse(Files.known("blueprint-schema-2026-10.json")))
        walk.run()
        let extra = Place.allCases.flatMap { place in
            Catalogue.entries(at: place).filter {
                $0.dialect != .api && !walk.keys.contains("\(place.rawValue).\($0.key)")
            }
            .map { "\(place.rawValue).\($0.key)" }
        }
        #expect(
            extra == [
                "service.env", "autoscaling.enabled", "autoscaling.min", "autoscaling.max", "autoscaling.criteria",
                "autoscalingCriteria.cpu", "autoscalingCriteria.memory", "autoscalingTarget.enabled",
                "autoscalingTarget.percentage", "secretFile.name", "secretFile.content",
            ])
    }

    @Test func `every field of the internal form can be read from some key`() {
        let readable = Set(Place.allCases.flatMap { Catalogue.entries(at: $0).compactMap(\.field) })
        #expect(Field.allCases.filter { !readable.contains($0) } == [])
    }

    @Test func `no place has a key twice, and what the API sets stands in the format`() {
        for place in Place.allCases {
            let entries = Catalogue.entries(at: place)
            #expect(!entries.isEmpty, "\(place)")
            #expect(Set(entries.map(\.key)).count == entries.count, "\(place)")
            for entry in entries { #expect(entry.reached.isSubset(of: entry.types), "\(place).\(entry.key)") }
        }
    }
}

/// A walk over a schema beside one over the catalogue.
private struct SchemaWalk {
    let schema: JSONValue
    private(set) var findings: [String] = []
    private(set) var seen: Set<String> = []
    /// `place.key` for each property.
    private(set) var keys: Set<String> = []

    init(_ schema: JSONValue) { self.schema = schema }

    mutating func run() { object(schema, at: .root, "") }

    private static let services: [(definition: String, name: String, types: Set<ServiceType>)] = [
        ("cronService", "cron", [.cronJob]),
        ("serverService", "server", [.webService, .privateService, .backgroundWorker]),
        ("staticService", "static", [.staticSite]),
        ("workflowService", "workflow", [.workflow]),
    ]

    private static let plans = Set(
        [Place.service, .keyValue, .database].flatMap { Catalogue.entry("plan", at: $0)?.words ?? [] })

    private func resolved(_ schema: JSONValue) -> JSONValue {
        guard let reference = schema["$ref"]?.string, let name = reference.split(separator: "/").last else {
            return schema
        }
        return resolved(self.schema["definitions"]?[String(name)] ?? .null)
    }

    /// The properties of a schema and of those it is made of.
    private func properties(_ schema: JSONValue) -> [(name: String, value: JSONValue)] {
        let schema = resolved(schema)
        let parts = (schema["allOf"]?.array ?? []) + (schema["anyOf"]?.array ?? [])
        return (schema["properties"]?.object?.members ?? []) + parts.flatMap(properties)
    }

    private mutating func object(_ schema: JSONValue, at place: Place, _ path: String, of types: Set<ServiceType> = [])
    {
        for (name, value) in properties(schema) {
            let path = path.isEmpty ? name : "\(path).\(name)"
            seen.insert(path)
            keys.insert("\(place.rawValue).\(name)")
            guard let entry = Catalogue.entry(name, at: place) else {
                findings.append("\(path) is not in the catalogue")
                continue
            }
            if !types.isSubset(of: entry.types) { findings.append("\(path) is not for all of its types") }
            words(of: value, entry, path)
            if name == "services" { services(path) } else { inside(value, entry, path) }
        }
    }

    private mutating func services(_ path: String) {
        guard let definitions = schema["definitions"] else { return }
        object(definitions["redisServer"] ?? .null, at: .keyValue, "\(path)(keyvalue)")
        for service in Self.services {
            guard let definition = definitions[service.definition] else { continue }
            object(definition, at: .service, "\(path)(\(service.name))", of: service.types)
        }
    }

    private mutating func inside(_ value: JSONValue, _ entry: Entry, _ path: String) {
        let value = resolved(value)
        let inner = value["items"].map(resolved) ?? value
        guard !properties(inner).isEmpty else { return }
        guard let place = entry.place else {
            return findings.append("\(path) has keys, and the catalogue no place for them")
        }
        object(inner, at: place, path)
    }

    private mutating func words(of value: JSONValue, _ entry: Entry, _ path: String) {
        let value = resolved(value)
        let words = (value["enum"]?.array ?? []) + (value["const"].map { [$0] } ?? [])
        guard !words.isEmpty, let known = entry.words else {
            // Types and the version of the format are compared by the reader itself.
            if !words.isEmpty, !["type", "version"].contains(entry.key) { findings.append("\(path) has no words") }
            return
        }
        // The older schema has one list of plans for everything.
        let plans = schema["definitions"]?["plan"] == nil ? [] : Self.plans
        let isPlan = entry.key == "plan" || entry.key == "previewPlan"
        for word in words.compactMap(\.string) where !known.contains(word) && !(isPlan && plans.contains(word)) {
            findings.append("\(path) may not be \(word)")
        }
    }
}
