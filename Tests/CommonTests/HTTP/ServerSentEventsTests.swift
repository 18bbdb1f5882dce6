// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

private func parse(_ chunks: [[UInt8]]) throws -> [ServerSentEvent] {
    var parser = ServerSentEvents()
    return try chunks.flatMap { try parser.feed($0) }
}

struct ServerSentEventsTests {
    private static let stream =
        "\u{FEFF}: comment\r\nid: 1\nevent: log\rdata: first\r\ndata:  second é\r\n\r\n"
        + "data\n\nretry: 1500\nretry: x\n\nid: 2\nid: a\0b\ndata:\n\n:\n\nevent: none\n\ndata: {\"a\": 1}\nunknown: x\n\n"
    private static let events = [
        ServerSentEvent(id: "1", event: "log", data: "first\n second é"),
        ServerSentEvent(id: "1", event: "message", data: ""),
        ServerSentEvent(id: "2", event: "message", data: ""),
        ServerSentEvent(id: "2", event: "message", data: "{\"a\": 1}"),
    ]

    @Test func `a stream cut at every two places gives the same events`() throws {
        let bytes = Array(Self.stream.utf8)
        #expect(try parse([bytes]) == Self.events)
        #expect(try parse(bytes.map { [$0] }) == Self.events)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let chunks = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
                guard try parse(chunks) == Self.events else {
                    Issue.record("cut at \(first) and \(second)")
                    return
                }
            }
        }
    }

    @Test(arguments: ["\n", "\r", "\r\n"])
    func `every kind of line end means the same`(end: String) throws {
        let text = Self.stream.replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\n", with: end)
        #expect(try parse([Array(text.utf8)]) == Self.events)
    }

    @Test func `the id and the pause to come back with are kept`() throws {
        var parser = ServerSentEvents()
        _ = try parser.feed(Array("id: 7\nretry: 250\n\nid: 8\ndata: cut".utf8))
        #expect(parser.lastEventID == "7")
        #expect(parser.retry == .milliseconds(250))
    }

    @Test func `a mark in the middle is text, and only the first is skipped`() throws {
        let events = try parse([Array("\u{FEFF}data: \u{FEFF}x\n\n".utf8)])
        #expect(events.map(\.data) == ["\u{FEFF}x"])
    }

    @Test func `a line or an event without end is given up`() {
        var parser = ServerSentEvents(limit: 64)
        #expect(throws: ServerSentEvents.TooLong(limit: 64)) { try parser.feed(Array(repeating: 65, count: 65)) }
        var other = ServerSentEvents(limit: 64)
        #expect(throws: ServerSentEvents.TooLong(limit: 64)) {
            for _ in 0..<10 { _ = try other.feed(Array("data: 0123456789\n".utf8)) }
        }
    }
}
