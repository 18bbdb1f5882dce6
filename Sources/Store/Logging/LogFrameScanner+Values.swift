// SPDX-License-Identifier: Apache-2.0

// MARK: - Strings

extension LogFrameScanner {
    /// Reads a string; escapes are checked, but surrogates and U+0000 are left to the general parser.
    mutating func readString() -> Text? {
        guard take("\"") else { return nil }
        let start = position
        var isEscaped = false
        while position < end {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return Text(range: start..<(position - 1), isEscaped: isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                guard let length = escapeLength(at: position) else { return nil }
                position += length
            case 0..<0x20: return nil
            case 0x80...:
                guard isUnicode else { return nil }
                position += 1
            default: position += 1
            }
        }
        return nil
    }

    /// The bytes of the escape at `place`; nil if it is malformed or not one for us.
    private func escapeLength(at place: Int) -> Int? {
        guard place + 1 < end else { return nil }
        switch bytes[place + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard let value = codeUnit(at: place + 2), value != 0, !(0xD800...0xDFFF).contains(value) else {
                return nil
            }
            return 6
        default: return nil
        }
    }

    private func codeUnit(at place: Int) -> UInt32? {
        guard place + 4 <= end else { return nil }
        var value: UInt32 = 0
        for byte in bytes[place..<(place + 4)] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }

    func append(_ text: Text, to rows: inout LogRows) -> Bool {
        guard text.isEscaped else {
            rows.append(text: bytes[text.range])
            return true
        }
        return rows.append { decode(text.range, into: &$0) }
    }

    private func decode(_ range: Range<Int>, into output: inout [UInt8]) -> Bool {
        var place = range.lowerBound
        while place < range.upperBound {
            let byte = bytes[place]
            guard byte == UInt8(ascii: "\\") else {
                output.append(byte)
                place += 1
                continue
            }
            switch bytes[place + 1] {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                guard let value = codeUnit(at: place + 2), let scalar = Unicode.Scalar(value),
                    let units = UTF8.encode(scalar)
                else { return false }
                output.append(contentsOf: units)
                place += 4
            case let literal: output.append(literal)
            }
            place += 2
        }
        return true
    }
}

// MARK: - Values within `fields`

extension LogFrameScanner {
    /// Moves behind any value, checking it. Spaces between its parts are fine, line breaks and tabs are not: the text is
    /// kept as it is, and readers rely on its being one line.
    mutating func skipValue(depth: Int) -> Bool {
        guard position < end, depth < Self.deepest else { return false }
        switch bytes[position] {
        case UInt8(ascii: "\""): return readString() != nil
        case UInt8(ascii: "{"): return skipObject(depth: depth)
        case UInt8(ascii: "["): return skipArray(depth: depth)
        case UInt8(ascii: "t"): return readWord("true")
        case UInt8(ascii: "f"): return readWord("false")
        case UInt8(ascii: "n"): return readWord("null")
        default: return skipNumber()
        }
    }

    private mutating func skipBlanks() {
        while position < end, bytes[position] == 0x20 { position += 1 }
    }

    private mutating func skipObject(depth: Int) -> Bool {
        position += 1
        skipBlanks()
        if take("}") { return true }
        let first = names.count
        defer { names.removeSubrange(first...) }
        repeat {
            skipBlanks()
            guard let name = readString(), !name.isEscaped, isNew(name.range, since: first) else { return false }
            names.append(name.range)
            skipBlanks()
            guard take(":") else { return false }
            skipBlanks()
            guard skipValue(depth: depth + 1) else { return false }
            skipBlanks()
        } while take(",")
        return take("}")
    }

    private func isNew(_ name: Range<Int>, since first: Int) -> Bool {
        guard names.count - first < Self.mostMembers else { return false }
        for other in names[first...] where other.count == name.count {
            if bytes[other].elementsEqual(bytes[name]) { return false }
        }
        return true
    }

    private mutating func skipArray(depth: Int) -> Bool {
        position += 1
        skipBlanks()
        if take("]") { return true }
        repeat {
            skipBlanks()
            guard skipValue(depth: depth + 1) else { return false }
            skipBlanks()
        } while take(",")
        return take("]")
    }

    private mutating func skipNumber() -> Bool {
        _ = take("-")
        let startsWithZero = isNext("0")
        let digits = skipDigits()
        guard digits > 0, !(startsWithZero && digits > 1) else { return false }
        if take("."), skipDigits() == 0 { return false }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            return skipDigits() > 0
        }
        return true
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while position < end, bytes[position] &- UInt8(ascii: "0") <= 9 { position += 1 }
        return position - start
    }
}
