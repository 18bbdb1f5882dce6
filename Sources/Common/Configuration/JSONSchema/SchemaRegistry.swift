// SPDX-License-Identifier: Apache-2.0

/// The documents at hand, with every `$id` and anchor in them found ahead.
struct SchemaRegistry {
    /// One place of a schema: a resource and the JSON Pointer from that resource's own root.
    struct Place: Hashable {
        let resource: Int
        let pointer: String
    }

    /// A schema with a URI of its own: a document, or a subschema with `$id`.
    struct Resource {
        /// Absolute, without fragment.
        let uri: URIReference
        let root: JSONValue
        /// The resource it lies in, whose dialect it shares unless it names one.
        let parent: Int?
        var anchors: [String: Place] = [:]
        var dynamicAnchors: [String: Place] = [:]
    }

    /// The base of a document without `$id`; left out of the locations we print.
    static let unnamed = "unnamed-schema:/"
    private static let maximumNesting = 512
    /// Bytes of a URI or a pointer: every place carries its own, so long names would multiply.
    private static let maximumAddress = 2048

    private(set) var resources: [Resource] = []
    private var byURI: [String: Int] = [:]
    /// Where a resource lies inside another one.
    private var embedded: [Place: Int] = [:]
    private var subschemaCount = 0
    private let maximumSubschemas: Int

    init(maximumSubschemas: Int) { self.maximumSubschemas = maximumSubschemas }

    /// Makes a document findable by `uri` and by its `$id`, with everything inside; answers its resource.
    mutating func add(_ document: JSONValue, uri: String) throws(JSONSchemaError) -> Int {
        let base = URIReference(URIReference(uri).document)
        let index = resources.count
        try addResource(document, base: base)
        if byURI[base.text] == nil { byURI[base.text] = index }
        return index
    }

    private mutating func addResource(
        _ value: JSONValue, base: URIReference, parent: Int? = nil, depth: Int = 0
    ) throws(JSONSchemaError) {
        let index = resources.count
        var uri = base
        if let id = value["$id"]?.string {
            let reference = URIReference(id)
            guard (reference.fragment ?? "").isEmpty else {
                throw JSONSchemaError(.malformed, at: "\(base.text)#/$id", "must have no fragment; use $anchor")
            }
            uri = base.resolving(reference)
            uri.fragment = nil
            guard uri.text.utf8.count <= Self.maximumAddress else {
                throw JSONSchemaError(.tooLarge, at: "#/$id", "is longer than \(Self.maximumAddress) bytes")
            }
        }
        resources.append(Resource(uri: uri, root: value, parent: parent))
        if byURI[uri.text] == nil { byURI[uri.text] = index }
        try scan(value, at: Place(resource: index, pointer: ""), depth: depth)
    }

    /// Looks for identifiers in the places where 2020-12 expects subschemas; elsewhere they are just data.
    private mutating func scan(_ value: JSONValue, at place: Place, depth: Int) throws(JSONSchemaError) {
        subschemaCount += 1
        guard subschemaCount <= maximumSubschemas else {
            throw JSONSchemaError(.tooLarge, at: location(place), "has more than \(maximumSubschemas) subschemas")
        }
        guard depth <= Self.maximumNesting else {
            throw JSONSchemaError(.tooLarge, at: location(place), "nests deeper than \(Self.maximumNesting)")
        }
        guard isShort(place.pointer) else {
            throw JSONSchemaError(
                .tooLarge, at: SchemaPhrases.cut(location(place)), "has too long names on the way to it")
        }
        guard case .object(let object) = value else { return }
        if let name = object["$anchor"]?.string { resources[place.resource].anchors[name] = place }
        if let name = object["$dynamicAnchor"]?.string {
            resources[place.resource].anchors[name] = place
            resources[place.resource].dynamicAnchors[name] = place
        }
        for (keyword, child) in object.members {
            let pointer = "\(place.pointer)/\(JSONPointer.escape(keyword))"
            switch (SubschemaShape.of(keyword), child) {
            case (.one, _):
                try enter(child, at: Place(resource: place.resource, pointer: pointer), depth: depth + 1)
            case (.list, .array(let elements)):
                for (position, element) in elements.enumerated() {
                    try enter(
                        element, at: Place(resource: place.resource, pointer: "\(pointer)/\(position)"),
                        depth: depth + 1)
                }
            case (.named, .object(let members)):
                for (name, member) in members.members {
                    let place = Place(resource: place.resource, pointer: "\(pointer)/\(JSONPointer.escape(name))")
                    try enter(member, at: place, depth: depth + 1)
                }
            default: break
            }
        }
    }

