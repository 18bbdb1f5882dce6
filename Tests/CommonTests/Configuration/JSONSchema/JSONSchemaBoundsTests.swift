// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

/// Schemas and values made to be expensive: each must be answered, and soon.
@Suite(.timeLimit(.minutes(2))) struct JSONSchemaBoundsTests {
    private static let tooLong = "takes too long to check against the schema"

    /// Holds `value` against `schema` with a budget that even an unoptimised build spends within seconds.
    private func judge(_ schema: JSONValue, _ value: JSONValue, work: Int = 1_000_000) throws -> [String] {
        var limits = JSONSchema.Limits.standard
        limits.maximumWork = work
        return try JSONSchema(schema, formats: .assert, limits: limits).validate(value).map(\.message)
    }

    @Test func `patterns that explode elsewhere are matched in one walk`() throws {
        let text = JSONValue.string(String(repeating: "a", count: 20_000) + "!")
        for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)(.*)(.*)x"] {
            #expect(try judge(["pattern": .string(pattern)], text).count == 1)
        }
    }

    @Test func `a large pattern on a long text runs out of budget and is said not to match`() throws {
        let text = JSONValue.string(String(repeating: "a", count: 1_000_000))
        #expect(try judge(["pattern": "(a?){900}b"], text) == [Self.tooLong])
        // A `not` does not turn the failure to decide into a yes.
        #expect(try judge(["not": ["pattern": "(a?){900}b"]], text) == [Self.tooLong])
    }

    @Test func `references that double at each step come to an end`() throws {
        var definitions: JSONObject = ["d40": ["type": "string"]]
        for step in 0..<40 {
            let next = JSONValue.string("#/$defs/d\(step + 1)")
            definitions["d\(step)"] = ["allOf": [["$ref": next], ["$ref": next]]]
        }
        #expect(try judge(["$ref": "#/$defs/d0", "$defs": .object(definitions)], "text") == [Self.tooLong])
    }

    @Test func `a chain of references longer than the stack is stopped`() throws {
        var definitions: JSONObject = ["d5000": ["type": "string"]]
        for step in 0..<5000 { definitions["d\(step)"] = ["$ref": .string("#/$defs/d\(step + 1)")] }
        #expect(
            try judge(["$ref": "#/$defs/d0", "$defs": .object(definitions)], "text")
                == ["nests too deeply to be checked against the schema"])
    }

    @Test func `the deepest value the parser lets in can be checked`() throws {
        let text =
            String(repeating: #"{"not":"#, count: JSONValue.maximumDepth) + "true"
            + String(repeating: "}", count: JSONValue.maximumDepth)
        #expect(try judge(["$ref": "https://json-schema.org/draft/2020-12/schema"], JSONValue.parse(text)) == [])
    }

    @Test func `long values under many rules are bounded`() throws {
        let digits = JSONNumber(trusted: String(repeating: "9", count: 500_000))
        let number = JSONValue.number(digits)
        let thousand = 0..<1000
        #expect(try judge(["allOf": .array(thousand.map { ["minimum": JSONValue($0)] })], number) == [Self.tooLong])
        #expect(try judge(["enum": .array(thousand.map { JSONValue($0) })], number) == [Self.tooLong])
        #expect(try judge(["allOf": .array(thousand.map { _ in ["type": "integer"] })], number) == [Self.tooLong])
        let list = JSONValue.array((0..<200_000).map { JSONValue($0) })
        #expect(try judge(["uniqueItems": true], list, work: 5_000_000) == [])
        #expect(try judge(["allOf": .array(thousand.map { _ in ["uniqueItems": true] })], list) == [Self.tooLong])
        #expect(
            try judge(["allOf": .array(thousand.map { ["anyOf": [["const": [JSONValue($0)]], true]] })], list) == [
                Self.tooLong
            ])
        let long = JSONValue.string(String(repeating: "é", count: 500_000))
        #expect(try judge(["allOf": .array(thousand.map { ["minLength": JSONValue($0)] })], long) == [Self.tooLong])
        #expect(try judge(["allOf": .array(thousand.map { _ in ["format": "iri-reference"] })], long) == [Self.tooLong])
    }

    @Test func `an ordinary large body is well within the budget`() throws {
        let schema: JSONValue = [
            "items": [
                "type": "object", "required": ["id", "name"],
                "properties": ["id": ["type": "integer"], "name": ["type": "string", "pattern": "^[a-z0-9 ]{1,40}$"]],
            ]
        ]
        let rows = (0..<25_000).map { ["id": JSONValue($0), "name": .string("row number \($0)")] as JSONValue }
        let standard = JSONSchema.Limits.standard.maximumWork
        #expect(try judge(schema, .array(rows), work: standard / 4) == [])
    }
}
