// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Testing

/// The events as they are on disk. These texts are frozen: what was written once must be read for ever.
@Suite struct HookEventTests {
    private static let id = #""hook_id":"hook_01ARZ3NDEKTSV4RRFFQ69G5FAV""#
    private static let github = """
        {"name":"pushes","agent":"echo","template":{"message":"{{/action}} {{header:x-github-event}}"},\
        "signature":"github","priority":5,"deliveries_per_minute":600}
        """
    private static let declared = """
        {"name":"orders","agent":"echo","template":"{{}}","signature":"hmac_sha256","signature_header":"x-sig",\
        "signature_prefix":"v0=","signature_encoding":"base64","delivery_id_pointer":"/id",\
        "correlation_id_header":"x-order","priority":9,"deliveries_per_minute":10}
        """
    private static let standard = """
        {"name":"plain","agent":"echo","template":null,"signature":"standard","priority":0,"deliveries_per_minute":6000}
        """

    private static let frozen: [(type: String, body: String)] = [
        ("hook.created", "{\(id),\"definition\":\(github),\"version\":1}"),
        ("hook.created", "{\(id),\"definition\":\(standard),\"version\":1}"),
        ("hook.edited", "{\(id),\"definition\":\(declared),\"version\":2}"),
        ("hook.paused", "{\(id),\"version\":2}"),
        ("hook.resumed", "{\(id),\"version\":2}"),
        ("hook.rotated", "{\(id),\"generation\":2,\"grace_until\":\"2026-09-21T14:13:07.000000Z\",\"version\":2}"),
        ("hook.deleted", "{\(id),\"version\":2}"),
        (
            "hook.delivered",
            "{\(id),\"delivery_id\":\"d-1\",\"task_id\":\"task_01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"version\":1}"
        ),
    ]

    private let key = ID<Hook>(trusted: "hook_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    private let context = hookContext(at: Timestamp(microseconds: 0))

    @Test func `every name has its frozen text`() {
        #expect(Set(Self.frozen.map(\.type)) == Set(HookEvent.names))
    }

    @Test(arguments: 0..<8) func `what is on disk is read and written back byte for byte`(index: Int) throws {
        let (type, text) = Self.frozen[index]
        let body = EventBody(type: type, object: try #require(try JSONValue.parse(text).object))
        let event = try HookEvent(type: type, body: body)
        #expect(event.name == type)
        #expect(try HookEvent.key(in: context, body) == key)
        let row = type == "hook.created" ? nil : try makeHook(signature: .github, at: context.occurredAt)
        let after = try #require(event.applied(to: row, key: key, in: context))
        #expect(String(decoding: event.body(of: after), as: UTF8.self) == text)
    }

    @Test func `deliveries count without getting in the way of edits`() throws {
        let hook = try makeHook(signature: .standard, at: Timestamp(microseconds: 0))
        let event = HookEvent.delivered(id: "d", task: ID(trusted: "task_01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        let after = try #require(
            event.applied(to: hook, key: key, in: hookContext(at: Timestamp(microseconds: 5))))
        #expect(after.version == 1 && after.deliveryCount == 1 && after.lastDeliveryAt == Timestamp(microseconds: 5))
        #expect(after.updatedAt == hook.updatedAt)
    }

    @Test func `a minute takes as many deliveries as the hook allows`() throws {
        let start = Timestamp(microseconds: 1_790_000_000_000_000)
        var hook = try makeHook(signature: .standard, at: start)
        hook.definition.deliveriesPerMinute = 2
        func deliver(at time: Timestamp) throws {
            let event = HookEvent.delivered(id: "d", task: ID(trusted: "task_01ARZ3NDEKTSV4RRFFQ69G5FAV"))
            hook = try #require(event.applied(to: hook, key: key, in: hookContext(at: time)))
        }
        try deliver(at: start)
        #expect(hook.wait(at: start) == nil)
        try deliver(at: start + .seconds(20))
        #expect(hook.wait(at: start + .seconds(20)) == .seconds(40))
        #expect(hook.wait(at: start + .seconds(60)) == nil)
        // A clock that was set back makes nobody wait longer.
        #expect(hook.wait(at: start + .seconds(-500)) == .seconds(60))
        try deliver(at: start + .seconds(60))
        #expect(hook.wait(at: start + .seconds(60)) == nil && hook.deliveryCount == 3)
    }

    @Test func `nothing but its beginning can happen to a hook that is not there`() {
        #expect(HookEvent.paused.applied(to: nil, key: key, in: context) == nil)
    }
}