    private mutating func enter(_ value: JSONValue, at place: Place, depth: Int) throws(JSONSchemaError) {
        guard value["$id"]?.string != nil else { return try scan(value, at: place, depth: depth) }
        embedded[place] = resources.count
        try addResource(value, base: resources[place.resource].uri, parent: place.resource, depth: depth)
    }

    /// Finds a resource by its URI without fragment, among the documents given and the built-in metaschemas.
    mutating func resource(_ uri: String) throws(JSONSchemaError) -> Int? {
        if let index = byURI[uri] { return index }
        guard let metaschema = Metaschemas.document(uri) else { return nil }
        return try add(metaschema, uri: uri)
    }

    /// Follows a reference written in `resource`. The second answer is the name of the dynamic anchor it ended at.
    mutating func resolve(
        _ reference: String, in resource: Int, at location: String
    ) throws(JSONSchemaError) -> (place: Place, dynamicAnchor: String?) {
        let target = resources[resource].uri.resolving(URIReference(reference))
        let missing = JSONSchemaError(
            .unresolvedReference, at: location, "leads nowhere: \(target.text.dropUnnamed) is not among the documents")
        guard let found = try self.resource(target.document),
            let fragment = URIReference.decoded(target.fragment ?? "")
        else { throw missing }
        if fragment.isEmpty || fragment.hasPrefix("/") {
            guard let tokens = JSONPointer.tokens(fragment), let place = walk(tokens, from: found) else {
                throw missing
            }
            return (place, nil)
        }
        guard let place = resources[found].anchors[fragment] else { throw missing }
        return (place, resources[found].dynamicAnchors[fragment] == nil ? nil : fragment)
    }

    /// Follows a pointer, changing over to the resources it passes into.
    private func walk(_ tokens: [String], from resource: Int) -> Place? {
        var place = Place(resource: resource, pointer: "")
        var value = resources[resource].root
        for token in tokens {
            guard let child = value.child(token), isShort(place.pointer) else { return nil }
            value = child
            place = Place(resource: place.resource, pointer: "\(place.pointer)/\(JSONPointer.escape(token))")
            if let inner = embedded[place] { place = Place(resource: inner, pointer: "") }
        }
        return place
    }

    /// The place of a subschema, which is another resource's root when it has an `$id`.
    func place(_ path: String, under parent: Place) -> Place {
        let place = Place(resource: parent.resource, pointer: "\(parent.pointer)/\(path)")
        return embedded[place].map { Place(resource: $0, pointer: "") } ?? place
    }

    /// Whether a pointer is short enough for all places below it to carry it.
    func isShort(_ pointer: String) -> Bool { pointer.utf8.count <= Self.maximumAddress }

    /// What is written at a place.
    func value(at place: Place) -> JSONValue? {
        var value: JSONValue? = resources[place.resource].root
        for token in JSONPointer.tokens(place.pointer) ?? [] { value = value?.child(token) }
        return value
    }

    /// A place as people write it: `#/properties/a`, with the URI before it when the resource has one.
    func location(_ place: Place) -> String { "\(resources[place.resource].uri.text.dropUnnamed)#\(place.pointer)" }
}

extension String {
    /// Without the base we make up for documents that have no URI.
    fileprivate var dropUnnamed: Substring {
        hasPrefix(SchemaRegistry.unnamed) ? dropFirst(SchemaRegistry.unnamed.count) : self[...]
    }
}

/// Where subschemas lie in a keyword's value.
enum SubschemaShape {
    case one, list, named, none

    static func of(_ keyword: String) -> SubschemaShape {
        switch keyword {
        case "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames",
            "then", "unevaluatedItems", "unevaluatedProperties":
            .one
        case "allOf", "anyOf", "oneOf", "prefixItems": .list
        case "$defs", "definitions", "dependentSchemas", "patternProperties", "properties": .named
        default: .none
        }
    }
}
