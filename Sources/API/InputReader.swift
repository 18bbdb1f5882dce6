// SPDX-License-Identifier: Apache-2.0

package import Common

/// Reads the parts of a request one by one and collects what is wrong with them, or only notes which parts there are.
package struct InputReader: Sendable {
    /// There while an input is only described.
    private(set) var description: InputDescription?
    private(set) var refusals = Refusals()

    private let path: [(name: String, value: String)]
    private let query: [(name: String, value: String)]
    private let header: @Sendable (String) -> String?
    private let members: JSONObject
    private let raw: (mediaType: String, bytes: [UInt8])
    private let pointer: String
    private var knownQuery: [String] = []
    private var knownMembers: [String] = []

    private init(
        description: InputDescription?, path: [(name: String, value: String)], query: [(name: String, value: String)],
        header: @escaping @Sendable (String) -> String?, members: JSONObject, raw: (String, [UInt8]), pointer: String
    ) {
        self.description = description
        self.path = path
        self.query = query
        self.header = header
        self.members = members
        self.raw = raw
        self.pointer = pointer
    }

    init(
        path: [(name: String, value: String)], query: [(name: String, value: String)],
        header: @escaping @Sendable (String) -> String?, members: JSONObject, raw: (String, [UInt8])
    ) {
        self.init(
            description: nil, path: path, query: query, header: header, members: members, raw: raw, pointer: "")
    }

    init(members: JSONObject, pointer: String) {
        self.init(
            description: nil, path: [], query: [], header: { _ in nil }, members: members, raw: ("", []),
            pointer: pointer)
    }

    static func describing() -> InputReader {
        InputReader(
            description: InputDescription(), path: [], query: [], header: { _ in nil }, members: [:], raw: ("", []),
            pointer: "")
    }

    /// Whether values are placeholders, because nothing has been sent.
    package var isDescribing: Bool { description != nil }

    /// The parts of the path, the items of the query and the body's members as they came, decoded and in order; for an input
    /// that is passed on to somebody else.
    package var sentPath: [(name: String, value: String)] { path }
    package var sentQuery: [(name: String, value: String)] { query }
    package var sentBody: JSONObject { members }

    /// Refuses a member for a reason that its shape does not show; `field` is a JSON Pointer below this object, or a
    /// name.
    package mutating func refuse(_ field: String, _ message: String) {
        if !isDescribing { refusals.add(pointer + field, message) }
    }
}

// MARK: - Members that go together

extension InputReader {
    /// Refuses a body that gives none of these members; null and an empty array give nothing.
    package mutating func requireOne(of first: String, _ others: String...) {
        require(.init(names: [first] + others, isExclusive: false))
    }

    /// Refuses a body that gives none of these members, or more than one of them.
    package mutating func requireExactlyOne(of first: String, _ others: String...) {
        require(.init(names: [first] + others, isExclusive: true))
    }

    private mutating func require(_ choice: InputDescription.Choice) {
        if isDescribing {
            description?.choices.append(choice)
            return
        }
        let given = choice.names.filter { members[$0].map { !$0.isNull && $0 != .array([]) } ?? false }
        let first = choice.names[0]
        let others = choice.names.dropFirst().joined(separator: " or ")
        if given.isEmpty {
            refuse("/\(first)", "is required unless \(others) is given")
        } else if choice.isExclusive, given.count > 1 {
            refuse("/\(given[1])", "does not go together with \(given[0])")
        }
    }
}

// MARK: - The body

extension InputReader {
    /// A member of the body that must be there.
    package mutating func member<Value>(_ name: String, _ description: String, _ shape: Shape<Value>) -> Value {
        guard let value = member(name, description, shape, isRequired: true, schema: shape.schema) else {
            if !isDescribing, members[name] == nil { refusals.add("\(pointer)/\(escaped(name))", "is required") }
            return shape.placeholder()
        }
        return value
    }

    /// A member of the body that may be left out or null.
    package mutating func optional<Value>(_ name: String, _ description: String, _ shape: Shape<Value>) -> Value? {
        member(name, description, shape, isRequired: false) { shape.schema(&$0).nullable }
    }

    /// A member of the body that means `fallback` when it is left out or null.
    package mutating func member<Value: WireValue>(
        _ name: String, _ description: String, _ shape: Shape<Value>, default fallback: Value
    ) -> Value {
        member(name, description, shape, isRequired: false) { components in
            var schema = shape.schema(&components).nullable
            schema["default"] = try? JSONValue.parse(fallback.json)
            return schema
        } ?? fallback
    }

    private mutating func member<Value>(
        _ name: String, _ text: String, _ shape: Shape<Value>, isRequired: Bool,
        schema: @escaping @Sendable (inout Components) -> JSONObject
    ) -> Value? {
        if isDescribing {
            description?.members.append(.init(name: name, description: text, isRequired: isRequired, schema: schema))
            return nil
        }
        knownMembers.append(name)
        guard let value = members[name] else { return nil }
        if !isRequired, value.isNull { return nil }
        return shape.read(value, "\(pointer)/\(escaped(name))", &refusals)
    }

