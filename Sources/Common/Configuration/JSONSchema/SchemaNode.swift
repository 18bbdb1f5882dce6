// SPDX-License-Identifier: Apache-2.0

/// A compiled schema with everything its references reach: numbers in place of references, nothing left to look up.
struct SchemaProgram: Sendable {
    let nodes: [SchemaNode]
    let entry: Int
    /// The dynamic anchors of each resource, by name; looked at only by `$dynamicRef`.
    let dynamicAnchors: [[String: Int]]
    let usesDynamicScope: Bool
    let limits: JSONSchema.Limits
}

/// One subschema, its keywords sorted by the kind of value they speak about.
final class SchemaNode: Sendable {
    let location: String
    let resource: Int
    /// For the schemas `true` and `false`.
    let verdict: Bool?
    let types: SchemaTypes?
    let equality: SchemaEquality?
    let numbers: NumberRules?
    let strings: StringRules?
    let arrays: ArrayRules?
    let objects: ObjectRules?
    /// Subschemas applied to the same value.
    let inPlace: [InPlaceRule]
    let unevaluatedItems: Int?
    let unevaluatedProperties: Int?

    init(
        location: String, resource: Int, verdict: Bool? = nil, types: SchemaTypes? = nil,
        equality: SchemaEquality? = nil, numbers: NumberRules? = nil, strings: StringRules? = nil,
        arrays: ArrayRules? = nil, objects: ObjectRules? = nil, inPlace: [InPlaceRule] = [],
        unevaluatedItems: Int? = nil, unevaluatedProperties: Int? = nil
    ) {
        self.location = location
        self.resource = resource
        self.verdict = verdict
        self.types = types
        self.equality = equality
        self.numbers = numbers
        self.strings = strings
        self.arrays = arrays
        self.objects = objects
        self.inPlace = inPlace
        self.unevaluatedItems = unevaluatedItems
        self.unevaluatedProperties = unevaluatedProperties
    }

    var hasUnevaluated: Bool { unevaluatedItems != nil || unevaluatedProperties != nil }
}

/// The types a schema allows.
struct SchemaTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = SchemaTypes(rawValue: 1)
    static let boolean = SchemaTypes(rawValue: 2)
    static let integer = SchemaTypes(rawValue: 4)
    static let number = SchemaTypes(rawValue: 8)
    static let string = SchemaTypes(rawValue: 16)
    static let array = SchemaTypes(rawValue: 32)
    static let object = SchemaTypes(rawValue: 64)

    static let names: [(name: String, phrase: String, type: SchemaTypes)] = [
        ("null", "null", .null), ("boolean", "true or false", .boolean), ("integer", "an integer", .integer),
        ("number", "a number", .number), ("string", "a string", .string), ("array", "an array", .array),
        ("object", "an object", .object),
    ]

    func allows(_ value: JSONValue) -> Bool {
        switch value {
        case .null: contains(.null)
        case .bool: contains(.boolean)
        case .number(let number): contains(.number) || contains(.integer) && number.isInteger
        case .string: contains(.string)
        case .array: contains(.array)
        case .object: contains(.object)
        }
    }

    /// `an integer or null`.
    var phrase: String {
        Self.names.filter { contains($0.type) }.map(\.phrase).joined(separator: " or ")
    }
}

/// `const` and `enum`.
struct SchemaEquality: Sendable {
    let constant: JSONValue?
    let choices: [JSONValue]?
    /// What comparing with all of them costs, apart from the value's own share.
    let cost: Int
    /// How many of them are numbers, and arrays or objects: a value of that sort is read once for each.
    let numberCount: Int
    let containerCount: Int
    let choicesPhrase: String
}

/// `minimum` and its kin.
struct NumberRules: Sendable {
    enum Bound: String, Sendable, CaseIterable { case minimum, exclusiveMinimum, maximum, exclusiveMaximum }

    struct Limit: Sendable {
        let bound: Bound
        let text: String
        let int: Int?
        let decimal: DecimalNumber
    }

    let limits: [Limit]
    let multipleOf: DecimalDivisor?
}

/// `minLength` and its kin, and `format` when it is a rule.
struct StringRules: Sendable {
    var minLength: Int?
    var maxLength: Int?
    var pattern: Pattern?
    var format: StringFormat?

    var isEmpty: Bool { minLength == nil && maxLength == nil && pattern == nil && format == nil }
}

/// What the items of an array must be.
struct ArrayRules: Sendable {
    struct Contains: Sendable {
        let node: Int
        let minimum: Int
        let maximum: Int?
    }

    var prefix: [Int] = []
    var items: Int?
    var contains: Contains?
    var minItems: Int?
    var maxItems: Int?
    var unique = false

    var isEmpty: Bool {
        prefix.isEmpty && items == nil && contains == nil && minItems == nil && maxItems == nil && !unique
    }
}

/// What the members of an object must be.
struct ObjectRules: Sendable {
    var properties: [String: Int] = [:]
    var patterns: [(pattern: Pattern, node: Int)] = []
    var additional: Int?
    var names: Int?
    var required: [String] = []
    var dependentRequired: [(name: String, required: [String])] = []
    var minProperties: Int?
    var maxProperties: Int?
    /// What looking for the required members costs.
    var cost = 0

    /// Whether members must be walked at all.
    var looksAtMembers: Bool { !properties.isEmpty || !patterns.isEmpty || additional != nil || names != nil }

    var isEmpty: Bool {
        !looksAtMembers && required.isEmpty && dependentRequired.isEmpty && minProperties == nil
            && maxProperties == nil
    }
}

/// A keyword that applies subschemas to the value itself.
enum InPlaceRule: Sendable {
    case reference(Int)
    /// The node it means unless an enclosing resource has a dynamic anchor of that name.
    case dynamicReference(Int, anchor: String)
    case allOf([Int])
    case anyOf([Int])
    case oneOf([Int])
    case not(Int)
    case condition(if: Int, then: Int?, else: Int?)
    case dependent([(name: String, node: Int)])
}

extension JSONNumber {
    /// Whether the value has no fractional part, as for `2`, `2.0` and `2e3`.
    var isInteger: Bool {
        let isPlain = text.utf8.allSatisfy { ASCII.isDigit($0) || $0 == UInt8(ascii: "-") }
        return isPlain || DecimalNumber(self).isInteger
    }
}
