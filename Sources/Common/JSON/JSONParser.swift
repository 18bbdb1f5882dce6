// SPDX-License-Identifier: Apache-2.0

/// Where and why text is not the JSON we accept.
package struct JSONParseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Bytes from the beginning to the offending one.
    package let offset: Int
    package let reason: String

    package var description: String { "\(reason) at byte \(offset)" }
}

extension JSONValue {
    /// How deep arrays and objects may nest; deeper input is refused, since every reader recurses over it.
    package static let maximumDepth = 128

    /// Reads one value that fills `bytes`. Strict RFC 8259: UTF-8, no comments, no trailing commas, and no name twice.
    package static func parse(_ bytes: [UInt8]) throws(JSONParseError) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        return try parser.parseDocument()
    }

    /// As `parse(_:)` of the text's UTF-8.
    package static func parse(_ text: String) throws(JSONParseError) -> JSONValue {
        try parse(Array(text.utf8))
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    var position = 0
    var depth = 0

    mutating func parseDocument() throws(JSONParseError) -> JSONValue {
        skipSpace()
        let value = try parseValue()
        skipSpace()
        guard position == bytes.count else { throw failure("unexpected text after the value") }
        return value
    }

    private func failure(_ reason: String) -> JSONParseError { JSONParseError(offset: position, reason: reason) }

    private func isNext(_ character: Unicode.Scalar) -> Bool {
        position < bytes.count && bytes[position] == UInt8(ascii: character)
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func parseValue() throws(JSONParseError) -> JSONValue {
        guard position < bytes.count else { throw failure("unexpected end") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", as: .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", as: .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", as: .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
        default: throw failure("unexpected character")
        }
    }

    private mutating func parseWord(_ word: StaticString, as value: JSONValue) throws(JSONParseError) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count, bytes[position..<end].elementsEqual("\(word)".utf8) else {
            throw failure("unexpected word")
        }
        position = end
        return value
    }

    private mutating func enter() throws(JSONParseError) {
        depth += 1
        guard depth <= JSONValue.maximumDepth else { throw failure("nested deeper than \(JSONValue.maximumDepth)") }
        position += 1
        skipSpace()
    }

    /// After an element: true when another follows, false when the container ended.
    private mutating func continues(until close: UInt8) throws(JSONParseError) -> Bool {
        skipSpace()
        guard position < bytes.count else { throw failure("unexpected end") }
        let byte = bytes[position]
        guard byte == UInt8(ascii: ",") || byte == close else { throw failure("expected a comma or the end") }
        position += 1
        guard byte != close else {
            depth -= 1
            return false
        }
        skipSpace()
        return true
    }

    private mutating func parseArray() throws(JSONParseError) -> [JSONValue] {
        try enter()
        var values: [JSONValue] = []
        if isNext("]") {
            position += 1
            depth -= 1
            return values
        }
        repeat { values.append(try parseValue()) } while try continues(until: UInt8(ascii: "]"))
        return values
    }

    private mutating func parseObject() throws(JSONParseError) -> JSONObject {
        try enter()
        var object = JSONObject()
        if isNext("}") {
            position += 1
            depth -= 1
            return object
        }
        repeat {
            guard isNext("\"") else { throw failure("expected a name") }
            let start = position
            let name = try parseString()
            skipSpace()
            guard isNext(":") else { throw failure("expected a colon") }
            position += 1
            skipSpace()
            guard object.insert(name, try parseValue()) else {
                throw JSONParseError(offset: start, reason: "name given twice")
            }
        } while try continues(until: UInt8(ascii: "}"))
        return object
    }

    private mutating func parseNumber() throws(JSONParseError) -> JSONNumber {
        let start = position
        if isNext("-") { position += 1 }
        let leadingZero = isNext("0")
        let integerDigits = skipDigits()
        guard integerDigits > 0, !(leadingZero && integerDigits > 1) else { throw failure("malformed number") }
        if isNext(".") {
            position += 1
            guard skipDigits() > 0 else { throw failure("malformed number") }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if isNext("+") || isNext("-") { position += 1 }
            guard skipDigits() > 0 else { throw failure("malformed number") }
        }
        return JSONNumber(trusted: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") <= 9 { position += 1 }
        return position - start
    }

    private mutating func parseString() throws(JSONParseError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
                    throw failure("text is not UTF-8")
                }
                position += 1
                return text
            case UInt8(ascii: "\\"): return try parseEscapedString(from: start)
            case 0..<0x20: throw failure("control character in a string")
            default: position += 1
            }
        }
        throw failure("unterminated string")
    }

    private mutating func parseEscapedString(from start: Int) throws(JSONParseError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw failure("text is not UTF-8") }
                position += 1
                return string
            case UInt8(ascii: "\\"):
                position += 1
                try parseEscape(into: &text)
            case 0..<0x20: throw failure("control character in a string")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw failure("unterminated string")
    }

    private mutating func parseEscape(into text: inout [UInt8]) throws(JSONParseError) {
        guard position < bytes.count else { throw failure("unterminated string") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            for unit in UTF8.encode(try parseUnicodeEscape()) ?? UTF8.encodedReplacementCharacter { text.append(unit) }
        default: throw failure("unknown escape")
        }
    }

    private mutating func parseUnicodeEscape() throws(JSONParseError) -> Unicode.Scalar {
        let first = try parseHex()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A high surrogate must be followed by its low half; a lone one has no UTF-8 form.
        guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw failure("lone surrogate") }
        position += 2
        let second = try parseHex()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw failure("lone surrogate") }
        return scalar
    }

    private mutating func parseHex() throws(JSONParseError) -> UInt16 {
        guard position + 4 <= bytes.count else { throw failure("unterminated string") }
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw failure("malformed escape")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
