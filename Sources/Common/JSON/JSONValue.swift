// SPDX-License-Identifier: Apache-2.0

/// Any JSON value, with numbers and member order as they were written.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// A JSON number by its source text, so that `1.0`, `1e2` and 30-digit integers survive being passed on.
///
/// Two numbers are equal when they denote the same value, whatever their spelling.
package struct JSONNumber: Sendable, Hashable {
    /// What was written, such as `-12.50e3`; valid by the JSON grammar.
    package let text: String

    /// Takes over text that is already known to be a JSON number.
    package init(trusted text: String) { self.text = text }

    package init(_ value: Int) { text = String(value) }

    /// A finite number; infinities and NaN, which JSON has no words for, become 0.
    package init(_ value: Double) { text = value.isFinite ? ECMAScriptNumber.text(value) : "0" }

    /// The value as an integer when it is one and fits, also when spelt `2.0` or `2e3`.
    package var int: Int? {
        if let plain = Int(text) { return plain }
        // A double would round what is nearly an integer, or a large one, to another.
        return DecimalNumber(self).int
    }

    /// The nearest double; nil only when it is too large to have one.
    package var double: Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    package static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        left.text == right.text || DecimalNumber(left) == DecimalNumber(right)
    }

    package func hash(into hasher: inout Hasher) { DecimalNumber(self).hash(into: &hasher) }
}

/// The members of a JSON object, in the order they were written, each name once.
package struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    package private(set) var members: [(name: String, value: JSONValue)] = []
    /// Made only for large objects: for few members a scan is faster than hashing.
    private var index: [Name: Int] = [:]
    private static let scanLimit = 12

    /// A name by its code points: `==` of texts also takes two spellings of one character for the same, JSON does not.
    private struct Name: Hashable {
        let text: String

        static func == (left: Name, right: Name) -> Bool { isSame(left.text, right.text) }

        /// The quick comparison comes first, as most names differ.
        static func isSame(_ left: String, _ right: String) -> Bool {
            left == right && left.utf8.elementsEqual(right.utf8)
        }
    }

    package init() {}

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (name, value) in elements { self[name] = value }
    }

    package init(_ members: some Sequence<(String, JSONValue)>) {
        for (name, value) in members { self[name] = value }
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var names: [String] { members.map(\.name) }

    /// The value of a member; setting nil removes it, setting a new name appends it.
    package subscript(name: String) -> JSONValue? {
        get { position(of: name).map { members[$0].value } }
        set {
            switch (position(of: name), newValue) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil):
                members.remove(at: position)
                reindex()
            case (nil, let value?): append(name, value)
            case (nil, nil): break
            }
        }
    }

    /// Adds a member unless one of that name is there; says whether it was added.
    @discardableResult
    package mutating func insert(_ name: String, _ value: JSONValue) -> Bool {
        guard position(of: name) == nil else { return false }
        append(name, value)
        return true
    }

    private mutating func append(_ name: String, _ value: JSONValue) {
        members.append((name, value))
        if members.count == Self.scanLimit + 1 {
            reindex()
        } else if members.count > Self.scanLimit {
            index[Name(text: name)] = members.count - 1
        }
    }

    private mutating func reindex() {
        index = [:]
        guard members.count > Self.scanLimit else { return }
        for (position, member) in members.enumerated() { index[Name(text: member.name)] = position }
    }

    private func position(of name: String) -> Int? {
        if members.count > Self.scanLimit { return index[Name(text: name)] }
        return members.firstIndex { Name.isSame($0.name, name) }
    }

    /// The same members with equal values, in whatever order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        var combined = 0
        for member in members {
            var own = Hasher()
            own.combine(member.name)
            own.combine(member.value)
            combined ^= own.finalize()
        }
        hasher.combine(combined)
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    package init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(nilLiteral: ()) { self = .null }
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }

    package init(_ value: Int) { self = .number(JSONNumber(value)) }
    package init(_ value: Double) { self = .number(JSONNumber(value)) }
}

extension JSONValue {
    package var isNull: Bool { self == .null }

    package var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    package var int: Int? {
        guard case .number(let value) = self else { return nil }
        return value.int
    }

    package var double: Double? {
        guard case .number(let value) = self else { return nil }
        return value.double
    }

    package var array: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    package var object: JSONObject? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    /// The member of that name, when this is an object that has it.
    package subscript(name: String) -> JSONValue? { object?[name] }

    /// What the value is, in the words of JSON Schema's `type`.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
