// SPDX-License-Identifier: Apache-2.0

/// One value being held against one program.
struct SchemaEvaluation {
    /// A step from a value into one of its parts.
    enum Step {
        case name(String)
        case index(Int)
    }

    let program: SchemaProgram
    /// Whether violations are written down. Off while branches are tried out, whose failures may not matter.
    var collecting: Bool
    var path: [Step] = []
    var found: [JSONSchemaViolation] = []
    private var budget: Int
    private var depth = 0
    /// The resources entered and not left, outermost first; kept only when some `$dynamicRef` asks.
    private var scope: [Int] = []
    /// Set when a limit was hit: from then on nothing is valid, whatever a `not` makes of it.
    private(set) var exhausted: String?

    init(program: SchemaProgram, collecting: Bool) {
        self.program = program
        self.collecting = collecting
        budget = program.limits.maximumWork
    }

    mutating func accepts(_ value: JSONValue) -> Bool {
        var unused: EvaluatedParts?
        return apply(program.entry, to: value, evaluated: &unused) && exhausted == nil
    }

    mutating func violations(of value: JSONValue) -> [JSONSchemaViolation] {
        if accepts(value) { return [] }
        return refusal.map { found.prefix(program.limits.maximumProblems - 1) + [$0] } ?? found
    }

    /// That a limit was hit, as a violation.
    var refusal: JSONSchemaViolation? {
        exhausted.map { message in
            JSONSchemaViolation(
                instanceLocation: "", keyword: "", schemaLocation: program.nodes[program.entry].location,
                message: message)
        }
    }

    /// Takes `cost` steps off what this validation may use; false when there is nothing left.
    @discardableResult
    mutating func spend(_ cost: Int) -> Bool {
        budget -= cost
        if budget < 0, exhausted == nil { exhausted = "takes too long to check against the schema" }
        return exhausted == nil
    }

    /// Whether a text matches a pattern; false when the budget ran out.
    mutating func matches(_ pattern: Pattern, _ text: String) -> Bool {
        guard let answer = pattern.matches(text, budget: &budget) else {
            spend(0)
            return false
        }
        return answer
    }

    /// Holds `value` against one node. Parts of the value that this looks at are marked in `evaluated`, when given.
    mutating func apply(_ number: Int, to value: JSONValue, evaluated: inout EvaluatedParts?) -> Bool {
        let node = program.nodes[number]
        if let verdict = node.verdict { return verdict || fail(node, "false", "is not allowed") }
        guard spend(8) else { return false }
        guard depth < program.limits.maximumDepth else {
            exhausted = "nests too deeply to be checked against the schema"
            return false
        }
        depth += 1
        if program.usesDynamicScope { scope.append(node.resource) }
        defer {
            depth -= 1
            if program.usesDynamicScope { scope.removeLast() }
        }
        guard node.hasUnevaluated else { return check(node, value, &evaluated) }
        var own: EvaluatedParts? = EvaluatedParts()
        var isValid = check(node, value, &own)
        if isValid || collecting { isValid = checkUnevaluated(node, value, &own) && isValid }
        if let own { evaluated?.formUnion(own) }
        return isValid
    }

    /// All keywords but the `unevaluated` ones, which come after them.
    private mutating func check(_ node: SchemaNode, _ value: JSONValue, _ evaluated: inout EvaluatedParts?) -> Bool {
        var isValid = true
        if case .number(let number) = value, !spend(number.text.utf8.count / 16) { return false }
        if let types = node.types, !types.allows(value) {
            guard collecting else { return false }
            isValid = fail(node, "type", "must be \(types.phrase)")
        }
        if let equality = node.equality, !checkEquality(node, equality, value) { isValid = false }
        guard isValid || collecting else { return false }
        switch value {
        case .number(let number):
            if let rules = node.numbers { isValid = checkNumber(node, rules, number) && isValid }
        case .string(let text):
            if let rules = node.strings { isValid = checkString(node, rules, text) && isValid }
        case .array(let elements):
            if let rules = node.arrays { isValid = checkArray(node, rules, elements, &evaluated) && isValid }
        case .object(let object):
            if let rules = node.objects { isValid = checkObject(node, rules, object, &evaluated) && isValid }
        case .null, .bool: break
        }
        for rule in node.inPlace {
            guard isValid || collecting else { return false }
            isValid = checkInPlace(node, rule, value, &evaluated) && isValid
        }
        return isValid
    }

    /// The node a `$dynamicRef` means here: the anchor of that name in the outermost resource that has one.
    func dynamicTarget(_ node: Int, anchor: String) -> Int {
        for resource in scope {
            if let target = program.dynamicAnchors[resource][anchor] { return target }
        }
        return node
    }

    /// Tries something out without writing down why it fails.
    mutating func quietly(_ trial: (inout SchemaEvaluation) -> Bool) -> Bool {
        let wasCollecting = collecting
        collecting = false
        defer { collecting = wasCollecting }
        return trial(&self)
    }

    /// What a trial finds wrong, without keeping it.
    mutating func findings(_ trial: (inout SchemaEvaluation) -> Bool) -> [JSONSchemaViolation] {
        let before = found
        found = []
        defer { found = before }
        return trial(&self) ? [] : found
    }

    /// Applies a node to one part of the value.
    mutating func descend(_ step: @autoclosure () -> Step, _ node: Int, _ value: JSONValue) -> Bool {
        var unused: EvaluatedParts?
        guard collecting else { return apply(node, to: value, evaluated: &unused) }
        path.append(step())
        defer { path.removeLast() }
        return apply(node, to: value, evaluated: &unused)
    }

    /// Writes a violation down when they are wanted. Always false.
    mutating func fail(
        _ node: SchemaNode, _ keyword: String, at missing: String? = nil, _ message: @autoclosure () -> String
    ) -> Bool {
        guard collecting, found.count < program.limits.maximumProblems else { return false }
        found.append(
            JSONSchemaViolation(
                instanceLocation: location(missing), keyword: keyword,
                schemaLocation: keyword == "false" ? node.location : "\(node.location)/\(JSONPointer.escape(keyword))",
                message: message()))
        return false
    }

    private func location(_ missing: String?) -> String {
        var text = ""
        for step in path + (missing.map { [.name($0)] } ?? []) {
            switch step {
            case .name(let name):
                text += "/" + JSONPointer.escape(SchemaPhrases.cut(name, to: 100))
            case .index(let index): text += "/\(index)"
            }
        }
        return text
    }
}

/// Which parts of one value some schema has looked at, for the `unevaluated` keywords.
struct EvaluatedParts {
    var allItems = false
    /// Items before this position have been looked at.
    var firstItems = 0
    /// Further items, by position.
    var items: Set<Int> = []
    var allMembers = false
    /// Members, by their position in the object.
    var members: Set<Int> = []

    mutating func formUnion(_ other: EvaluatedParts) {
        allItems = allItems || other.allItems
        firstItems = max(firstItems, other.firstItems)
        items.formUnion(other.items)
        allMembers = allMembers || other.allMembers
        members.formUnion(other.members)
    }
}
