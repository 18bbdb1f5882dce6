// SPDX-License-Identifier: Apache-2.0

package import Common

extension Shape where Value == String {
    /// Text of so many characters (Unicode code points) that fits the pattern.
    package static func string(
        _ pattern: TextPattern = .text, min: Int = 0, max: Int = 1024, format: String? = nil
    ) -> Shape<String> {
        Shape(
            schema: { _ in
                var schema: JSONObject = ["type": "string", "pattern": .string(pattern.source)]
                if min > 0 { schema["minLength"] = JSONValue(min) }
                schema["maxLength"] = JSONValue(max)
                if let format { schema["format"] = .string(format) }
                return schema
            },
            placeholder: { "" }
        ) { value, pointer, refusals in
            guard let text = value.expect(\.string, "a string", pointer, &refusals) else { return nil }
            // Bytes are an upper bound of characters and are counted at once.
            if text.utf8.count > max || text.utf8.count < min * 4 {
                let length = text.unicodeScalars.count
                guard length <= max else {
                    refusals.add(pointer, "must be at most \(max) characters, not \(length)")
                    return nil
                }
                guard length >= min else {
                    refusals.add(pointer, min == 1 ? "must not be empty" : "must be at least \(min) characters")
                    return nil
                }
            }
            guard pattern.matches(text) else {
                refusals.add(pointer, "must be \(pattern.words)")
                return nil
            }
            return text
        }
    }
}

extension Shape where Value == Int {
    /// A whole number in a range; `2.0` is one, as JSON Schema says.
    package static func integer(_ range: ClosedRange<Int>) -> Shape<Int> {
        Shape(
            schema: { _ in
                [
                    "type": "integer", "minimum": JSONValue(range.lowerBound), "maximum": JSONValue(range.upperBound),
                ]
            },
            placeholder: { range.lowerBound }, fromText: JSONValue.init(numberOrText:)
        ) { value, pointer, refusals in
            guard case .number(let number) = value else {
                refusals.add(pointer, "must be a whole number, not \(value.kindWords)")
                return nil
            }
            guard let int = number.int, range.contains(int) else {
                refusals.add(pointer, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
                return nil
            }
            return int
        }
    }
}

extension Shape where Value == Int {
    /// A whole number from 0 of at most nine digits, written as text: what a header's number is. Declared as text,
    /// because that is what arrives, and what programs check that read the document.
    package static var digits: Shape<Int> {
        let pattern = TextPattern("^(0|[1-9][0-9]{0,8})$", words: "a whole number of at most nine digits") { text in
            (1...9).contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) }
                && (text.utf8.first != 48 || text.utf8.count == 1)
        }
        return Shape<String>.string(pattern, max: 9).map(placeholder: 0, words: pattern.words) { Int($0) }
    }
}

extension Shape where Value == Double {
    /// A number in a range.
    package static func number(_ range: ClosedRange<Double>) -> Shape<Double> {
        Shape(
            schema: { _ in
                ["type": "number", "minimum": JSONValue(range.lowerBound), "maximum": JSONValue(range.upperBound)]
            },
            placeholder: { range.lowerBound }, fromText: JSONValue.init(numberOrText:)
        ) { value, pointer, refusals in
            guard case .number(let number) = value else {
                refusals.add(pointer, "must be a number, not \(value.kindWords)")
                return nil
            }
            guard let double = number.double, range.contains(double) else {
                refusals.add(pointer, "must be a number from \(range.lowerBound) to \(range.upperBound)")
                return nil
            }
            return double
        }
    }
}

extension Shape where Value == Bool {
    package static var bool: Shape<Bool> {
        Shape(
            schema: { _ in ["type": "boolean"] }, placeholder: { false },
            fromText: { $0 == "true" ? .bool(true) : $0 == "false" ? .bool(false) : .string($0) }
        ) { value, pointer, refusals in
            value.expect(\.bool, "true or false", pointer, &refusals)
        }
    }
}

extension Shape where Value == Timestamp {
    /// RFC 3339 text with an offset or `Z`.
    package static var timestamp: Shape<Timestamp> {
        Shape(
            schema: { _ in ["type": "string", "format": "date-time"] },
            placeholder: { Timestamp(microseconds: 0) }
        ) { value, pointer, refusals in
            guard case .string(let text) = value, let time = Timestamp(text) else {
                refusals.add(pointer, "must be a time such as 2026-11-21T05:00:00Z")
                return nil
            }
            return time
        }
    }
}

extension Shape {
    /// An identifier of ours.
    package static func id<Subject: Identified & SendableMetatype>(_: Subject.Type = Subject.self) -> Shape<ID<Subject>>
    where Value == ID<Subject> {
        let pattern = TextPattern.identifier(prefix: Subject.idPrefix)
        return Shape(
            schema: { _ in ["type": "string", "pattern": .string(pattern.source)] },
            placeholder: { ID<Subject>(trusted: "") }
        ) { value, pointer, refusals in
            guard case .string(let text) = value, let id = ID<Subject>(text) else {
                refusals.add(pointer, "must be \(pattern.words)")
                return nil
            }
            return id
        }
    }

    /// One word of an enumeration.
    package static func choice(_: Value.Type = Value.self) -> Shape<Value>
    where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
        choice(of: Array(Value.allCases))
    }

    /// One of some words of an enumeration; there is at least one.
    package static func choice(of words: [Value]) -> Shape<Value>
    where Value: RawRepresentable, Value.RawValue == String {
        Shape(
            schema: { _ in ["type": "string", "enum": .array(words.map { .string($0.rawValue) })] },
            placeholder: { words[0] }
        ) { value, pointer, refusals in
            if case .string(let text) = value, let word = words.first(where: { $0.rawValue == text }) { return word }
            let list = words.map(\.rawValue).joined(separator: ", ")
            refusals.add(pointer, "must be one of \(list)")
            return nil
        }
    }
}

extension JSONValue {
    /// The value as the wanted type, or a refusal that says what it is instead.
    func expect<Wanted>(
        _ wanted: (JSONValue) -> Wanted?, _ words: String, _ pointer: String, _ refusals: inout Refusals
    ) -> Wanted? {
        if let value = wanted(self) { return value }
        refusals.add(pointer, "must be \(words), not \(kindWords)")
        return nil
    }

    /// Text in a path or a query that is a JSON number, or else the text.
    init(numberOrText text: String) {
        // Only plain forms are tried, so that a long text costs nothing, and no blanks, which JSON has around its numbers.
        if text.utf8.count <= 32, let first = text.utf8.first, first == UInt8(ascii: "-") || (48...57).contains(first),
            let last = text.utf8.last, (48...57).contains(last), let number = try? JSONValue.parse(text),
            case .number = number
        {
            self = number
        } else {
            self = .string(text)
        }
    }
}
