// SPDX-License-Identifier: Apache-2.0

import Common

/// A rule for text, told twice: as the ECMA-262 expression that documents show, and as a test that costs no engine.
package struct TextPattern: Sendable {
    /// The expression; anchored at both ends.
    package let source: String
    /// What to say to whoever broke it, to follow "must be".
    package let words: String
    package let matches: @Sendable (String) -> Bool

    package init(_ source: String, words: String, matches: @escaping @Sendable (String) -> Bool) {
        self.source = source
        self.words = words
        self.matches = matches
    }

    /// Any text without U+0000, which PostgreSQL cannot keep.
    package static let text = TextPattern(#"^[^\u0000]*$"#, words: "text without NUL characters") {
        !$0.utf8.contains(0)
    }

    /// The name of an agent, a daemon and the like.
    package static let name = TextPattern(
        "^[a-z][a-z0-9-]{0,62}$", words: "1 to 63 lowercase letters, digits and dashes, beginning with a letter"
    ) { text in
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first, isLowercase(first) else { return false }
        return text.utf8.allSatisfy { isLowercase($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// A W3C trace's id. All zeros are let through: they name no trace, and looking for them finds nothing.
    package static let traceID = TextPattern("^[0-9a-f]{32}$", words: "32 lowercase hexadecimal digits") { text in
        text.utf8.count == 32
            && text.utf8.allSatisfy { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }

    /// Printable ASCII without spaces at the ends, as request and correlation ids are.
    package static let token = TextPattern(
        "^[!-~]{1,128}$", words: "1 to 128 printable ASCII characters without spaces"
    ) { text in
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Digits of a cursor that this service has handed out.
    package static let cursor = TextPattern("^[A-Za-z0-9_-]{1,512}$", words: "a cursor that was handed out") { text in
        (1...512).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                isLowercase(byte) || isDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }

    /// An identifier of ours with that prefix.
    package static func identifier(prefix: String) -> TextPattern {
        TextPattern(
            "^\(prefix)_[0-7][0-9A-HJKMNP-TV-Z]{25}$", words: "an identifier such as \(prefix)_01J…"
        ) { text in
            text.hasPrefix(prefix + "_") && ULID.isValid(text.dropFirst(prefix.count + 1).utf8)
        }
    }

    private static func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
