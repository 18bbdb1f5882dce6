// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct JSONSchemaViolationTests {
    private func violations(_ schema: String, _ value: String) throws -> [JSONSchemaViolation] {
        try JSONSchema(JSONValue.parse(schema), formats: .assert).validate(JSONValue.parse(value))
    }

    private func messages(_ schema: String, _ value: String) throws -> [String] {
        try violations(schema, value).map { "\($0.instanceLocation) \($0.message)" }
    }

    @Test func `all problems come at once, each with its place and rule`() throws {
        let schema = #"""
            {"type":"object","required":["message","count"],"additionalProperties":false,
             "properties":{"message":{"type":"string","minLength":1},"count":{"type":"integer","minimum":1},
               "tags":{"type":"array","items":{"type":"string","pattern":"^[a-z]+$"},"maxItems":2,"uniqueItems":true}}}
            """#
        let found = try violations(schema, #"{"message":"","tags":["a","A","a"],"extra/~":1}"#)
        #expect(
            found == [
                .init(
                    instanceLocation: "/count", keyword: "required", schemaLocation: "#/required",
                    message: "is required"),
                .init(
                    instanceLocation: "/message", keyword: "minLength",
                    schemaLocation: "#/properties/message/minLength", message: "must have at least 1 character"),
                .init(
                    instanceLocation: "/tags", keyword: "maxItems", schemaLocation: "#/properties/tags/maxItems",
                    message: "must have at most 2 items"),
                .init(
                    instanceLocation: "/tags/1", keyword: "pattern", schemaLocation: "#/properties/tags/items/pattern",
                    message: "must match the pattern ^[a-z]+$"),
                .init(
                    instanceLocation: "/tags", keyword: "uniqueItems", schemaLocation: "#/properties/tags/uniqueItems",
                    message: "must not have the same item twice"),
                .init(
                    instanceLocation: "/extra~1~0", keyword: "false", schemaLocation: "#/additionalProperties",
                    message: "is not allowed"),
            ])
    }

    @Test(arguments: [
        (#"{"type":["integer","null"]}"#, "true", " must be null or an integer"),
        (#"{"minimum":1.5}"#, "1", " must be at least 1.5"),
        (#"{"exclusiveMaximum":3}"#, "3.0", " must be less than 3"),
        (#"{"multipleOf":0.01}"#, "0.015", " must be a multiple of 0.01"),
        (#"{"const":{"a":1}}"#, "2", #" must be {"a":1}"#),
        (#"{"enum":["fast","slow"]}"#, "2", #" must be one of "fast", "slow""#),
        (#"{"maxProperties":1}"#, #"{"a":1,"b":2}"#, " must have at most 1 member"),
        (#"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1}"#, "/b is required when a is given"),
        (#"{"contains":{"const":1}}"#, "[2]", " must have at least 1 item of the kind it must contain"),
        (#"{"contains":true,"maxContains":1}"#, "[1,2]", " must have at most 1 item of the kind it must contain"),
        (#"{"not":{}}"#, "1", " must not be what is ruled out here"),
        (#"{"format":"ipv4"}"#, #""x""#, " must be an IPv4 address"),
        (#"{"propertyNames":{"maxLength":1}}"#, #"{"ab":1}"#, "/ab must have at most 1 character"),
        (#"{"prefixItems":[true,false]}"#, "[1,2]", "/1 is not allowed"),
        (#"{"properties":{"a":true},"unevaluatedProperties":false}"#, #"{"b":1}"#, "/b is not allowed"),
        ("false", "1", " is not allowed"),
    ])
    func `each rule is said in words`(schema: String, value: String, message: String) throws {
        #expect(try messages(schema, value) == [message])
    }

    @Test func `alternatives are explained in their own words`() throws {
        #expect(
            try messages(#"{"anyOf":[{"format":"ipv4"},{"format":"ipv6"}]}"#, #""x""#)
                == [" must be an IPv4 address, or must be an IPv6 address"])
        #expect(
            try messages(#"{"oneOf":[{"type":"string"},{"type":"object","required":["a"]}]}"#, "{}")
                == ["/a is required"])
        #expect(
            try messages(#"{"anyOf":[{"required":["a"]},{"required":["b"]}]}"#, "{}")
                == [" must match at least one of 2 alternatives"])
        #expect(
            try messages(#"{"oneOf":[{"minimum":1},{"minimum":2}]}"#, "3")
                == [" must match only one of 2 alternatives, but matches more"])
    }

    @Test func `no message holds anything of the value`() throws {
        let secret = "hunter2-hunter2"
        let schema = #"""
            {"type":["integer"],"const":1,"enum":[1],"minLength":99,"maxLength":1,"pattern":"^x$","format":"uri",
             "not":{"type":"string"},"anyOf":[{"const":1},{"format":"ipv6"}],"oneOf":[{"maxLength":2}],
             "allOf":[false],"if":true,"then":{"enum":["a"]}}
            """#
        let found = try violations(schema, "\"\(secret)\"")
        #expect(found.count >= 10)
        for violation in found { #expect(!"\(violation)".contains("hunter")) }
    }

    @Test func `the list is bounded, and so is each pointer`() throws {
        let items = (0..<200).map(String.init).joined(separator: ",")
        #expect(try violations(#"{"items":{"type":"string"}}"#, "[\(items)]").count == 50)
        let name = String(repeating: "n", count: 5000)
        let pointer = try violations(#"{"additionalProperties":false}"#, #"{"\#(name)":1}"#)[0].instanceLocation
        #expect(pointer == "/" + name.prefix(100) + "…")
    }

    @Test func `violations become the fields of one problem`() throws {
        let found = try violations(#"{"required":["message"]}"#, "{}")
        let problem = try #require(Problem(found, under: "/input", message: "The input is not valid."))
        #expect(problem.kind == .invalid)
        #expect(problem.fields == [.init("/input/message", "is required")])
        #expect(Problem([], message: "fine") == nil)
    }
}
