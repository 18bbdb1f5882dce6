// SPDX-License-Identifier: Apache-2.0

/// Equality of JSON values as JSON Schema has it: numbers by value, strings by code points, members in any order.
///
/// Swift takes two spellings of `é` for the same string; JSON does not.
enum ExactEquality {
    static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    static func same(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): same(left, right)
        case (.array(let left), .array(let right)): left.elementsEqual(right, by: same)
        case (.object(let left), .object(let right)): same(left, right)
        default: false
        }
    }

    private static func same(_ left: JSONObject, _ right: JSONObject) -> Bool {
        left.count == right.count
            && left.members.allSatisfy { member in
                guard let other = right[exactly: member.name] else { return false }
                return same(member.value, other)
            }
    }

    /// About how much work it is to look at all of a value once.
    static func weight(_ value: JSONValue) -> Int {
        switch value {
        case .null, .bool: 1
        case .number(let number): 1 + number.text.utf8.count / 8
        case .string(let text): 1 + text.utf8.count / 16
        case .array(let elements): elements.reduce(1) { $0 + weight($1) }
        case .object(let object):
            object.members.reduce(1) { $0 + $1.name.utf8.count / 16 + weight($1.value) }
        }
    }
}

extension JSONObject {
    /// The member whose name has exactly these code points.
    subscript(exactly name: String) -> JSONValue? {
        // Plain ASCII has one spelling only, so what was found must be it.
        guard let value = self[name],
            name.utf8.allSatisfy({ $0 < 0x80 }) || members.contains(where: { ExactEquality.same($0.name, name) })
        else { return nil }
        return value
    }
}

/// A value under exact equality, for sets.
struct ExactValue: Hashable {
    let value: JSONValue

    static func == (left: ExactValue, right: ExactValue) -> Bool { ExactEquality.same(left.value, right.value) }

    func hash(into hasher: inout Hasher) { Self.hash(value, into: &hasher) }

    private static func hash(_ value: JSONValue, into hasher: inout Hasher) {
        switch value {
        case .null: hasher.combine(0)
        case .bool(let flag): hasher.combine(flag ? 1 : 2)
        case .number(let number):
            hasher.combine(3)
            hasher.combine(number)
        case .string(let text):
            hasher.combine(4)
            hash(text, into: &hasher)
        case .array(let elements):
            hasher.combine(5)
            hasher.combine(elements.count)
            for element in elements { hash(element, into: &hasher) }
        case .object(let object):
            hasher.combine(6)
            // Members have no order, so each is hashed alone and the results are mixed.
            var mixed = 0
            for member in object.members {
                var own = Hasher()
                hash(member.name, into: &own)
                hash(member.value, into: &own)
                mixed ^= own.finalize()
            }
            hasher.combine(mixed)
        }
    }

    /// By bytes: Swift's own hash is the same for all canonically equivalent texts, which invites collisions.
    private static func hash(_ text: String, into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        hasher.combine(text.utf8.count)
    }
}
