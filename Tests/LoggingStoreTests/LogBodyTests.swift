// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Store
import TestKit
import Testing

@Suite struct LogBodyTests {
    private let arrival = Timestamp(microseconds: 1_795_000_000_000_000)

    private func read(_ text: String, _ form: LogBody.Form = .json) -> LogBody {
        LogBody(Array(text.utf8), form: form, arrival: arrival)
    }

    @Test func `one frame is read with all its members`() throws {
        let body = read(
            """
            {"level":"warning","service":"echo","message":"hi","traceId":"t1","correlationId":"c1",
             "time":"2026-11-21T05:00:00.5+01:00","fields":{"a":[1,2.50,{"b":null}]}}
            """)
        #expect(body.refusedCount == 0)
        #expect(body.isSingle)
        let frame = try #require(body.rows.frames.first)
        #expect(frame.level == .warning)
        #expect(frame.service == "echo")
        #expect(frame.message == "hi")
        #expect(frame.traceID == "t1")
        #expect(frame.correlationID == "c1")
        #expect(frame.time == Timestamp("2026-11-21T04:00:00.500000Z"))
        #expect(frame.fields.map { String(decoding: $0, as: UTF8.self) } == #"{"a":[1,2.50,{"b":null}]}"#)
    }

    @Test func `a frame without a time is of its arrival, and null means absent`() throws {
        let body = read(
            """
            {"level":"info","service":"s","message":"","time":null,"traceId":null,"correlationId":null,"fields":null}
            """)
        let frame = try #require(body.rows.frames.first)
        #expect(frame.time == arrival)
        #expect(frame.traceID == nil)
        #expect(frame.fields == nil)
    }

    @Test func `bad frames of an array are told by index while the good ones are kept`() {
        let body = read(
            """
            [{"level":"info","service":"s","message":"0"}, {"level":"loud","service":"s","message":"1"}, 7,
             {"level":"info","service":"s","message":"3"}, {"level":"info","service":"s"},
             {"level":"info","service":"s","message":"5","message":"5"},
             {"level":"info","service":"s","message":"6","shout":true}]
            """)
        #expect(body.rows.frames.map(\.message) == ["0", "3"])
        #expect(body.refusedCount == 5)
        #expect(body.refused.map(\.index) == [1, 2, 4, 5, 6])
        #expect(body.refused.map(\.field) == ["/level", "", "/message", "", "/shout"])
        #expect(body.refused[0].message.contains("trace, debug, info"))
        #expect(body.refused[2].message == "is required")
        #expect(body.refused[3].message.contains("name given twice"))
    }

