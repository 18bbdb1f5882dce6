// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Foundation
import Testing

/// What is sent, against the published schema.
@Suite struct LiveFrameTests {
    private static let time = Timestamp(microseconds: 1_795_237_200_123_456)

    private static func update(_ body: String, type: String = "run.failed", withRun: Bool = true) -> ArraySlice<UInt8> {
        let event = Event(
            id: UUID(), workspaceID: Workspace.defaultID, stream: .room(Room.defaultID), type: type,
            actor: Principal(.service, "orchestrator-svc"), taskID: .make(), runID: withRun ? .make() : nil,
            correlationID: withRun ? "order-17" : nil, traceID: "0af7651916cd43dd8448eb211c80319c", occurredAt: time,
            body: Array(body.utf8))
        return (TaskUpdate(RecordedEvent(event: event, position: 7, streamSequence: 5))?.json ?? [])[...]
    }

    private static let updates = [
        update(#"{"error":{"code":"timeout","message":"late","retryable":true},"status":"scheduled","version":3}"#),
        update(#"{"agent":"echo","input":{"a":1},"status":"queued","version":1}"#, type: "task.created"),
        update(#"{"status":"cancelled","version":4}"#, type: "task.cancelled", withRun: false),
        update(#"{"redacted":true}"#), update(""),
    ]

    private static let logs: [ArraySlice<UInt8>] = [
        LogFrameView(LogFrame(id: 1, time: time, level: .info, service: "echo", message: "hi", receivedAt: time)),
        LogFrameView(
            LogFrame(
                id: 2, time: time, level: .critical, service: "échø", message: "a\u{1}\n\"", traceID: "t",
                correlationID: "c", fields: Array(#"{"a":[1,null]}"#.utf8), receivedAt: time)),
    ].map { $0.json[...] }

    private static let cursors = [
        LiveCursor(events: 12, logs: 34), LiveCursor(events: 12), LiveCursor(logs: 0), LiveCursor(),
    ]

    /// Every frame there is, with all that it may hold and without.
    private static let frames: [LiveFrame] =
        cursors.flatMap { cursor -> [LiveFrame] in
            [
                .hello(.init(time: time, cursor: cursor, subscriptionLimit: 16, messageLimit: 262_144, errorLimit: 20)),
                .subscribed("a", channels: LiveChannel.allCases, cursor), .items(.tasks, "a", cursor, updates),
                .items(.logs, "a", cursor, logs), .cursor("a", cursor), .caughtUp("a", .tasks, cursor),
                .caughtUp("a", .logs, cursor), .reset("a", .logs, oldest: 5, cursor),
            ]
        }
        + LiveChannel.allCases.flatMap { channel in
            [.notice("a", channel, isAvailable: true), .notice("a", channel, isAvailable: false)]
        } + [
            .unsubscribed("a"), .pong(nonce: nil, time: time), .pong(nonce: "", time: time),
            .error(.init(code: "malformed_json", message: "Send JSON.")),
            .error(.init(id: "a", code: "invalid", message: "/id is wrong.", fields: [.init("/id", "is wrong")])),
        ]

    /// The schema's name of a frame; the compiler asks for that of a new one.
    private static func definition(of frame: LiveFrame) -> String {
        switch frame {
        case .hello: "hello"
        case .subscribed: "subscribed"
        case .unsubscribed: "unsubscribed"
        case .items(.tasks, _, _, _): "events"
        case .items(.logs, _, _, _): "logs"
        case .cursor: "cursorMoved"
        case .caughtUp: "caughtUp"
        case .reset: "reset"
        case .notice: "notice"
        case .error: "error"
        case .pong: "pong"
        }
    }

    @Test func `every frame is as the schema says, and the schema tells them apart`() throws {
        let contract = try LiveContract.shared.get()
        for frame in Self.frames {
            let value = try JSONValue.parse(frame.bytes)
            let matching = contract.alternatives(of: "serverFrame").filter { contract.faults(value, as: $0).isEmpty }
            #expect(matching == [Self.definition(of: frame)], "\(value.text)")
            #expect(contract.faults(value, as: "serverFrame").isEmpty)
        }
    }

    @Test func `the schema is exact: a member more or less is a fault`() throws {
        let contract = try LiveContract.shared.get()
        let optional = ["error": ["id", "errors"], "pong": ["nonce"]]
        for frame in Self.frames {
            let definition = Self.definition(of: frame)
            let object = try #require(try JSONValue.parse(frame.bytes).object)
            for name in object.names {
                var less = object
                less[name] = nil
                let isOptional = optional[definition]?.contains(name) ?? false
                #expect(contract.faults(.object(less), as: definition).isEmpty == isOptional, "\(definition).\(name)")
            }
            var more = object
            more["other"] = 1
            #expect(!contract.faults(.object(more), as: definition).isEmpty)
        }
    }

    @Test func `every definition of the schema is used by a frame that is sent or taken`() throws {
        let contract = try LiveContract.shared.get()
        #expect(Set(Self.frames.map(Self.definition)) == Set(contract.alternatives(of: "serverFrame")))
        let taken = LiveRequestTests.good.compactMap { try? JSONValue.parse($0)["type"]?.string }
        #expect(Set(taken) == Set(contract.alternatives(of: "clientFrame")))
        let used = contract.reachable(from: "serverFrame").union(contract.reachable(from: "clientFrame"))
        #expect(used == Set(contract.names))
    }

    @Test func `an update holds no payloads, and an event that is about no task is none`() throws {
        let created = try JSONValue.parse(Array(Self.updates[1]))
        #expect(created["agent"] == "echo")
        #expect(created["input"] == nil)
        #expect(created["status"] == "queued")
        let redacted = try JSONValue.parse(Array(Self.updates[3]))
        #expect(redacted["status"] == .null)
        let event = Event(
            id: UUID(), workspaceID: Workspace.defaultID, stream: .workspace(Workspace.defaultID),
            type: "workspace.created", actor: Principal(.user, "admin"), traceID: "t", occurredAt: Self.time, body: [])
        #expect(TaskUpdate(RecordedEvent(event: event, position: 1, streamSequence: 1)) == nil)
    }

    @Test func `what happens within a run is no update of its task`() {
        #expect(Self.update(#"{"key":"a","epoch":1}"#, type: "step.started").isEmpty)
        #expect(!Self.update(#"{"status":"running","version":2}"#, type: "run.started").isEmpty)
    }
}
