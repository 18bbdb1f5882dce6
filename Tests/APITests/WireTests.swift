// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import Testing

private enum Mood: String, WireEnum { case calm, wild }

private enum Sample: Identified { static let idPrefix = "task" }

private struct Leaf: WireObject {
    let id: ID<Sample>
    let mood: Mood
    let at: Timestamp?
    let tags: [String]
    let score: Double
    let inner: [Leaf]
    let extra: String?
    let raw: WireJSON
    let counts: [String: Int]

    static let fields: [Field<Leaf>] = [
        Field("id", "Its name.") { $0.id },
        Field("mood", "How it is.") { $0.mood },
        Field("at", "When.") { $0.at },
        Field("tags", "Words.") { $0.tags },
        Field("score", "Points.") { $0.score },
        Field("inner", "Its own.") { $0.inner },
        .ifPresent("extra", "More.") { $0.extra },
        Field("raw", "As it is.") { $0.raw },
        Field("counts", "How often.") { $0.counts },
    ]

    static func sample(inner: [Leaf] = [], extra: String? = nil) -> Leaf {
        Leaf(
            id: ID(trusted: "task_01JD0000000000000000000000"), mood: .wild,
            at: inner.isEmpty ? nil : Timestamp(microseconds: 0),
            tags: ["a\"b"], score: .infinity, inner: inner, extra: extra, raw: WireJSON(trusted: #"{"x":[1]}"#),
            counts: ["b": 2, "a": 1])
    }
}

@Suite struct WireTests {
    @Test func `an object is written as its fields say`() {
        let text = String(decoding: Leaf.sample(extra: "e").json, as: UTF8.self)
        #expect(
            text
                == #"{"id":"task_01JD0000000000000000000000","mood":"wild","at":null,"tags":["a\"b"],"score":0,"#
                + #""inner":[],"extra":"e","raw":{"x":[1]},"counts":{"a":1,"b":2}}"#)
        #expect(!String(decoding: Leaf.sample().json, as: UTF8.self).contains("extra"))
    }

    @Test func `what is written fits the schema, also one that refers to itself`() throws {
        var components = Components()
        let schema = Page<Leaf>.schema(in: &components)
        #expect(components.schemas.keys.sorted() == ["Leaf", "LeafPage"])
        let validator = try JSONSchema(Components.standalone(schema, components), formats: .assert)
        let page = Page<Leaf>(items: [.sample(inner: [.sample(extra: "e")])], nextCursor: "c")
        #expect(validator.validate(try JSONValue.parse(page.json)) == [])
        #expect(!validator.isValid(try JSONValue.parse(#"{"items":[],"next_cursor":null,"more":1}"#)))
    }

    @Test func `a problem is written without its cause and read back`() throws {
        let problem = Problem(
            .stale, "Changed.", fields: [.init("/a", "is old")], details: ["current_version": 4, "status": 7],
            cause: Problem(.internal, "secret"))
        let json = try JSONValue.parse(problem.json(requestID: "r", traceID: "t"))
        #expect(json["status"] == 412)
        #expect(json["current_version"] == 4)
        #expect(json["request_id"] == "r")
        #expect(!json.text.contains("secret"))
        let read = try #require(Problem(json: json.bytes, status: 412))
        #expect(read.kind == .stale && read.code == "stale" && read.message == "Changed.")
        #expect(read.fields == problem.fields)
        #expect(read.details["current_version"] == 4)
        var components = Components()
        let schema = Problem.schema(in: &components)
        #expect(try JSONSchema(Components.standalone(schema, components)).validate(json) == [])
    }

    @Test func `every kind has a status of its own`() {
        #expect(Set(Problem.Kind.allCases.map(\.status)).count == Problem.Kind.allCases.count)
        for kind in Problem.Kind.allCases { #expect(Problem.Kind(status: kind.status) == kind) }
    }
}

@Suite struct OpenAPITests {
    private static let document = OpenAPI(
        title: "t", version: "1", description: "d", endpoints: EchoAPI.catalogue + StandardAPI.catalogue
    ).document

    @Test func `the same catalogue gives the same bytes`() {
        let again = OpenAPI(
            title: "t", version: "1", description: "d", endpoints: EchoAPI.catalogue + StandardAPI.catalogue)
        #expect(again.document.bytes == Self.document.bytes)
    }

    @Test func `an operation tells everything about itself`() throws {
        let echo = try #require(Self.document["paths"]?["/echo"]?["post"])
        #expect(echo["operationId"] == "echo")
        #expect(echo["security"]?.array?.count == 2)
        #expect(echo["x-permission"] == "agents.call")
        let responses = try #require(echo["responses"]?.object)
        #expect(
            responses.names == ["200", "400", "401", "403", "409", "413", "415", "429", "500", "503", "504"])
        let body = echo["requestBody"]?["content"]?["application/json"]?["schema"]?["$ref"]
        #expect(body == "#/components/schemas/EchoInput")
        let schema = try #require(Self.document["components"]?["schemas"]?["EchoInput"])
        #expect(schema["required"] == ["message"])
        #expect(schema["additionalProperties"] == false)
        #expect(schema["properties"]?["delayMilliseconds"]?["default"] == 0)
        let health = try #require(Self.document["paths"]?["/health"]?["get"])
        #expect(health["security"] == [])
        #expect(health["responses"]?["401"] == nil)
    }

    @Test func `every reference leads somewhere`() {
        func references(_ value: JSONValue) -> [String] {
            switch value {
            case .object(let object):
                object.members.flatMap { $0.name == "$ref" ? [$0.value.string ?? ""] : references($0.value) }
            case .array(let elements): elements.flatMap(references)
            default: []
            }
        }
        let found = references(Self.document)
        #expect(!found.isEmpty)
        for reference in found {
            let name = String(reference.dropFirst("#/components/schemas/".count))
            #expect(Self.document["components"]?["schemas"]?[name] != nil, "\(reference)")
        }
    }

    @Test func `the schema that the echo agent registers stands alone`() throws {
        let validator = try JSONSchema(EchoInput.bodySchema)
        #expect(validator.isValid(["message": "hello"]))
        #expect(validator.isValid(["message": "hello", "fail": ["kind": "retryable", "times": 2]]))
        #expect(!validator.isValid(["message": "hello", "fail": ["kind": "sometimes"]]))
        #expect(!validator.isValid(["mesage": "hello"]))
    }
}
