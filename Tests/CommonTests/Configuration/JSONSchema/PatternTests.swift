// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct PatternTests {
    @Test(arguments: [
        ("", "", true), ("", "abc", true), ("b", "abc", true), ("^b", "abc", false), ("c$", "abc", true),
        ("^$", "", true), ("^$", "\n", false), ("a$", "a\n", false), ("^a|b$", "xb", true), ("^(a|b)$", "xb", false),
        ("a.c", "abc", true), ("a.c", "a\nc", false), ("a.c", "a\u{2028}c", false), ("a.c", "a👩c", true),
        ("^a*$", "aaaa", true), ("^a+$", "", false), ("^a?b$", "b", true), ("^a{2}$", "aaa", false),
        ("^a{2,}$", "aaa", true), ("^a{1,3}$", "aaaa", false), ("^a{0}$", "", true), ("^a{,3}$", "a{,3}", true),
        ("^{a}$", "{a}", true), ("^a]$", "a]", true), ("^(?:ab)+$", "abab", true), ("^(?<name>ab)$", "ab", true),
        ("^a+?b*?$", "aab", true), ("^(a*)*$", "aaa", true), ("^(a|)+$", "aa", true), ("()", "x", true),
        (#"^\d+$"#, "123", true), (#"^\d+$"#, "١٢", false), (#"^\w$"#, "é", false), (#"^\W$"#, "é", true),
        (#"^\s$"#, "\u{FEFF}", true), (#"^\S$"#, "\u{A0}", false), (#"\bcat\b"#, "a cat.", true),
        (#"\bcat\b"#, "concat", false), (#"\Bcat"#, "concat", true), (#"^\t\n\v\f\r$"#, "\t\n\u{B}\u{C}\r", true),
        (#"^\cA\x41\u0042\u{1F600}\0$"#, "\u{1}AB\u{1F600}\0", true), (#"^\uD83D\uDC32$"#, "🐲", true),
        (#"\uD83D"#, "🐲", false), (#"^\$\.\-\@\/$"#, "$.-@/", true), ("^[abc]$", "b", true), ("^[^abc]$", "b", false),
        ("^[^abc]$", "\n", true), ("^[a-c]$", "b", true), ("^[a-]$", "-", true), ("^[-a]$", "-", true),
        (#"^[\w-]$"#, "-", true), (#"^[\d.-z]$"#, "y", true), (#"^[\b]$"#, "\u{8}", true), (#"^[\]\\]$"#, "]", true),
        (#"^[\D]$"#, "5", false), (#"^[^\D]$"#, "5", true), (#"^[\Dx5]$"#, "5", true), ("[]", "a", false),
        ("^[^]$", "\n", true), ("^[🐲-🐴]$", "🐳", true), ("^[α-ω]+$", "αβγ", true), ("^[α-ωa-c]+$", "αbd", false),
        (#"^\p{L}+$"#, "Grüße", true), (#"^\p{Lu}\p{Lowercase_Letter}$"#, "Éa", true), (#"^\P{L}$"#, "1", true),
        (#"^[\p{L}\p{Nd}_]+$"#, "Ж٣_", true), (#"^[^\p{L}]+$"#, "123", true), (#"^\p{gc=Sc}$"#, "€", true),
        (#"^\p{Alphabetic}\p{ASCII}\p{Any}$"#, "éa\n", true), (#"^\p{White_Space}$"#, " ", true),
        ("e\u{301}", "\u{E9}", false),
    ])
    func `it means what ECMA-262 says`(pattern: String, text: String, expected: Bool) throws {
        #expect(try Pattern(pattern).matches(text) == expected)
    }

    @Test(arguments: [
        "(", ")", "[", "a)", "(?", "(?a)", "(?<a", "(?<>a)", "*", "+a", "a**", "a{1}{2}", "^*", "{1}", "a{2,1}",
        "[b-a]",
        #"\"#, #"\a"#, #"\Z"#, #"\x1"#, #"\u12"#, #"\u{110000}"#, #"\u{}"#, #"\c1"#, #"\01"#, #"\p"#, #"[\p{L]"#,
    ])
    func `what is no pattern is refused`(pattern: String) {
        #expect(throws: PatternError.self) { try Pattern(pattern) }
    }

    @Test(arguments: [
        #"(a)\1"#, #"(?<n>a)\k<n>"#, "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", #"\p{Script=Latin}"#, #"\p{Greek}"#,
        "a{100000}", "((a{100}){100}){100}", String(repeating: "a", count: 5000),
    ])
    func `what cannot be matched in linear time is refused by that name`(pattern: String) throws {
        let error = try #require(throws: PatternError.self) { try Pattern(pattern) }
        #expect(error.isUnsupported)
    }

    @Test func `deep nesting of groups is refused`() {
        let deep = String(repeating: "(", count: 1000) + String(repeating: ")", count: 1000)
        #expect(throws: PatternError.self) { try Pattern(deep) }
    }
}
