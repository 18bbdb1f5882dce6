// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Testing

/// Reads one body member `v` through the whole of an endpoint's decoding.
private struct Probe<Value: Sendable>: Sendable {
    let shape: Shape<Value>

    func read(_ json: String) -> Result<Value, Problem> {
        var refusals = Refusals()
        do throws(Problem) {
            guard let value = shape.read(try Self.parse(json), "/v", &refusals) else {
                try refusals.check()
                throw Problem(.internal, "refused without a word")
            }
            return .success(value)
        } catch {
            return .failure(error)
        }
    }

    func accepts(_ json: String) -> Bool { (try? read(json).get()) != nil }

    private static func parse(_ json: String) throws(Problem) -> JSONValue {
        do { return try JSONValue.parse(json) } catch { throw Problem(.internal, "\(error)") }
    }

    var schema: JSONValue {
        var components = Components()
        return .object(shape.schema(&components))
    }
}

@Suite struct ShapeTests {
    /// A shape must accept what its own schema accepts and nothing else.
    @Test func `shapes and their schemas agree`() throws {
        let values = [
            "null", "true", "0", "1", "9", "10", "-1", "1.0", "1.5", "1e1", "1e400", #""""#, #""a""#, #""abc""#,
            #""abcd""#,
            #""\u0000""#, #""é€😀""#, #""echo-agent""#, #""Echo""#, #""2026-11-21T05:00:00Z""#,
            #""2026-02-30T05:00:00Z""#,
            #""0af7651916cd43dd8448eb211c80319c""#, #""00000000000000000000000000000000""#, "[]", "[1]", "[1,1]",
            "[1,2,3]", #"["a"]"#, "{}", #"{"size":1}"#, #"{"size":1,"more":2}"#, #"{"size":"1"}"#,
            #"{"size":1,"next":null}"#,
            #""task_01JD0000000000000000000000""#, #""task_81JD0000000000000000000000""#, #""red""#, #""blue""#,
        ]
        func check<Value>(_ shape: Shape<Value>, line: UInt = #line) throws {
            let probe = Probe(shape: shape)
            var components = Components()
            let schema = shape.schema(&components)
            let validator = try JSONSchema(Components.standalone(schema, components), formats: .assert)
            for value in values {
                #expect(
                    probe.accepts(value) == validator.isValid(try JSONValue.parse(value)),
                    "\(value) against \(probe.schema.text) of line \(line)")
            }
        }
        try check(.string())
        try check(.string(min: 1, max: 3))
        try check(.string(.name))
        try check(.string(.token))
        try check(.string(.traceID))
        try check(.integer(0...9))
        try check(.number(-1...1.5))
        try check(.bool)
        try check(.timestamp)
        try check(.choice(Colour.self))
        try check(.id(Sample.self))
        try check(.anything)
        try check(.anyObject)
        try check(.object(Box.self))
        try check(.array(of: .integer(0...9), min: 1, max: 2))
        try check(.array(of: .integer(0...9), max: 2, unique: true))
        try check(.nullable(.integer(0...9)))
        try check(.nullable(.choice(Colour.self)))
    }

    @Test func `refusals point at the member, however deep`() throws {
        let problem = try #require(
            Probe(shape: .array(of: .object(Box.self), max: 9)).read(#"[{"size":1},{"size":99,"a/b~c":1}]"#).failure)
        #expect(problem.kind == .invalid)
        #expect(problem.fields.map(\.field) == ["/v/1/size", "/v/1/a~1b~0c"])
        #expect(problem.fields[0].message == "must be a whole number from 0 to 9")
    }

    @Test func `a hostile request does not make the answer large`() throws {
        let many = "[" + Array(repeating: "true", count: 500).joined(separator: ",") + "]"
        let problem = try #require(Probe(shape: .array(of: .integer(0...1), max: 1000)).read(many).failure)
        #expect(problem.fields.count == 50)
    }

    @Test func `lengths are counted in characters, not bytes`() {
        #expect(Probe(shape: .string(max: 3)).accepts(#""€€€""#))
        #expect(!Probe(shape: .string(max: 3)).accepts(#""€€€€""#))
        #expect(!Probe(shape: .string(min: 2)).accepts(#""😀""#))
    }
}

private enum Colour: String, CaseIterable, Sendable { case red, green }

private enum Sample: Identified { static let idPrefix = "task" }

private struct Box: WireInput {
    let size: Int
    let next: Bool?

    init(_ input: inout InputReader) {
        size = input.member("size", "How large.", .integer(0...9))
        next = input.optional("next", "Whether more comes.", .bool)
    }
}

extension Result {
    fileprivate var failure: Failure? {
        guard case .failure(let failure) = self else { return nil }
        return failure
    }
}
