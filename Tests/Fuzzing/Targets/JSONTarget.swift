// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation

extension FuzzTarget {
    /// JSON: parsing, printing, the canonical form of RFC 8785, numbers and pointers; beside Foundation's own reader.
    static let json = FuzzTarget("json") { bytes in
        let value: JSONValue
        do throws(JSONParseError) {
            value = try JSONValue.parse(bytes)
        } catch {
            try hold((0...bytes.count).contains(error.offset), "an error lies outside the input")
            try JSONTarget.refusedRightly(bytes, error)
            return
        }
        try JSONTarget.printsTheSame(value)
        try JSONTarget.hasOneCanonicalForm(value)
        try JSONTarget.checkParts(of: value)
        try JSONTarget.acceptedRightly(bytes, value)
    }
}

private enum JSONTarget {
    static func printsTheSame(_ value: JSONValue) throws {
        let printed = value.bytes
        let again = try JSONValue.parse(printed)
        try hold(again.bytes == printed, "printing, parsing and printing gives other bytes")
        try hold(again == value && again.hashValue == value.hashValue, "what was printed is another value")
        try hold(Array(value.text.utf8) == printed, "text and bytes differ")
    }

    static func hasOneCanonicalForm(_ value: JSONValue) throws {
        let canonical = value.canonicalBytes
        let read = try JSONValue.parse(canonical)
        try hold(read.canonicalBytes == canonical, "the canonical form has another canonical form")
        let other = respelt(value)
        try hold(other == value, "the same value in another spelling is not equal")
        try hold(other.hashValue == value.hashValue, "equal values have unequal hashes")
        try hold(other.canonicalBytes == canonical, "equal values have two canonical forms")
    }

    /// The same value with its members the other way round and its numbers written with an exponent.
    private static func respelt(_ value: JSONValue) -> JSONValue {
        switch value {
        case .number(let number):
            let parts = DecimalNumber(number)
            // What is held at the bound of exponents would grow beyond it.
            guard abs(parts.exponent) < 1_000_000 else { return value }
            let digits = parts.digits.map { Character(Unicode.Scalar($0 + UInt8(ascii: "0"))) }
            let text = (parts.isNegative ? "-" : "") + "0." + (digits.isEmpty ? "0" : String(digits))
            return .number(JSONNumber(trusted: text + "E\(parts.exponent)"))
        case .array(let elements): return .array(elements.map(respelt))
        case .object(let object):
            return .object(JSONObject(object.members.reversed().map { ($0.name, respelt($0.value)) }))
        default: return value
        }
    }

    static func checkParts(of value: JSONValue) throws {
        switch value {
        case .number(let number):
            if let int = number.int { try hold(JSONNumber(int) == number, "\(number.text) is not \(int)") }
            if let double = number.double, let canonical = JSONValue.number(number).numberText {
                try hold(Double(canonical) == double, "\(canonical) is not what \(number.text) is as a double")
            }
        case .array(let elements): for element in elements { try checkParts(of: element) }
        case .object(let object):
            for (name, member) in object.members {
                let token = JSONPointer.escape(name)
                let tokens = JSONPointer.tokens("/" + token)
                try hold(tokens?.count == 1 && tokens?[0].isSpelt(as: name) == true, "a pointer to a name is another")
                try hold(value.child(name)?.bytes == member.bytes, "a member is not found by its name")
                try checkParts(of: member)
            }
        default: break
        }
    }

    // MARK: Beside Foundation

    /// What Foundation takes and we do not: UTF-16, UTF-32, a byte order mark, a name twice (which one counts is anybody's
    /// guess), deep nesting, and a comma behind the last member or element.
    static func refusedRightly(_ bytes: [UInt8], _ error: JSONParseError) throws {
        let isOtherEncoding = bytes.contains(0) || [0xEF, 0xFE, 0xFF].contains(bytes.first)
        guard !isOtherEncoding, !error.reason.hasPrefix("nested"), error.reason != "name given twice" else { return }
        let before = bytes[..<error.offset].last { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let here = error.offset < bytes.count ? bytes[error.offset] : 0
        if before == UInt8(ascii: ","), here == UInt8(ascii: "}") || here == UInt8(ascii: "]") { return }
        try hold(foundation(bytes) == nil, "Foundation reads what we refuse: \(error)")
    }

    /// What we take and Foundation does not: numbers that no double holds.
    static func acceptedRightly(_ bytes: [UInt8], _ value: JSONValue) throws {
        guard isWithinDoubles(value), !bytes.contains(0) else { return }
        guard let other = foundation(bytes) else { throw BrokenPromise("Foundation refuses what we take") }
        try hold(isSame(value, other), "Foundation reads something else")
    }

    private static func foundation(_ bytes: [UInt8]) -> Any? {
        try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    }

    private static func isWithinDoubles(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let number): number.double != nil
        case .array(let elements): elements.allSatisfy(isWithinDoubles)
        case .object(let object): object.members.allSatisfy { isWithinDoubles($0.value) }
        default: true
        }
    }

    private static func isSame(_ value: JSONValue, _ other: Any) -> Bool {
        switch value {
        case .null: return other is NSNull
        case .bool(let flag): return (other as? NSNumber)?.boolValue == flag
        case .number(let number):
            guard let double = number.double, let read = (other as? NSNumber)?.doubleValue else { return false }
            // Foundation goes by way of a decimal number when there are many digits, and does not round the last of them right.
            return abs(double - read) <= abs(double) * 1e-12
        case .string(let text): return (other as? String)?.isSpelt(as: text) == true
        case .array(let elements):
            guard let others = other as? [Any], others.count == elements.count else { return false }
            return zip(elements, others).allSatisfy(isSame)
        case .object(let object):
            guard let others = other as? [String: Any] else { return false }
            // To a dictionary two spellings of one character are one key.
            guard Set(object.names).count == object.count else { return true }
            return others.count == object.count
                && object.members.allSatisfy { member in others[member.name].map { isSame(member.value, $0) } == true }
        }
    }
}

extension JSONValue {
    fileprivate var numberText: String? {
        guard case .number = self else { return nil }
        return String(decoding: canonicalBytes, as: UTF8.self)
    }
}
