// SPDX-License-Identifier: Apache-2.0

extension PatternParser {
    /// What follows a backslash outside a class.
    mutating func parseEscape() throws(PatternError) -> PatternTree {
        guard let scalar = next else { throw failure("backslash at the end") }
        switch scalar {
        case "b", "B":
            position += 1
            return .wordBoundary(scalar == "b")
        case "1"..."9", "k": throw unsupported("back-references are not supported")
        default: break
        }
        if let set = try parseClassEscape() { return keep(set) }
        return .scalar(try parseCharacterEscape())
    }

    /// `\d` and the other escapes that mean more than one character.
    private mutating func parseClassEscape() throws(PatternError) -> ScalarSet? {
        guard let scalar = next else { return nil }
        let set: ScalarSet
        switch scalar {
        case "d": set = .digits
        case "D": set = ScalarSet.digits.negated
        case "w": set = .wordCharacters
        case "W": set = ScalarSet.wordCharacters.negated
        case "s": set = .spaces
        case "S": set = ScalarSet.spaces.negated
        case "p", "P":
            position += 1
            return try parseProperty(negated: scalar == "P")
        default: return nil
        }
        position += 1
        return set
    }

    private mutating func parseProperty(negated: Bool) throws(PatternError) -> ScalarSet {
        guard skip("{" as Unicode.Scalar), let end = scalars[position...].firstIndex(of: "}") else {
            throw failure("a property needs a name in braces")
        }
        var name = ""
        name.unicodeScalars.append(contentsOf: scalars[position..<end])
        guard let property = ScalarProperty(name) else { throw unsupported("unsupported property") }
        position = end + 1
        return ScalarSet(property, negated: negated)
    }

    /// An escape that means one character; surrogates may come out of it, which match nothing.
    private mutating func parseCharacterEscape() throws(PatternError) -> UInt32 {
        guard let scalar = next else { throw failure("backslash at the end") }
        position += 1
        switch scalar {
        case "t": return 0x09
        case "n": return 0x0A
        case "v": return 0x0B
        case "f": return 0x0C
        case "r": return 0x0D
        case "0":
            if let digit = next, ("0"..."9").contains(digit) { throw failure("octal escapes are not supported") }
            return 0
        case "c":
            guard let letter = next, letter.isASCII, letter.properties.isAlphabetic else {
                throw failure("malformed control escape")
            }
            position += 1
            return letter.value & 31
        case "x": return try parseHex(digits: 2)
        case "u": return try parseUnicodeEscape()
        default:
            // Letters and digits are kept for escapes yet to come; punctuation can only mean itself.
            guard scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else {
                position -= 1
                throw failure("unknown escape")
            }
            return scalar.value
        }
    }

    private mutating func parseUnicodeEscape() throws(PatternError) -> UInt32 {
        if skip("{" as Unicode.Scalar) {
            var value: UInt32 = 0
            let start = position
            while let digit = next.flatMap(hexValue) {
                value = value << 4 | digit
                guard value <= 0x10FFFF else { throw failure("code point out of range") }
                position += 1
            }
            guard position > start, skip("}" as Unicode.Scalar) else { throw failure("malformed escape") }
            return value
        }
        let first = try parseHex(digits: 4)
        let afterFirst = position
        guard (0xD800..<0xDC00).contains(first), skip("\\u"), let second = try? parseHex(digits: 4),
            (0xDC00..<0xE000).contains(second)
        else {
            position = afterFirst
            return first
        }
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private mutating func parseHex(digits: Int) throws(PatternError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = next.flatMap(hexValue) else { throw failure("malformed escape") }
            value = value << 4 | digit
            position += 1
        }
        return value
    }

    private func hexValue(_ scalar: Unicode.Scalar) -> UInt32? {
        scalar.isASCII ? ASCII.hexValue(UInt8(scalar.value)).map(UInt32.init) : nil
    }

    /// What follows `[`, up to and with the `]`.
    mutating func parseClass() throws(PatternError) -> ScalarSet {
        var set = ScalarSet()
        let isNegated = skip("^" as Unicode.Scalar)
        while !skip("]" as Unicode.Scalar) {
            let first = try parseClassAtom()
            // A hyphen makes a range only between two single characters; elsewhere it is itself.
            guard case .scalar(let low) = first, next == "-", position + 1 < scalars.count,
                scalars[position + 1] != "]"
            else {
                insert(first, into: &set)
                continue
            }
            position += 1
            let second = try parseClassAtom()
            if case .scalar(let high) = second {
                guard low <= high else { throw failure("range is out of order") }
                set.insert(low...high)
            } else {
                insert(first, into: &set)
                set.insert(0x2D...0x2D)
                insert(second, into: &set)
            }
        }
        set.isNegated = isNegated
        return set
    }

    private enum ClassAtom {
        case scalar(UInt32)
        case set(ScalarSet)
    }

    private func insert(_ atom: ClassAtom, into set: inout ScalarSet) {
        switch atom {
        case .scalar(let value): set.insert(value...value)
        case .set(let other): set.insert(other)
        }
    }

    private mutating func parseClassAtom() throws(PatternError) -> ClassAtom {
        guard let scalar = next else { throw failure("unmatched [") }
        position += 1
        guard scalar == "\\" else { return .scalar(scalar.value) }
        if skip("b" as Unicode.Scalar) { return .scalar(0x08) }
        if let set = try parseClassEscape() { return .set(set) }
        return .scalar(try parseCharacterEscape())
    }
}
