// SPDX-License-Identifier: Apache-2.0

/// Turns the schemas that an entry point reaches into a `SchemaProgram`.
struct SchemaCompiler {
    private(set) var registry: SchemaRegistry
    let formats: JSONSchema.FormatMode
    let limits: JSONSchema.Limits
    private let root: Int
    private var nodes: [SchemaNode?] = []
    private var numbers: [SchemaRegistry.Place: Int] = [:]
    private var places: [SchemaRegistry.Place] = []
    private var dialects: [Int: SchemaDialect] = [:]
    /// Names that some `$dynamicRef` looks for.
    private var dynamicNames: Set<String> = []
    private var patterns: [String: Pattern] = [:]
    private var patternSize = 0

    init(
        _ document: JSONValue, resolving documents: [String: JSONValue], formats: JSONSchema.FormatMode,
        limits: JSONSchema.Limits
    ) throws(JSONSchemaError) {
        self.formats = formats
        self.limits = limits
        registry = SchemaRegistry(maximumSubschemas: limits.maximumSubschemas)
        root = try registry.add(document, uri: SchemaRegistry.unnamed)
        // In a fixed order, so that of two documents with one $id it is always the same that counts.
        for (uri, document) in documents.sorted(by: { $0.key < $1.key }) { _ = try registry.add(document, uri: uri) }
    }

    mutating func compile(entry: String) throws(JSONSchemaError) -> SchemaProgram {
        let entryNode = try reference(entry, in: root, at: "#").node
        var compiled = 0
        repeat {
            while compiled < places.count {
                nodes[compiled] = try compile(places[compiled])
                compiled += 1
            }
            try addDynamicTargets()
        } while compiled < places.count
        let finished = nodes.compactMap(\.self)
        let anchors = dynamicAnchors()
        try SchemaLoops.check(finished, dynamicAnchors: anchors)
        return SchemaProgram(
            nodes: finished, entry: entryNode, dynamicAnchors: anchors, usesDynamicScope: !dynamicNames.isEmpty,
            limits: limits)
    }

    /// The number of the node for a place, which is compiled later when it is new.
    mutating func node(_ place: SchemaRegistry.Place) -> Int {
        if let number = numbers[place] { return number }
        numbers[place] = places.count
        places.append(place)
        nodes.append(nil)
        return places.count - 1
    }

    mutating func reference(
        _ text: String, in resource: Int, at location: String
    ) throws(JSONSchemaError) -> (node: Int, dynamicAnchor: String?) {
        let (place, anchor) = try registry.resolve(text, in: resource, at: location)
        return (node(place), anchor)
    }

    mutating func lookFor(dynamicAnchor name: String) { dynamicNames.insert(name) }

    /// Compiles what a `$dynamicRef` might mean in any resource that is in use.
    private mutating func addDynamicTargets() throws(JSONSchemaError) {
        for resource in Set(places.map(\.resource)) {
            for name in dynamicNames {
                if let place = registry.resources[resource].dynamicAnchors[name] { _ = node(place) }
            }
        }
    }

    private func dynamicAnchors() -> [[String: Int]] {
        registry.resources.map { resource in
            var anchors: [String: Int] = [:]
            for name in dynamicNames { anchors[name] = resource.dynamicAnchors[name].flatMap { numbers[$0] } }
            return anchors
        }
    }

    private mutating func compile(_ place: SchemaRegistry.Place) throws(JSONSchemaError) -> SchemaNode {
        let location = registry.location(place)
        guard places.count <= limits.maximumSubschemas else {
            throw JSONSchemaError(.tooLarge, at: location, "has more than \(limits.maximumSubschemas) subschemas")
        }
        guard registry.isShort(place.pointer) else {
            throw JSONSchemaError(.tooLarge, at: SchemaPhrases.cut(location), "has too long names on the way to it")
        }
        switch registry.value(at: place) {
        case .bool(let verdict): return SchemaNode(location: location, resource: place.resource, verdict: verdict)
        case .object(let object):
            var reader = KeywordReader(
                object: object, place: place, location: location, dialect: try dialect(of: place.resource))
            return try compile(&reader)
        default: throw JSONSchemaError(.malformed, at: location, "a schema must be an object, true or false")
        }
    }

    /// The keywords that a resource's metaschema lets it use.
    private mutating func dialect(of resource: Int) throws(JSONSchemaError) -> SchemaDialect {
        if let dialect = dialects[resource] { return dialect }
        let found = registry.resources[resource]
        let dialect: SchemaDialect
        let location = registry.location(.init(resource: resource, pointer: "/$schema"))
        if let name = found.root["$schema"]?.string {
            let uri = URIReference(name).document
            if uri == Metaschemas.schema {
                dialect = .standard
            } else if let metaschema = try registry.resource(uri) {
                dialect = try .reading(registry.resources[metaschema].root, at: location)
            } else {
                throw JSONSchemaError(.unsupportedDialect, at: location, "only \(Metaschemas.schema) is understood")
            }
        } else if let parent = found.parent {
            dialect = try self.dialect(of: parent)
        } else {
            dialect = .standard
        }
        dialects[resource] = dialect
        return dialect
    }

    /// A pattern, compiled once however often it is written.
    mutating func pattern(_ source: String, at location: String) throws(JSONSchemaError) -> Pattern {
        if let pattern = patterns[source] { return pattern }
        let pattern: Pattern
        do {
            pattern = try Pattern(source)
        } catch {
            throw JSONSchemaError(.unsupportedPattern, at: location, "cannot be used as a pattern: \(error)")
        }
        patternSize += pattern.program.instructions.count
        guard patternSize <= limits.maximumPatternSize else {
            throw JSONSchemaError(.tooLarge, at: location, "makes the patterns of the schema too large together")
        }
        patterns[source] = pattern
        return pattern
    }
}
