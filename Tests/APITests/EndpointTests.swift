// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import Testing

@Suite struct EndpointTests {
    private struct Search: WireInput {
        let name: String
        let limit: Int
        let colours: [String]
        let since: Timestamp?
        let trace: String?

        init(_ input: inout InputReader) {
            name = input.path("name", "Whose.", .string(.name))
            limit = input.query("limit", "How many.", .integer(1...500), default: 100)
            colours = input.queryList("colour", "Which.", of: .string(.name), max: 2)
            since = input.query("since", "From when.", .timestamp)
            trace = input.header("X-Trace", "A trace.", .string(.traceID))
        }
    }

    private struct Change: WireInput {
        let from: Int
        let to: Int

        init(_ input: inout InputReader) {
            from = input.member("from", "Low.", .integer(0...9))
            to = input.member("to", "High.", .integer(0...9), default: 9)
            if from > to { input.refuse("/from", "must not be above `to`") }
        }
    }

    private static let search = Endpoint<Search, NoContent>(
        "search", .get, "/things/{name}", .people(.readTasks), "Searches.", tag: "t")
    private static let change = Endpoint<Change, NoContent>(
        "change", .put, "/things", .people(.writeTasks), "Changes.", tag: "t")

    private func fields(_ request: RawRequest) -> [String] {
        do throws(Problem) {
            _ = try Self.search.decode(request)
            return []
        } catch {
            return error.fields.map(\.field)
        }
    }

    @Test func `path, query and headers are read by their types`() throws {
        let input = try Self.search.decode(
            RawRequest(
                path: [("name", "echo")], query: "limit=7&colour=red&colour=blue&since=2026-11-21T05%3A00%3A00%2B01:00")
        )
        #expect(input.limit == 7)
        #expect(input.colours == ["red", "blue"])
        #expect(input.since?.description == "2026-11-21T04:00:00.000000Z")
        #expect(try Self.search.decode(RawRequest(path: [("name", "echo")])).limit == 100)
    }

    @Test(arguments: [
        ("limit=0", ["limit"]), ("limit=x", ["limit"]), ("limit=1&limit=2", ["limit"]), ("limit=", ["limit"]),
        ("colour=a&colour=b&colour=c", ["colour"]), ("colour=RED", ["colour"]), ("limt=1", ["limt"]),
        ("since=yesterday&limit=501&x=1", ["limit", "since", "x"]),
    ])
    func `every query parameter that does not fit is named`(query: String, names: [String]) {
        #expect(fields(RawRequest(path: [("name", "echo")], query: query[...])) == names)
    }

    @Test func `path and header parameters that do not fit are named`() {
        let request = RawRequest(path: [("name", "Echo!")], header: { $0 == "X-Trace" ? "short" : nil })
        #expect(fields(request) == ["name", "X-Trace"])
    }

    @Test(arguments: [
        ("", "application/json", Problem.Kind.invalid, "invalid"),
        ("{", "application/json", .invalid, "malformed_json"),
        (#"{"from":1,"from":2}"#, "application/json", .invalid, "malformed_json"),
        ("[]", "application/json", .invalid, "invalid"),
        ("{}", "application/json; charset=utf-8", .invalid, "invalid"),
        (#"{"from":5,"to":4}"#, "application/json", .invalid, "invalid"),
        ("{}", "text/plain", .unsupportedMedia, "unsupported_media"),
        ("{}", "", .unsupportedMedia, "unsupported_media"),
    ])
    func `bodies that cannot be read are refused`(body: String, type: String, kind: Problem.Kind, code: String) {
        let request = RawRequest(header: { $0 == "content-type" && !type.isEmpty ? type : nil }, body: Array(body.utf8))
        do throws(Problem) {
            _ = try Self.change.decode(request)
            Issue.record("was taken")
        } catch {
            #expect(error.kind == kind)
            #expect(error.code == code)
        }
    }

    @Test func `null stands for a member left out, and rules between members hold`() throws {
        func decode(_ body: String) throws(Problem) -> Change {
            try Self.change.decode(RawRequest(header: { _ in "application/json" }, body: Array(body.utf8)))
        }
        #expect(try decode(#"{"from":1,"to":null}"#).to == 9)
        #expect(throws: Problem.self) { try decode(#"{"from":5,"to":4}"#) }
    }

    private struct AtLeastOne: WireInput {
        init(_ input: inout InputReader) {
            _ = input.optional("name", "A name.", .string(.name))
            _ = input.optional("sizes", "Sizes.", .array(of: .integer(0...9), max: 3))
            input.requireOne(of: "name", "sizes")
        }
    }

    private struct ExactlyOne: WireInput {
        init(_ input: inout InputReader) {
            _ = input.optional("name", "A name.", .string(.name))
            _ = input.optional("sizes", "Sizes.", .array(of: .integer(0...9), max: 3))
            input.requireExactlyOne(of: "name", "sizes")
        }
    }

    @Test(arguments: [
        ("{}", "/name", "/name"), (#"{"name":"a"}"#, nil, nil), (#"{"sizes":[1]}"#, nil, nil),
        (#"{"name":null,"sizes":[]}"#, "/name", "/name"), (#"{"name":"a","sizes":[]}"#, nil, nil),
        (#"{"name":"a","sizes":[1]}"#, nil, "/sizes"),
    ])
    func `members of which one is needed are refused as the schema says`(
        body: String, ofAny: String?, ofOne: String?
    ) throws {
        func check<Input: WireInput>(_ input: Input.Type, refused: String?) throws {
            let endpoint = Endpoint<Input, NoContent>(
                "choose", .post, "/things", .people(.writeTasks), "Chooses.", tag: "t")
            var field: String?
            do throws(Problem) {
                _ = try endpoint.decode(RawRequest(header: { _ in "application/json" }, body: Array(body.utf8)))
            } catch {
                field = error.fields.first?.field
            }
            #expect(field == refused)
            var components = Components()
            let schema = InputDescription(of: input).schema(in: &components)
            let validator = try JSONSchema(Components.standalone(schema, components), formats: .assert)
            #expect(validator.isValid(try JSONValue.parse(body)) == (refused == nil))
        }
        try check(AtLeastOne.self, refused: ofAny)
        try check(ExactlyOne.self, refused: ofOne)
    }

    @Test func `a query string is taken apart as browsers put it together`() {
        let items = URLText.query("a=1&b=x+y&c=%E2%82%AC&d&=e&a=2")
        #expect(items?.map(\.name) == ["a", "b", "c", "d", "", "a"])
        #expect(items?.map(\.value) == ["1", "x y", "€", "", "e", "2"])
        #expect(URLText.query("a=%zz") == nil)
        #expect(URLText.query("a=%ff") == nil)
        #expect(URLText.query("a=%e2%82") == nil)
    }

    @Test func `a path is told by its template`() {
        let path: PathTemplate = "/task/{id}/events"
        #expect(path.description == "/task/{id}/events")
        #expect(path.parameters == ["id"])
        #expect(PathTemplate("/").description == "/")
    }
}
