// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct JSONSchemaTests {
    @Test func `an entry point may lie anywhere in the document`() throws {
        let document: JSONValue = [
            "$defs": ["a": ["type": "integer"], "b": ["$anchor": "b", "type": "string"]], "type": "null",
            "x-schemas": ["c d": ["type": "boolean"]],
        ]
        #expect(try JSONSchema(document).isValid(nil))
        #expect(try JSONSchema(document, entry: "#/$defs/a").isValid(1))
        #expect(try JSONSchema(document, entry: "#b").isValid("text"))
        #expect(try JSONSchema(document, entry: "#/x-schemas/c%20d").isValid(true))
    }

    @Test func `locations carry the URI of the document they are in`() throws {
        let shared: JSONValue = ["$defs": ["port": ["type": "integer", "maximum": 65_535]]]
        let schema = try JSONSchema(
            ["$id": "https://tutti.example/main", "properties": ["port": ["$ref": "shared#/$defs/port"]]],
            resolving: ["https://tutti.example/shared": shared])
        #expect(
            schema.validate(["port": 70_000]).map(\.schemaLocation)
                == ["https://tutti.example/shared#/$defs/port/maximum"])
        #expect(
            schema.validate(["port": "1"]).map(\.message) == ["must be an integer"])
    }

    @Test(
        arguments: ["schema"]
            + [
                "core", "applicator", "unevaluated", "validation", "meta-data", "content",
                "format-annotation", "format-assertion",
            ].map { "meta/" + $0 })
    func `the metaschemas are at hand`(path: String) throws {
        let schema = try JSONSchema(["$ref": .string("https://json-schema.org/draft/2020-12/\(path)")])
        #expect(schema.isValid(["type": "string"]))
        #expect(schema.isValid(true))
        #expect(!schema.isValid("text"))
    }

    @Test func `the metaschema judges schemas`() throws {
        let metaschema = try JSONSchema(["$ref": "https://json-schema.org/draft/2020-12/schema"], formats: .assert)
        #expect(metaschema.isValid(try JSONValue.parse(PackageRoot.text("infra/config.schema.json"))))
        let found = metaschema.validate(["properties": ["a": ["minLength": -1, "$ref": 3]], "pattern": "("])
        #expect(Set(found.map(\.instanceLocation)) == ["/properties/a/minLength", "/properties/a/$ref", "/pattern"])
    }

    @Test func `format is a rule only when asked for`() throws {
        let schema: JSONValue = ["format": "ipv4"]
        #expect(try JSONSchema(schema).isValid("here"))
        #expect(try !JSONSchema(schema, formats: .assert).isValid("here"))
        #expect(try JSONSchema(["format": "postal-code"], formats: .assert).isValid("here"))
        #expect(try JSONSchema(schema, formats: .assert).isValid(1))
    }

    @Test func `numbers are compared by value at any size`() throws {
        #expect(try JSONSchema(JSONValue.parse(#"{"const":1}"#)).isValid(JSONValue.parse("10e-1")))
        #expect(try JSONSchema(JSONValue.parse(#"{"enum":[9007199254740993]}"#)).isValid(9_007_199_254_740_993))
        #expect(try !JSONSchema(JSONValue.parse(#"{"enum":[9007199254740993]}"#)).isValid(9_007_199_254_740_992))
        let tenth = try JSONSchema(JSONValue.parse(#"{"type":"integer","multipleOf":0.1}"#))
        #expect(tenth.isValid(try JSONValue.parse("1e300")))
        #expect(!tenth.isValid(try JSONValue.parse("1e-300")))
        let bounds = try JSONSchema(JSONValue.parse(#"{"exclusiveMinimum":0.1,"maximum":1e400}"#))
        #expect(bounds.isValid(try JSONValue.parse("0.10000000000000000000000001")))
        #expect(!bounds.isValid(try JSONValue.parse("0.1000")))
        #expect(!bounds.isValid(try JSONValue.parse("1.1e400")))
        let unique = try JSONSchema(["uniqueItems": true])
        #expect(!unique.isValid(try JSONValue.parse("[1,1.0]")))
        #expect(!unique.isValid(try JSONValue.parse(#"[{"a":1,"b":[2]},{"b":[2e0],"a":1}]"#)))
        #expect(unique.isValid(try JSONValue.parse(#"[0,false,"0",null,[],{},""]"#)))
    }

    @Test func `texts are compared by code points and measured in them`() throws {
        let composed = JSONValue.string("\u{E9}")
        let decomposed = JSONValue.string("e\u{301}")
        #expect(try JSONSchema(["const": composed]).isValid(composed))
        #expect(try !JSONSchema(["const": composed]).isValid(decomposed))
        #expect(try JSONSchema(["uniqueItems": true]).isValid([composed, decomposed]))
        #expect(try !JSONSchema(["required": ["\u{E9}"]]).isValid(["e\u{301}": 1]))
        #expect(try JSONSchema(["minLength": 2]).isValid(decomposed))
        #expect(try !JSONSchema(["maxLength": 1]).isValid("👩‍🚀"))
    }

    @Test func `one schema serves many tasks at once`() async throws {
        let schema = try JSONSchema(["type": "object", "required": ["n"], "properties": ["n": ["maximum": 50]]])
        await withTaskGroup { group in
            for number in 0..<100 { group.addTask { schema.isValid(["n": JSONValue(number)]) == (number <= 50) } }
            for await isRight in group { #expect(isRight) }
        }
    }
}
