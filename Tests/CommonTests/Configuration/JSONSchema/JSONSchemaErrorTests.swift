// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct JSONSchemaErrorTests {
    private func error(_ text: String, limits: JSONSchema.Limits = .standard) throws -> JSONSchemaError? {
        let document = try JSONValue.parse(text)
        do throws(JSONSchemaError) {
            _ = try JSONSchema(document, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (#"{"properties":{"a":{"type":"text"}}}"#, "#/properties/a/type"),
        (#"{"type":[]}"#, "#/type"),
        (#"{"minimum":"1"}"#, "#/minimum"),
        (#"{"multipleOf":0}"#, "#/multipleOf"),
        (#"{"multipleOf":1.2345678901234567891}"#, "#/multipleOf"),
        (#"{"minLength":-1}"#, "#/minLength"),
        (#"{"maxItems":1.5}"#, "#/maxItems"),
        (#"{"uniqueItems":1}"#, "#/uniqueItems"),
        (#"{"required":["a",1]}"#, "#/required"),
        (#"{"dependentRequired":{"a":"b"}}"#, "#/dependentRequired"),
        (#"{"enum":1}"#, "#/enum"),
        (#"{"allOf":[]}"#, "#/allOf"),
        (#"{"items":3}"#, "#/items"),
        (#"{"properties":[]}"#, "#/properties"),
        (#"{"$ref":1}"#, "#/$ref"),
        (#"{"pattern":1}"#, "#/pattern"),
        ("12", "#"),
    ])
    func `a keyword of the wrong form is refused where it stands`(schema: String, location: String) throws {
        let found = try error(schema)
        #expect(found?.reason == .malformed)
        #expect(found?.location == location)
    }

    @Test(arguments: [
        ##"{"$ref":"#/$defs/missing"}"##, ##"{"$ref":"#missing"}"##, #"{"$ref":"other.json"}"#,
        #"{"$ref":"http://127.0.0.1:1/schema.json"}"#, #"{"$dynamicRef":"file:///etc/passwd"}"#,
        ##"{"items":{"$ref":"#/a%zz"}}"##,
    ])
    func `references lead only to documents that were handed over`(schema: String) throws {
        #expect(try error(schema)?.reason == .unresolvedReference)
    }

    @Test(arguments: [
        ##"{"$ref":"#"}"##,
        ##"{"allOf":[{"$ref":"#"}]}"##,
        ##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"not":{"$ref":"#/$defs/a"}}},"$ref":"#/$defs/a"}"##,
        ##"{"$dynamicAnchor":"x","if":{"$dynamicRef":"#x"}}"##,
        ##"{"dependentSchemas":{"a":{"$ref":"#"}}}"##,
    ])
    func `a schema that applies itself to the same value is refused`(schema: String) throws {
        #expect(try error(schema)?.reason == .endlessReference)
    }

    @Test func `a schema may apply itself to parts of the value`() throws {
        let tree = try JSONSchema(["type": "object", "properties": ["left": ["$ref": "#"], "right": ["$ref": "#"]]])
        #expect(tree.isValid(["left": ["right": [:]]]))
        #expect(tree.validate(["left": ["right": 1]]).map(\.instanceLocation) == ["/left/right"])
    }

    @Test(arguments: [
        #"{"$schema":"http://json-schema.org/draft-07/schema#"}"#,
        #"{"$schema":"https://example.com/unknown"}"#,
        ##"{"$defs":{"a":{"$id":"x:a","$schema":"https://json-schema.org/draft/2019-09/schema"}},"$ref":"x:a"}"##,
    ])
    func `another dialect is refused instead of being misread`(schema: String) throws {
        #expect(try error(schema)?.reason == .unsupportedDialect)
    }

    @Test func `a metaschema that needs an unknown vocabulary is refused`() throws {
        let metaschema: JSONValue = ["$id": "x:meta", "$vocabulary": ["x:units": true]]
        #expect(throws: JSONSchemaError.self) {
            try JSONSchema(["$schema": "x:meta"], resolving: ["x:meta": metaschema])
        }
        let optional: JSONValue = ["$id": "x:meta", "$vocabulary": ["x:units": false]]
        #expect(throws: Never.self) { try JSONSchema(["$schema": "x:meta"], resolving: ["x:meta": optional]) }
    }

    @Test(arguments: [
        #"(a)\\1"#, #"^(?=a)"#, #"(?<!a)b"#, #"\\p{Script=Greek}"#, "(", "a{2,1}", "[z-a]", "a**", "((a{99}){99}){99}",
    ])
    func `a pattern that cannot be matched in linear time is refused where it stands`(pattern: String) throws {
        let found = try error(#"{"properties":{"a":{"pattern":"\#(pattern)"}}}"#)
        #expect(found?.reason == .unsupportedPattern)
        #expect(found?.location == "#/properties/a/pattern")
        #expect(try error(#"{"patternProperties":{"\#(pattern)":true}}"#)?.location == "#/patternProperties")
    }

    @Test func `a schema beyond a limit is refused`() throws {
        var limits = JSONSchema.Limits.standard
        limits.maximumSubschemas = 20
        let many = (0..<30).map { #""p\#($0)":{}"# }.joined(separator: ",")
        #expect(try error("{\"properties\":{\(many)}}", limits: limits)?.reason == .tooLarge)
        #expect(try error("{\"properties\":{\(many)}}") == nil)
        // Places that no keyword leads to count when a reference makes schemas of them.
        #expect(try error(##"{"x":{"properties":{\##(many)}},"$ref":"#/x"}"##, limits: limits)?.reason == .tooLarge)

        limits = .standard
        limits.maximumPatternSize = 100
        #expect(try error(#"{"allOf":[{"pattern":"a{60}"},{"pattern":"b{60}"}]}"#, limits: limits)?.reason == .tooLarge)

        let long = String(repeating: "n", count: 3000)
        #expect(try error(#"{"properties":{"\#(long)":{"items":{}}}}"#)?.reason == .tooLarge)
        #expect(try error(#"{"$id":"http://\#(long)/"}"#)?.reason == .tooLarge)

        var deep: JSONValue = true
        for _ in 0..<600 { deep = ["not": deep] }
        #expect(throws: JSONSchemaError.self) { try JSONSchema(deep) }
    }
}
