// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import TestKit
import Testing

/// What a template makes of a delivery.
@Suite struct HookTemplateTests {
    private static let body: JSONValue = [
        "action": "opened", "number": 17, "price": 1.50, "draft": false, "nothing": nil, "tags": ["a", "b"],
        "user": ["login": "ada", "a/b": 1, "m~n": 2], "": "empty name",
    ]

    private func content(_ body: JSONValue = body) -> HookContent {
        HookContent(
            body: body, headers: HookHeaders([(name: "X-GitHub-Event", value: "issues")]), deliveryID: "d-1")
    }

    private func fill(_ template: JSONValue, limit: Int = HookTemplate.outputLimit) throws -> JSONValue {
        try HookTemplate(template, signature: .github).fill(from: content(), limit: limit)
    }

    @Test(
        arguments: [
            ("{{/action}}", "opened"), ("{{/number}}", 17), ("{{ /draft }}", false), ("{{/tags}}", ["a", "b"]),
            ("{{/tags/1}}", "b"), ("{{/user/login}}", "ada"), ("{{/user/a~1b}}", 1), ("{{/user/m~0n}}", 2),
            ("{{/}}", "empty name"), ("{{}}", body), ("{{header:x-github-event}}", "issues"),
            ("{{header:X-GitHub-Event}}", "issues"), ("{{delivery_id}}", "d-1"),
        ] as [(JSONValue, JSONValue)])
    func `a string that is one place becomes what is there`(template: JSONValue, expected: JSONValue) throws {
        #expect(try fill(template) == expected)
    }

    @Test(
        arguments: [
            ("{{/none}}", nil), ("{{/nothing}}", nil), ("{{/tags/2}}", nil), ("{{/tags/01}}", nil),
            ("{{/tags/-}}", nil),
            ("{{/action/x}}", nil), ("{{header:x-none}}", nil), ("{{/none ?? \"text\"}}", "text"),
            ("{{/nothing ?? 5}}", 5), ("{{/none??true}}", true), ("{{/none ?? null}}", nil),
            ("{{/draft ?? true}}", false),
            ("{{/none ?? \"}} \\\" ??\"}}", "}} \" ??"), ("{{header:x-none ?? \"x\"}}", "x"),
            ("{{/action ?? 1}}", "opened"),
        ] as [(JSONValue, JSONValue)])
    func `what is missing is null, or what ?? says`(template: JSONValue, expected: JSONValue) throws {
        #expect(try fill(template) == expected)
    }

    @Test(
        arguments: [
            ("Issue {{/number}} {{/action}} by {{/user/login}}", "Issue 17 opened by ada"),
            ("{{/action}}{{/number}}", "opened17"), ("a {{/tags}} b", "a [\"a\",\"b\"] b"), (" {{/number}}", " 17"),
            ("{{/none}}.", "."), ("{{/none ?? \"?\"}}.", "?."), ("{{/price}} {{/draft}}", "1.5 false"),
            ("no place", "no place"), ("}} { {x", "}} { {x"), ("é{{/action}}é", "éopenedé"), ("", ""),
        ] as [(JSONValue, JSONValue)])
    func `places among text are filled as text`(template: JSONValue, expected: JSONValue) throws {
        #expect(try fill(template) == expected)
    }

    @Test func `objects and arrays are filled inside, names are left alone, order is kept`() throws {
        let filled = try fill(["b": "{{/number}}", "{{/action}}": [1, "{{/tags}}", ["c": "x{{/number}}"]], "a": nil])
        #expect(filled.text == #"{"b":17,"{{/action}}":[1,["a","b"],{"c":"x17"}],"a":null}"#)
    }

    @Test func `what a place brings in is never read as a template`() throws {
        let body: JSONValue = ["x": "{{delivery_id}}"]
        let template = try HookTemplate(["{{/x}}", "-{{/x}}"], signature: .github)
        #expect(try template.fill(from: content(body)) == ["{{delivery_id}}", "-{{delivery_id}}"])
    }

