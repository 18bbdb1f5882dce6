// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct JSONParserTests {
    private static let allowed: [(String, JSONValue)] = [
        ("null", .null), (" true\n", true), ("false", false), ("0", 0), ("-0", 0), ("12", 12),
        ("\"\"", ""), ("[]", []), ("{}", [:]), ("[1,[2],{}]", [1, [2], [:]]),
        (#"{"a":{"b":[null]}}"#, ["a": ["b": [.null]]]), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u00e9\uD83D\uDE00é😀""#, "é😀é😀"), (#""\u0000""#, "\0"), ("\t[ 1 ,\r\n2 ]", [1, 2]),
    ]

    @Test(arguments: allowed)
    func `what RFC 8259 allows is read`(text: String, expected: JSONValue) throws {
        #expect(try JSONValue.parse(text) == expected)
    }

    @Test(arguments: [
        "", " ", "nul", "truefalse", "True", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "[",
        "[1",
        "[1,", "[1,]", "[,]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "\"",
        "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\uD83D\"", "\"\\uDE00\"", "\"\\uD83D\\u0041\"", "\"\t\"", "\"\n\"", "1 2",
        "[1] ]",
        "// note\n1", "[1 2]", "'a'", "\u{FEFF}1",
    ])
    func `everything else is refused`(text: String) {
        #expect(throws: JSONParseError.self) { try JSONValue.parse(text) }
    }

    @Test func `a name given twice is refused where it stands`() throws {
        let error = try #require(throws: JSONParseError.self) { try JSONValue.parse(#"{"a":1,"a":2}"#) }
        #expect(error.offset == 7)
        #expect("\(error)" == "name given twice at byte 7")
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        for bytes in [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0x80, 0x22],
        ] {
            #expect(throws: JSONParseError.self) { try JSONValue.parse(bytes.map(UInt8.init)) }
        }
    }

    @Test func `nesting is limited`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSONValue.parse(nested(JSONValue.maximumDepth)) }
        #expect(throws: JSONParseError.self) { try JSONValue.parse(nested(JSONValue.maximumDepth + 1)) }
        #expect(throws: JSONParseError.self) { try JSONValue.parse(String(repeating: "[", count: 1_000_000)) }
        // Depth is what is open, not what was ever opened.
        #expect(throws: Never.self) {
            try JSONValue.parse("[\(Array(repeating: "[]", count: 500).joined(separator: ","))]")
        }
    }

    @Test func `members keep their order and are found in objects of any size`() throws {
        let names = (0..<100).map { "n\(($0 * 37) % 100)" }
        let text = "{" + names.map { "\"\($0)\":\"\($0)!\"" }.joined(separator: ",") + "}"
        var object = try #require(try JSONValue.parse(text).object)
        #expect(object.names == names)
        for name in names { #expect(object[name]?.string == name + "!") }
        object["n37"] = nil
        object["n0"] = "changed"
        object["new"] = "last"
        #expect(object.count == 100)
        #expect(object["n37"] == nil)
        #expect(object.names.first == "n0")
        #expect(object["n0"] == .some("changed"))
        #expect(object.names.last == "new")
        #expect(object.insert("new", 1) == false)
        #expect(object["new"] == .some("last"))
    }

    @Test func `objects are equal whatever the order of their members`() throws {
        let left = try JSONValue.parse(#"{"a":1,"b":[1.0,2],"c":null}"#)
        let right = try JSONValue.parse(#"{"c":null,"b":[1,2e0],"a":10e-1}"#)
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != (try JSONValue.parse(#"{"a":1,"b":[2,1],"c":null}"#)))
        #expect(left != (try JSONValue.parse(#"{"a":1,"b":[1,2]}"#)))
    }

    @Test(arguments: [0, 20]) func `two spellings of one character are two names`(others: Int) throws {
        let more = (0..<others).map { ",\"n\($0)\":0" }.joined()
        let value = try JSONValue.parse("{\"\u{E9}\":1,\"e\u{301}\":2\(more)}")
        #expect(value.object?.count == 2 + others)
        #expect(value["\u{E9}"]?.int == 1)
        #expect(value["e\u{301}"]?.int == 2)
    }
}
