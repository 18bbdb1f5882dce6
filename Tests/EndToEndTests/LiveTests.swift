// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

@Suite(.daemonLogs) struct LiveTests {
    @Test func `a subscriber sees a task go to done, and only what the filter lets through`() async throws {
        try await Tutti.with { tutti in
            let live = try await LiveConnection.open(tutti.orchestrator)
            try await live.subscribe(["tasks"], filter: ["correlation": ["mine"]])
            _ = try await tutti.create(["message": "not mine"])
            let id = try await tutti.create(["message": "mine"], ["correlationId": "mine"]).text("id")
            var items: [JSONValue] = []
            while items.last?["status"] != "completed" {
                items += try await live.next("events")["items"]?.array ?? []
            }
            #expect(items.strings("event_type") == ["task.created", "run.started", "run.completed"])
            #expect(items.allSatisfy { $0["task_id"]?.string == id })
            #expect(items.allSatisfy { $0["input"] == nil && $0["result"] == nil })
            live.client.drop()
        }
    }

    @Test func `a subscriber whose connections keep breaking sees every event once, in order`() async throws {
        try await Tutti.with { tutti in
            let load = CreationLoad(tutti, limit: 60)
            async let loading: Void = load.run {
                try await eventually(within: .seconds(60)) { load.createdCount >= 192 }
            }
            var seen: [Int] = []
            var cursor = 0
            var connections = 0
            var end: Int?
            while end.map({ cursor < $0 }) ?? true {
                let live = try await LiveConnection.open(tutti.orchestrator)
                connections += 1
                try await live.subscribe(["tasks"], cursor: ["events": JSONValue(cursor)])
                for _ in 0..<Int.random(in: 1...4) where end.map({ cursor < $0 }) ?? true {
                    guard let frame = try? await live.next("events", within: .milliseconds(500)) else { break }
                    seen += (frame["items"]?.array ?? []).compactMap { $0["position"]?.int }
                    cursor = try #require(frame["cursor"]?["events"]?.int)
                }
                live.client.drop()
                if end == nil, load.createdCount >= 192 {
                    try await load.waitUntilCompleted()
                    end = try await tutti.number("SELECT max(position) AS n FROM evt_events")
                }
            }
            try await loading
            let rows = try await tutti.sql(
                "SELECT position FROM evt_events WHERE task_id IS NOT NULL ORDER BY position")
            #expect(seen == (try rows.map { try $0.value("position", as: Int.self) }))
            #expect(connections > 3)
        }
    }

    @Test func `a subscriber goes on where it was after the orchestrator was killed`() async throws {
        try await Tutti.with { tutti in
            let first = try await LiveConnection.open(tutti.orchestrator)
            try await first.subscribe(["tasks"])
            let before = try await tutti.create().text("id")
            _ = try await tutti.wait(for: before, toBe: "completed")
            var cursor = 0
            repeat {
                cursor = try #require(try await first.next("events")["cursor"]?["events"]?.int)
            } while cursor < (try await tutti.number("SELECT max(position) AS n FROM evt_events"))
            try await tutti.orchestrator.kill()
            #expect(try await first.client.closeCode() == nil)
            try await tutti.orchestrator.start()
            let after = try await tutti.create().text("id")
            let second = try await LiveConnection.open(tutti.orchestrator)
            try await second.subscribe(["tasks"], cursor: ["events": JSONValue(cursor)])
            let item = try await second.next("events")["items"]?.array?.first
            #expect(item?["task_id"]?.string == after)
            #expect(item?["position"]?.int == cursor + 1)
            second.client.drop()
        }
    }

    @Test func `a cursor that is none of this log's leads to a reset, and a bad message to an error`() async throws {
        try await Tutti.with([]) { tutti in
            let live = try await LiveConnection.open(tutti.orchestrator)
            try await live.subscribe(["tasks"], cursor: ["events": 1_000_000])
            let reset = try await live.next("reset")
            #expect(reset["channel"] == "tasks")
            #expect(reset["oldest"] == 1)
            let end = try await tutti.number("SELECT max(position) AS n FROM evt_events")
            #expect(reset["cursor"]?["events"]?.int == end)

            for (message, code) in [("{", "malformed_json"), (#"{"type":"shout"}"#, "invalid")] {
                try await live.client.send(text: message)
                #expect(try await live.next("error")["code"]?.string == code)
            }
            try await live.send(["type": "ping", "nonce": "n"])
            #expect(try await live.next("pong")["nonce"] == "n")
            live.client.drop()
        }
    }

    @Test func `log frames of all daemons arrive beside the updates`() async throws {
        try await Tutti.with([.logging, .echo]) { tutti in
            let live = try await LiveConnection.open(tutti.orchestrator)
            try await live.subscribe(["tasks", "logs"], filter: ["correlation": ["watched"]])
            let task = try await tutti.create(["message": "watch me"], ["correlationId": "watched"])
            var seen = Seen()
            while !seen.isComplete { seen.take(try await live.next(within: .seconds(20))) }
            #expect(seen.services == ["echo-agent-svc", "orchestrator-svc"])
            #expect(seen.statuses == ["queued", "running", "completed"])
            #expect(seen.correlations == ["watched"])
            #expect(seen.traces == [task.text("trace_id")])
            live.client.drop()
        }
    }
}

/// What the frames of a connection have told so far.
private struct Seen {
    var services: Set<String> = []
    var statuses: [String] = []
    var correlations: Set<String> = []
    var traces: Set<String> = []

    var isComplete: Bool { services.count >= 2 && statuses.last == "completed" }

    mutating func take(_ frame: JSONValue) {
        let items = frame["items"]?.array ?? []
        switch frame.text("type") {
        case "logs":
            services.formUnion(items.strings("service"))
            correlations.formUnion(items.strings("correlation_id"))
            traces.formUnion(items.strings("trace_id"))
        case "events": statuses += items.strings("status")
        default: break
        }
    }
}

extension [JSONValue] {
    fileprivate func strings(_ name: String) -> [String] { map { $0.text(name) } }
}
