// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Testing

/// Limits and queues as their events are on disk. These texts are frozen.
@Suite struct LimitEventTests {
    private static let limits: [(name: String, text: String)] = [
        ("limit.set", #"{"limit":"customer","max_concurrent":2,"rate_count":10,"rate_seconds":0.5}"#),
        ("limit.set", #"{"limit":"customer","max_concurrent":2}"#),
        ("limit.set", #"{"limit":"customer","rate_count":10,"rate_seconds":60}"#),
        ("limit.removed", #"{"limit":"customer"}"#),
    ]
    private static let queues: [(name: String, text: String)] = [
        ("queue.paused", #"{"agent":"echo","reason":"repairs"}"#),
        ("queue.paused", #"{"agent":"echo"}"#),
        ("queue.resumed", #"{"agent":"echo"}"#),
    ]

    private let context = EventContext(
        workspaceID: Workspace.defaultID, stream: .workspace(Workspace.defaultID), actor: Principal(.user, "tester"),
        traceID: "0af7651916cd43dd8448eb211c80319c", occurredAt: Timestamp(microseconds: 1_000_000))

    @Test func `every name has its frozen text`() {
        #expect(Set(Self.limits.map(\.name)) == Set(LimitEvent.names))
        #expect(Set(Self.queues.map(\.name)) == Set(QueueEvent.names))
    }

    @Test func `what is on disk is read and written back byte for byte`() throws {
        var limit: Limit?
        for (name, text) in Self.limits {
            let body = EventBody(type: name, object: try #require(try JSONValue.parse(text).object))
            let event = try LimitEvent(type: name, body: body)
            let key = try LimitEvent.key(in: context, body)
            #expect(event.name == name && key == "customer")
            let row = try #require(event.applied(to: limit, key: key, in: context))
            #expect(String(decoding: event.body(of: row), as: UTF8.self) == text)
            #expect((row.removedAt != nil) == (name == "limit.removed"))
            limit = row
        }
        var queue: AgentQueue?
        for (name, text) in Self.queues {
            let body = EventBody(type: name, object: try #require(try JSONValue.parse(text).object))
            let event = try QueueEvent(type: name, body: body)
            let key = try QueueEvent.key(in: context, body)
            #expect(event.name == name && key == "echo")
            let row = try #require(event.applied(to: queue, key: key, in: context))
            #expect(String(decoding: event.body(of: row), as: UTF8.self) == text)
            #expect((row.pausedAt != nil) == (name == "queue.paused"))
            #expect(row.version == (queue?.version ?? 0) + 1)
            queue = row
        }
    }

    @Test func `a limit that is none cannot be lifted`() {
        #expect(LimitEvent.removed.applied(to: nil, key: "customer", in: context) == nil)
    }

    @Test func `a rate without its time is told by event and member`() throws {
        let body = EventBody(type: "limit.set", object: ["limit": "customer", "rate_count": 3])
        let error = #expect(throws: EventDecodingError.self) { try LimitEvent(type: "limit.set", body: body) }
        #expect(error?.eventType == "limit.set" && error?.member == "rate_seconds")
        let nameless = #expect(throws: EventDecodingError.self) {
            try LimitEvent.key(in: context, EventBody(type: "limit.removed", object: [:]))
        }
        #expect(nameless?.member == "limit")
    }

    @Test func `the text of a use is read back, whatever its key is`() {
        for key in ["all", "a:b", "customer/7", ":"] {
            let use = LimitUse(name: "customer", key: key)
            #expect(LimitUse(use.text) == use)
        }
        #expect(LimitUse("nothing") == nil)
    }
}