    @Test func `an array that breaks off keeps what came before`() {
        let body = read(#"[{"level":"info","service":"s","message":"0"},{"level":"info","ser"#)
        #expect(body.rows.count == 1)
        #expect(body.refused.map(\.index) == [1])
        let behind = read(#"[{"level":"info","service":"s","message":"0"}] x"#)
        #expect(behind.rows.count == 1)
        #expect(behind.refusedCount == 1)
        let comma = read(
            #"[{"level":"info","service":"s","message":"0"} {"level":"info","service":"s","message":"1"}]"#)
        #expect(comma.rows.count == 1)
        #expect(comma.refused.map(\.index) == [1])
    }

    @Test func `lines are counted without the blank ones`() {
        let body = read(
            """
            {"level":"info","service":"s","message":"0"}

            {"level":"info","service":"s","message":"1"} {"level":"info","service":"s","message":"x"}
            nonsense
              {"level":"error","service":"s","message":"3"}\r

            """, .lines)
        #expect(body.rows.frames.map(\.message) == ["0", "3"])
        #expect(body.refused.map(\.index) == [1, 2])
    }

    @Test(arguments: ["", "   ", "[]", "{", "\"x\"", "{}", "[,]", "[1,]"])
    func `nothing good gives no rows`(text: String) {
        let body = read(text)
        #expect(body.rows.isEmpty)
        #expect(text == "[]" || body.refusedCount > 0)
    }

    @Test func `limits hold for every member`() {
        func refusal(_ members: JSONObject) -> String? {
            let frame = frame("m", members)
            return read(frame.text).refused.first?.field
        }
        #expect(refusal(["service": .string(String(repeating: "ä", count: 128))]) == nil)
        #expect(refusal(["service": .string(String(repeating: "ä", count: 129))]) == "/service")
        #expect(refusal(["service": ""]) == "/service")
        #expect(refusal(["service": "a\tb"]) == "/service")
        #expect(refusal(["traceId": .string(String(repeating: "x", count: 257))]) == "/traceId")
        #expect(refusal(["correlationId": 5]) == "/correlationId")
        #expect(refusal(["message": .string(String(repeating: "x", count: 65_537))]) == "/message")
        #expect(refusal(["message": .string(String(repeating: "ä", count: 65_536))]) == nil)
        #expect(refusal(["time": "yesterday"]) == "/time")
        #expect(refusal(["time": "0000-01-01T00:00:00Z"]) == "/time")
        #expect(refusal(["time": "9999-12-31T23:59:59-01:00"]) == "/time")
        #expect(refusal(["fields": []]) == "/fields")
        #expect(refusal(["fields": ["a": .string(String(repeating: "x", count: 262_144))]]) == "/fields")
    }

    @Test func `broken UTF-8 harms only its own line`() {
        let good = Array(#"{"level":"info","service":"s","message":"grün"}"#.utf8)
        let bad = Array(#"{"level":"info","service":"s","message":""#.utf8) + [0xFF] + Array("\"}".utf8)
        let body = LogBody(good + [0x0A] + bad + [0x0A] + good, form: .lines, arrival: arrival)
        #expect(body.rows.frames.map(\.message) == ["grün", "grün"])
        #expect(body.refused.map(\.index) == [1])
    }

    @Test func `the list of refused frames is bounded, their number is not`() {
        let body = read("[" + Array(repeating: "1", count: 1000).joined(separator: ",") + "]")
        #expect(body.refused.count == LogBody.mostRefused)
        #expect(body.refusedCount == 1000)
    }

    @Test func `ordinary frames never need the general parser`() {
        let body = read(
            """
            {"time":"2026-11-21T05:00:00.123456Z","level":"info","service":"orchestrator-svc",\
            "message":"a \\"b\\"\\n\\u00e9 č","traceId":"4bf92f3577b34da6a3ce929d0e0e4736","correlationId":"x",\
            "fields":{"n": 1.5e3, "list":[true,{"k":"\\u20ac"}]}}
            """, .lines)
        #expect(body.rows.count == 1)
        #expect(body.oddCount == 0)
    }

    @Test(arguments: 0..<40)
    func `the scanner and the general parser agree on generated frames`(seed: Int) throws {
        var maker = FrameMaker(seed: UInt64(seed))
        var scanned = 0
        defer { #expect(scanned > 30, "most of what is generated is odd on purpose, but not all of it") }
        for _ in 0..<250 {
            let text = maker.frameText()
            let bytes = Array(text.utf8)
            let expected: LogFrameDraft?
            if let value = try? JSONValue.parse(bytes) { expected = try? LogFrameDraft(value) } else { expected = nil }
            let body = LogBody(bytes, form: .json, arrival: arrival)
            guard let expected else {
                #expect(body.rows.isEmpty, "taken although wrong: \(text)")
                continue
            }
            let frame = try #require(body.rows.frames.first, "refused although right: \(text)")
            scanned += 1 - body.oddCount
            #expect(frame.time == expected.time ?? arrival)
            #expect(frame.level == expected.level)
            #expect(frame.service == expected.service)
            #expect(frame.message == expected.message, "of \(text)")
            #expect(frame.traceID == expected.traceID)
            #expect(frame.correlationID == expected.correlationID)
            // The text of the fields may keep its spaces and escapes; its meaning and its being one line count.
            let fields = try frame.fields.map { try JSONValue.parse($0) }
            #expect(try fields == expected.fields.map { try JSONValue.parse($0) })
            #expect(frame.fields?.contains(0x0A) != true)
        }
    }
}

/// Makes frames that are mostly right, in all spellings, and now and then wrong in one place.
private struct FrameMaker {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func frameText() -> String {
        var members = [
            member("level", "\"\(pick(["trace", "debug", "info", "notice", "warning", "error", "critical"]))\""),
            member("service", string(short: true)), member("message", string(short: false)),
        ]
        if chance(2) { members.append(member("traceId", string(short: true))) }
        if chance(2) { members.append(member("correlationId", chance(4) ? "null" : string(short: true))) }
        if chance(2) { members.append(member("time", "\"\(pick(Self.times))\"")) }
        if chance(2) { members.append(member("fields", object(depth: 0))) }
        if chance(30) { members.append(member(pick(["level", "extra", "messagE"]), "1")) }
        members.shuffle(using: &random)
        let text = "{" + members.joined(separator: "," + space()) + "}"
        return chance(15) ? broken(text) : text
    }

    private static let times = [
        "2026-11-21T05:00:00Z", "2026-11-21T05:00:00.123456789+02:00", "2024-02-29t23:59:60z", "2023-02-29T00:00:00Z",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-11-21 05:00:00Z", "",
    ]

    private mutating func member(_ name: String, _ value: String) -> String {
        "\(space())\"\(name)\"\(space()):\(space())\(value)\(space())"
    }

    private mutating func space() -> String { chance(6) ? pick([" ", "  ", "\n", "\t", "\r\n"]) : "" }

    private mutating func string(short: Bool) -> String {
        let pieces = [
            "a", "B", " ", "é", "漢", "😀", "\\n", "\\t", "\\\\", "\\\"", "\\/", "\\b", "\\f", "\\r", "\\u0041",
            "\\u00e9", "\\u0000", "\\ud83d\\ude00", "\\u2028", "%", "'", "{", "]", ",", "\u{7F}",
        ]
        let length = Int.random(in: (short ? 1 : 0)...(short ? 4 : 12), using: &random)
        // Labels with escapes are rarer than without, as in life.
        let parts = (0..<length).map { _ in short && !chance(8) ? pick(["a", "b", "é", "-"]) : pick(pieces) }
        return "\"" + parts.joined() + "\""
    }

    private mutating func object(depth: Int) -> String {
        let count = Int.random(in: 0...3, using: &random)
        let parts = (0..<count).map { _ in member(pick(["a", "b", "c", "é", "d\\n"]), value(depth: depth + 1)) }
        return "{" + (count == 0 ? space() : parts.joined(separator: ",")) + "}"
    }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 3 ? 5 : 7), using: &random) {
        case 0: pick(["0", "-1", "1.50", "1e5", "-0.0E+7", "123456789012345678901234567890", "01", "1.", "-"])
        case 1: "true"
        case 2: pick(["false", "null", "nul"])
        case 3, 4: string(short: false)
        case 5: object(depth: depth)
        default: array(depth: depth)
        }
    }

    private mutating func array(depth: Int) -> String {
        let count = Int.random(in: 0...3, using: &random)
        return "[" + (0..<count).map { _ in value(depth: depth + 1) }.joined(separator: ",") + "]"
    }

    private mutating func broken(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars)
        let place = Int.random(in: 0..<scalars.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: scalars.remove(at: place)
        case 1: scalars.insert(pick(["\"", "{", "}", ",", "\\", "\n", "x"]), at: place)
        default: scalars.removeSubrange(place...)
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }
}