    @Test(
        arguments: [
            ("{{", 1, .unclosed), ("ab {{/x", 4, .unclosed), ("é{{/a}} {{", 9, .unclosed), ("{{/x}", 1, .unclosed),
            ("{{x}}", 1, .unknown("x")), ("{{ delivery_id ?? 1 }}", 1, .unknown("delivery_id")),
            ("{{#if /x}}", 1, .unknown("#if /x")), ("{{{{/a}}", 1, .unknown("{{/a")), ("{{/a~}}", 1, .pointer("/a~")),
            ("{{/a~2}}", 1, .pointer("/a~2")), ("{{header:}}", 1, .header("")), ("{{header:x y}}", 1, .header("x y")),
            ("{{header:Authorization}}", 1, .refused("authorization")), ("{{header:cookie}}", 1, .refused("cookie")),
            ("{{header:x-hub-signature-256}}", 1, .refused("x-hub-signature-256")), ("{{/a ?? }}", 1, .fallback),
            ("{{/a ?? b}}", 1, .fallback), ("{{/a ?? [1]}}", 1, .fallback), ("{{/a ?? \"b}}", 1, .fallback),
            ("{{/a ?? \"b\" c}}", 1, .fallback), ("{{/a ?? \"\\x\"}}", 1, .fallback), ("{{/a ?? \"\\", 1, .unclosed),
            ("{{/a ?? \"}}\\", 1, .fallback),
        ] as [(String, Int, HookTemplateError.Reason)])
    func `a bad string is told by pointer and column`(text: String, column: Int, reason: HookTemplateError.Reason) {
        let error = #expect(throws: HookTemplateError.self) {
            try HookTemplate(["a": [1, ["x/y": .string(text)]]], signature: .github)
        }
        #expect(error?.pointer == "/a/1/x~1y" && error?.column == column && error?.reason == reason, "\(text)")
        #expect(error?.description.hasPrefix("column \(column): ") == true)
    }

    @Test func `templates have their bounds`() throws {
        let places = [JSONValue](repeating: "{{/a}}", count: HookTemplate.maximumPlaces)
        _ = try HookTemplate(.array(places), signature: .standard)
        #expect(throws: HookTemplateError.self) { try HookTemplate(.array(places + ["{{}}"]), signature: .standard) }
        let error = #expect(throws: HookTemplateError.self) {
            try HookTemplate(.string(String(repeating: "x", count: HookTemplate.maximumBytes)), signature: .standard)
        }
        #expect(error?.reason == .tooLarge)
    }

    @Test func `what comes out is as large as the limit at most`() throws {
        let whole = try fill(["a": "{{}}", "b": "{{/tags}} {{/user}}"])
        let size = whole.bytes.count
        #expect(try fill(["a": "{{}}", "b": "{{/tags}} {{/user}}"], limit: size) == whole)
        #expect(throws: HookFillError.tooLarge(limit: size - 1)) {
            try fill(["a": "{{}}", "b": "{{/tags}} {{/user}}"], limit: size - 1)
        }
        // 256 copies of a megabyte are never put together.
        let body = JSONValue.string(String(repeating: "\u{1}", count: 1_000_000))
        let many = [JSONValue](repeating: "x{{}}", count: HookTemplate.maximumPlaces)
        #expect(throws: HookFillError.tooLarge(limit: HookTemplate.outputLimit)) {
            try HookTemplate(.array(many), signature: .github).fill(from: content(body))
        }
    }

    @Test func `what comes out can be parsed again, however deep the parts were`() throws {
        func nested(_ depth: Int, _ core: JSONValue) -> JSONValue {
            (0..<depth).reduce(core) { value, _ in .array([value]) }
        }
        let template = try HookTemplate(nested(28, "{{}}"), signature: .github)
        let deepest = try template.fill(from: content(nested(100, 1)))
        #expect(try JSONValue.parse(deepest.bytes) == deepest)
        #expect(throws: HookFillError.tooDeep) { try template.fill(from: content(nested(101, 1))) }
    }

    @Test func `whatever the template, it is refused or keeps its bounds`() throws {
        var random = SeededGenerator(seed: 5)
        let parts = [
            "{{", "}}", "{", "}", "/", "/tags", "/user/login", "??", " ", "\"", "\\", "header:", "x-github-event",
            "delivery_id", "5", "null", "é", "~0", "~", "text", "{{/action}}", "{{}}", "e\u{301}", "🙂", "\u{0}",
        ]
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 3 ? 2 : 4), using: &random) {
            case 0, 1:
                .string(
                    (0..<Int.random(in: 0...9, using: &random)).map { _ in
                        parts.randomElement(using: &random) ?? ""
                    }.joined())
            case 2: .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth + 1) })
            default:
                .object(JSONObject((0..<Int.random(in: 0...3, using: &random)).map { ("m\($0)", value(depth + 1)) }))
            }
        }
        var accepted = 0
        for _ in 0..<5000 {
            let source = value(0)
            guard let template = try? HookTemplate(source, signature: .github) else { continue }
            accepted += 1
            #expect(template.source == source)
            let limit = Int.random(in: 0...400, using: &random)
            do throws(HookFillError) {
                let filled = try template.fill(from: content(), limit: limit)
                #expect(filled.bytes.count <= limit)
                #expect((try? JSONValue.parse(filled.bytes)) == filled)
            } catch {
                #expect(error == .tooLarge(limit: limit))
                #expect(throws: Never.self) { try template.fill(from: content(), limit: 1 << 20) }
            }
        }
        #expect(accepted > 1000)
    }
}