    /// The whole body as it was sent, in one of the media types; the endpoint reads it by itself.
    package mutating func rawBody(
        _ description: String, _ content: [(mediaType: String, schema: @Sendable (inout Components) -> JSONObject)]
    ) -> (mediaType: String, bytes: [UInt8]) {
        self.description?.rawBody = .init(content: content, description: description)
        return raw
    }

    private func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        return name.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }

    /// Refuses members and query items that nothing has asked for.
    mutating func refuseUnknown() {
        for item in query where !knownQuery.contains(item.name) {
            refusals.add(item.name, "is not a query parameter of this request")
        }
        guard members.count > 0 else { return }
        for name in members.names where !knownMembers.contains(name) {
            refusals.add("\(pointer)/\(escaped(name))", "is not a known member")
        }
    }
}

// MARK: - Path, query, headers

extension InputReader {
    /// A part of the path; one that does not fit is refused like a member.
    package mutating func path<Value>(_ name: String, _ description: String, _ shape: Shape<Value>) -> Value {
        describe(.path, name, description, isRequired: true, schema: shape.schema)
        guard let text = path.first(where: { $0.name == name })?.value,
            let value = shape.read(shape.fromText(text), name, &refusals)
        else { return shape.placeholder() }
        return value
    }

    /// A query parameter that may be left out.
    package mutating func query<Value>(_ name: String, _ description: String, _ shape: Shape<Value>) -> Value? {
        query(name, description, shape, schema: shape.schema)
    }

    /// A query parameter that means `fallback` when it is left out.
    package mutating func query<Value: WireValue>(
        _ name: String, _ description: String, _ shape: Shape<Value>, default fallback: Value
    ) -> Value {
        query(name, description, shape) { components in
            var schema = shape.schema(&components)
            schema["default"] = try? JSONValue.parse(fallback.json)
            return schema
        } ?? fallback
    }

    /// A query parameter that must be there.
    package mutating func requiredQuery<Value>(_ name: String, _ description: String, _ shape: Shape<Value>) -> Value {
        guard let value = query(name, description, shape, isRequired: true, schema: shape.schema) else {
            if !isDescribing, !query.contains(where: { $0.name == name }) { refusals.add(name, "is required") }
            return shape.placeholder()
        }
        return value
    }

    private mutating func query<Value>(
        _ name: String, _ description: String, _ shape: Shape<Value>, isRequired: Bool = false,
        schema: @escaping @Sendable (inout Components) -> JSONObject
    ) -> Value? {
        describe(.query, name, description, isRequired: isRequired, schema: schema)
        knownQuery.append(name)
        var texts = query.lazy.filter { $0.name == name }.makeIterator()
        guard let item = texts.next() else { return nil }
        guard texts.next() == nil else {
            refusals.add(name, "must be given once")
            return nil
        }
        return shape.read(shape.fromText(item.value), name, &refusals)
    }

    /// A query parameter that may be given up to `max` times, as in `?status=queued&status=running`.
    package mutating func queryList<Value>(
        _ name: String, _ description: String, of shape: Shape<Value>, max: Int
    ) -> [Value] {
        describe(.query, name, description, isRequired: false, isList: true) { components in
            ["type": "array", "items": .object(shape.schema(&components)), "maxItems": JSONValue(max)]
        }
        knownQuery.append(name)
        let texts = query.filter { $0.name == name }
        guard texts.count <= max else {
            refusals.add(name, "must be given at most \(max) times")
            return []
        }
        return texts.compactMap { shape.read(shape.fromText($0.value), name, &refusals) }
    }

    /// A request header that may be left out.
    package mutating func header<Value>(_ name: String, _ description: String, _ shape: Shape<Value>) -> Value? {
        describe(.header, name, description, isRequired: false, schema: shape.schema)
        return header(name).flatMap { shape.read(shape.fromText($0), name, &refusals) }
    }

    /// A request header that must be there.
    package mutating func requiredHeader<Value>(_ name: String, _ description: String, _ shape: Shape<Value>) -> Value {
        describe(.header, name, description, isRequired: true, schema: shape.schema)
        guard let text = header(name) else {
            if !isDescribing { refusals.add(name, "is required") }
            return shape.placeholder()
        }
        return shape.read(shape.fromText(text), name, &refusals) ?? shape.placeholder()
    }

    private mutating func describe(
        _ place: InputDescription.Parameter.Place, _ name: String, _ text: String, isRequired: Bool,
        isList: Bool = false, schema: @escaping @Sendable (inout Components) -> JSONObject
    ) {
        guard isDescribing else { return }
        description?.parameters.append(
            .init(
                place: place, name: name, description: text, isRequired: isRequired, isList: isList, schema: schema))
    }
}
