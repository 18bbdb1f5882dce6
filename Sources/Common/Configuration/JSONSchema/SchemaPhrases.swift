// SPDX-License-Identifier: Apache-2.0

/// Rules in words. They speak of the schema only, never of the value.
enum SchemaPhrases {
    private static let maximumChoices = 12
    private static let maximumLength = 80

    static func choices(_ choices: [JSONValue]) -> String {
        let shown = choices.prefix(maximumChoices).map(short)
        return "must be one of " + shown.joined(separator: ", ") + (choices.count > shown.count ? ", …" : "")
    }

    static func constant(_ value: JSONValue) -> String { "must be \(short(value))" }

    static func pattern(_ pattern: Pattern) -> String { "must match the pattern \(cut(pattern.source))" }

    static func limit(_ limit: NumberRules.Limit) -> String {
        switch limit.bound {
        case .minimum: "must be at least \(cut(limit.text))"
        case .exclusiveMinimum: "must be more than \(cut(limit.text))"
        case .maximum: "must be at most \(cut(limit.text))"
        case .exclusiveMaximum: "must be less than \(cut(limit.text))"
        }
    }

    /// `must have at least 2 items`.
    static func count(_ word: String, _ count: Int, _ noun: String, _ nouns: String) -> String {
        "must have \(word) \(count) \(count == 1 ? noun : nouns)"
    }

    private static func short(_ value: JSONValue) -> String { cut(value.text) }

    /// The text, or as many scalars of its beginning and an ellipsis.
    static func cut(_ text: String, to length: Int = maximumLength) -> String {
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: length, limitedBy: scalars.endIndex) else {
            return text
        }
        return end == scalars.endIndex ? text : String(scalars[..<end]) + "…"
    }
}
