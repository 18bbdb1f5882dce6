// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import TestKit
import Testing
import orchestrator_svc

/// What a connection may ask for, and what it is told.
@Suite struct LiveSessionTests {
    @Test func `a client is greeted with where things stand and what it may ask for`() async throws {
        try await LiveFixture.run { live in
            live.publish(3)
            let socket = try await WebSocketTestClient.connect(
                port: live.port, path: "/ws", headers: [("Authorization", LiveFixture.basic)])
            let hello = try await LiveClient(socket: socket).next("hello")
            #expect(hello["cursor"] == ["events": 3, "logs": .null])
            #expect(
                hello["limits"] == ["subscriptions": 16, "filter_values": 50, "message_bytes": 262_144, "errors": 20])
        }
    }

    @Test func `a ping is answered, with what it said`() async throws {
        try await LiveFixture.run { live in
            let client = try await LiveClient.open(live)
            try await client.send(["type": "ping", "nonce": "n-1"])
            #expect(try await client.next("pong")["nonce"] == "n-1")
            try await client.send(["type": "ping"])
            #expect(try await client.next("pong")["nonce"] == nil)
        }
    }

    @Test func `a message that is wrong is answered by name and changes nothing`() async throws {
        try await LiveFixture.run { live in
            let client = try await LiveClient.open(live)
            try await client.socket.send(text: "{")
            #expect(try await client.next("error")["code"] == "malformed_json")
            try await client.send([
                "type": "subscribe", "id": "a", "channels": ["tasks"], "filter": ["status": ["done"]],
            ])
            let error = try await client.next("error")
            #expect(error["code"] == "invalid")
            #expect(error["id"] == "a")
            #expect(error["errors"]?.array?.compactMap { $0["field"] } == ["/filter/status/0"])
            try await client.socket.send(opcode: 2, payload: [1, 2])
            #expect(try await client.next("error")["code"] == "text_only")
            try await client.send(["type": "unsubscribe", "id": "a"])
            #expect(try await client.next("error")["code"] == "subscription_unknown")
            try await client.subscribe("a")
            try await client.next("caught_up")
        }
    }

    @Test func `a subscription tells of the workspace that it names, and of no other`() async throws {
        try await LiveFixture.withWorkspace { url in
            try await LiveFixture.run(database: url) { live in
                let other = ID<Workspace>(trusted: "ws_other")
                _ = try await live.commit.submit(
                    CreateWorkspace(
                        workspaceID: other, name: "Other", actor: Principal(.user, "tester"),
                        traceID: LiveFixture.trace))
                let client = try await LiveClient.open(live)
                try await client.subscribe("here")
                try await client.subscribe("there", workspace: "ws_other")
                try await client.subscribe("named", workspace: .string(LiveFixture.workspace.rawValue))
                let theirs = try await live.createTask(in: other)
                let ours = try await live.createTask()
                var seen: [String: [String]] = [:]
                while seen.values.map(\.count).reduce(0, +) < 3 {
                    let frame = try await client.skip(to: "events")
                    let tasks = (frame["items"]?.array ?? []).compactMap { $0["task_id"]?.string }
                    seen[frame["subscription"]?.string ?? "", default: []] += tasks
                }
                #expect(
                    seen == [
                        "here": [ours.id.rawValue], "there": [theirs.id.rawValue], "named": [ours.id.rawValue],
                    ])

                // A cursor is a place in the log of the workspace that is named with it.
                try await client.subscribe("again", cursor: ["events": 0], workspace: "ws_other")
                let again = try await client.skip(to: "events") { $0["subscription"] == "again" }
                #expect(again["items"]?.array?.compactMap { $0["task_id"] } == [.string(theirs.id.rawValue)])
                #expect(live.figure("live_subscriptions") == 4)
                try await client.send(["type": "unsubscribe", "id": "there"])
                try await client.skip(to: "unsubscribed")
                #expect(live.figure("live_subscriptions") == 3)
            }
        }
    }

    @Test func `a workspace that there is not, or that cannot be looked up, is refused by name`() async throws {
        try await LiveFixture.withWorkspace { url in
            try await LiveFixture.run(database: url) { live in
                let client = try await LiveClient.open(live)
                let wanted: JSONValue = [
                    "type": "subscribe", "id": "a", "channels": ["tasks"], "workspace_id": "ws_nowhere",
                ]
                try await client.send(wanted)
                let error = try await client.next("error")
                #expect(error["code"] == "workspace_not_found")
                #expect(error["id"] == "a")
                #expect(error["errors"]?.array?.compactMap { $0["field"] } == ["/workspace_id"])
                // The name of the subscription is free.
                try await client.subscribe("a")
            }
        }
        try await LiveFixture.run(limits: { $0.lookUp = .milliseconds(300) }) { live in
            let client = try await LiveClient.open(live)
            try await client.send([
                "type": "subscribe", "id": "a", "channels": ["tasks"], "workspace_id": "ws_other",
            ])
            #expect(try await client.next("error")["code"] == "workspace_unavailable")
            try await client.subscribe("a")
        }
    }

    @Test func `who sends one wrong message after the other is sent away`() async throws {
        try await LiveFixture.run(limits: { $0.errors = 3 }) { live in
            let client = try await LiveClient.open(live)
            for _ in 0..<3 {
                try await client.socket.send(text: "[]")
                try await client.next("error")
            }
            try await client.socket.send(text: "[]")
            #expect(try await client.socket.closeCode() == 1008)
        }
    }

    @Test func `subscriptions are bounded, and a name is free again after its end`() async throws {
        try await LiveFixture.run(limits: { $0.subscriptions = 2 }) { live in
            let client = try await LiveClient.open(live)
            try await client.subscribe("a")
            try await client.next("caught_up")
            try await client.subscribe("b")
            try await client.next("caught_up")
            try await client.send(["type": "subscribe", "id": "a", "channels": ["tasks"]])
            #expect(try await client.next("error")["code"] == "subscription_exists")
            try await client.send(["type": "subscribe", "id": "c", "channels": ["tasks"]])
            #expect(try await client.next("error")["code"] == "too_many_subscriptions")
            try await client.send(["type": "unsubscribe", "id": "a"])
            #expect(try await client.next("unsubscribed")["subscription"] == "a")
            #expect(live.figure("live_subscriptions") == 1)
            live.publish(1)
            #expect(try await client.next("events")["subscription"] == "b")
            try await client.subscribe("a", cursor: ["events": 0])
            let again = try await client.next("events")
            #expect(again["subscription"] == "a")
            #expect(again["cursor"] == ["events": 1, "logs": .null])
        }
    }

    @Test func `each subscription gets its own, on one connection`() async throws {
        try await LiveFixture.run { live in
            let client = try await LiveClient.open(live)
            try await client.subscribe("failed", filter: ["status": ["failed"]])
            try await client.next("caught_up")
            try await client.subscribe("mine", filter: ["correlation": ["mine"]])
            try await client.next("caught_up")
            live.publish(1, status: .completed)
            live.publish(1, status: .failed)
            let failed = try await client.next("events")
            #expect(failed["subscription"] == "failed")
            #expect(failed["items"]?.array?.numbers("position") == [2])
            live.publish(1, status: .queued, correlation: "mine")
            let mine = try await client.next("events")
            #expect(mine["subscription"] == "mine")
            #expect(mine["cursor"]?["events"] == 3)
        }
    }

    @Test func `a cursor moves on although nothing was wanted`() async throws {
        try await LiveFixture.run(limits: { $0.heartbeat = .milliseconds(30) }) { live in
            let client = try await LiveClient.open(live)
            try await client.subscribe(filter: ["status": ["failed"]])
            try await client.next("caught_up")
            live.publish(5)
            let moved = try await client.skip(to: "cursor") { $0["cursor"]?["events"] == 5 }
            #expect(moved["subscription"] == "a")
            live.publish(1, status: .failed)
            #expect(try await client.next("events")["items"]?.array?.numbers("position") == [6])
        }
    }

    @Test func `one event goes at once, a burst in few frames that are not too large`() async throws {
        try await LiveFixture.run { live in
            let client = try await LiveClient.open(live)
            try await client.subscribe()
            try await client.next("caught_up")
            let start = ContinuousClock.now
            live.publish(1)
            #expect(try await client.next("events")["items"]?.array?.count == 1)
            #expect(ContinuousClock.now - start < .seconds(1))
            live.publish(3000)
            var positions: [Int64] = []
            var frames = 0
            while positions.count < 3000 {
                let text = try await client.socket.receiveText()
                let items = try JSONValue.parse(text)["items"]?.array ?? []
                // The bound is for the items; the last one put in was below it.
                #expect(text.utf8.count < 65_536 + 1024)
                #expect(items.count <= 256)
                positions += items.numbers("position")
                frames += 1
            }
            #expect(positions == Array(2...3001))
            #expect(frames < 40)
        }
    }

    @Test func `when the daemon stops, clients are told to come back`() async throws {
        try await LiveFixture.run { live in
            let client = try await LiveClient.open(live)
            try await client.subscribe("a", ["tasks", "logs"])
            await live.shutDown()
            #expect(try await client.socket.closeCode() == 1001)
        }
    }

    @Test func `a place beyond the end of the log is none of this log's`() async throws {
        try await LiveFixture.withWorkspace { url in
            try await LiveFixture.run(database: url) { live in
                let end = try #require(live.hub.lastPosition(of: LiveFixture.workspace))
                let client = try await LiveClient.open(live)
                try await client.subscribe(cursor: ["events": 1000])
                let reset = try await client.next("reset")
                #expect(reset["channel"] == "tasks")
                #expect(reset["oldest"] == 1)
                #expect(reset["cursor"]?["events"]?.int == Int(end))
                try await client.next("caught_up")
                let task = try await live.createTask()
                #expect(try await client.items(1).first?["task_id"] == .string(task.id.rawValue))
            }
        }
    }

    @Test func `while the database is away, who needs it is told so and the others go on`() async throws {
        try await LiveFixture.run(head: 100) { live in
            let client = try await LiveClient.open(live)
            try await client.subscribe("late", cursor: ["events": 1])
            let notice = try await client.next("notice")
            #expect(notice["subscription"] == "late")
            #expect(notice["channel"] == "tasks")
            #expect(notice["available"] == false)
            try await client.subscribe("now")
            try await client.next("caught_up")
            live.publish(1)
            #expect(try await client.next("events")["items"]?.array?.numbers("position") == [101])
        }
    }
}
