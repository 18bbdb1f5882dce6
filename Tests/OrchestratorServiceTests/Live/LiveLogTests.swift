// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization
import TestKit
import Testing
import orchestrator_svc

/// Log frames from logging-svc, for subscribers of this daemon.
@Suite struct LiveLogTests {
    private func messages(_ items: [JSONValue]) -> [String] { items.compactMap { $0["message"]?.string } }

    @Test func `one stream serves all subscribers, and only while there are any`() async throws {
        let logs = FakeLogs()
        logs.log(5)
        try await logs.serve { port in
            try await LiveFixture.run(loggingPort: port) { live in
                let (first, second) = (try await LiveClient.open(live), try await LiveClient.open(live))
                #expect(logs.opened == 0)
                #expect(try await first.subscribe("a", ["logs"]) == ["events": .null, "logs": .null])
                // The end of the log is known once the stream is open.
                #expect(try await first.next("caught_up")["cursor"] == ["events": .null, "logs": 5])
                try await second.subscribe("a", ["logs"], filter: ["level": "warning", "service": ["echo", "other"]])
                try await second.next("caught_up")
                logs.log(1)
                logs.log(1, .error, service: "third")
                logs.log(1, .warning, service: "other")
                #expect(messages(try await first.items(3, "logs")) == ["frame 6", "frame 7", "frame 8"])
                let frame = try await second.next("logs")
                #expect(messages(frame["items"]?.array ?? []) == ["frame 8"])
                #expect(frame["cursor"]?["logs"] == 8)
                #expect(logs.open == 1)
                #expect(logs.opened == 1)
                first.drop()
                try await second.send(["type": "unsubscribe", "id": "a"])
                try await second.next("unsubscribed")
                try await eventually { live.figure("live_log_stream_open") == 0 }
                try await eventually { logs.open == 0 }
                try await second.subscribe("b", ["logs"], filter: ["correlation": ["c"]], cursor: ["logs": 8])
                try await second.next("caught_up")
                logs.log(2, correlation: "c")
                #expect(messages(try await second.items(2, "logs")) == ["frame 9", "frame 10"])
                #expect(logs.opened == 2)
            }
        }
    }

    @Test func `a place that the ring does not reach is caught up in pages, without a gap`() async throws {
        let logs = FakeLogs()
        logs.log(50)
        logs.log(50, .error)
        var feed = LogFeed.Limits()
        feed.ringFrames = 10
        try await logs.serve { port in
            try await LiveFixture.run(loggingPort: port, limits: { $0.catchUpPage = 7 }, feed: feed) { live in
                let client = try await LiveClient.open(live)
                try await client.subscribe("a", ["logs"], cursor: ["logs": 20])
                let early = try await client.items(40, "logs")
                logs.log(100)
                let items = early + (try await client.items(180 - early.count, "logs"))
                #expect(items.numbers("id") == Array(21...200))
                try await client.subscribe("b", ["logs"], filter: ["level": "error"], cursor: ["logs": 30])
                var errors: [Int64] = []
                while errors.count < 50 {
                    let frame = try await client.skip(to: "logs") { $0["subscription"] == "b" }
                    errors += (frame["items"]?.array ?? []).numbers("id")
                }
                #expect(errors == Array(51...100))
            }
        }
    }

    @Test func `dropped again and again, a subscriber misses no frame and gets none twice`() async throws {
        let logs = FakeLogs()
        var feed = LogFeed.Limits()
        feed.ringFrames = 16
        try await logs.serve { port in
            try await LiveFixture.run(loggingPort: port, limits: { $0.catchUpPage = 10 }, feed: feed) { live in
                let keeper = try await LiveClient.open(live)
                try await keeper.subscribe("k", ["logs"])
                try await keeper.next("caught_up")
                var cursor: JSONValue = ["logs": 0]
                var ids: [Int64] = []
                for round in 1...12 {
                    let client = try await LiveClient.open(live)
                    try await client.subscribe("r", ["tasks", "logs"], cursor: cursor)
                    logs.log(round * 3)
                    live.publish(round)
                    var isThere = false
                    while !isThere {
                        let frame = try await client.next()
                        cursor = frame["cursor"] ?? cursor
                        guard frame["type"] == "logs" else { continue }
                        ids += (frame["items"]?.array ?? []).numbers("id")
                        isThere = true
                    }
                    client.drop()
                    logs.log(round)
                }
                let client = try await LiveClient.open(live)
                try await client.subscribe("r", ["logs"], cursor: cursor)
                let last = logs.newest
                while ids.last != last { ids += try await client.items(1, "logs").numbers("id") }
                #expect(ids == Array(1...last))
            }
        }
    }

    @Test func `a place that is kept no longer is reset, for the logs alone`() async throws {
        let logs = FakeLogs()
        logs.log(40)
        logs.expire(through: 25)
        try await logs.serve { port in
            try await LiveFixture.run(loggingPort: port) { live in
                live.publish(2)
                let client = try await LiveClient.open(live)
                try await client.subscribe("a", ["tasks", "logs"], cursor: ["events": 0, "logs": 10])
                var frames: [String: JSONValue] = [:]
                while frames["events"] == nil || frames["logs"] == nil {
                    let frame = try await client.next()
                    frames[frame["type"]?.string ?? ""] = frame
                }
                #expect(frames["reset"]?["channel"] == "logs")
                #expect(frames["reset"]?["oldest"] == 26)
                #expect(frames["reset"]?["cursor"]?["logs"] == 25)
                #expect(frames["events"]?["items"]?.array?.numbers("position") == [1, 2])
                #expect(frames["logs"]?["items"]?.array?.numbers("id") == Array(26...40))
                // One from another log, which has got further.
                try await client.subscribe("b", ["logs"], cursor: ["logs": 1000])
                #expect(try await client.skip(to: "reset")["subscription"] == "b")
            }
        }
    }

    @Test func `without logging-svc task updates go on, and frames come back without a gap`() async throws {
        let logs = FakeLogs()
        logs.log(3)
        let port = Mutex(0)
        try await logs.serve { chosen in port.withLock { $0 = chosen } }
        let chosen = port.withLock { $0 }
        var feed = LogFeed.Limits()
        feed.retries = RetryPolicy(firstPause: .milliseconds(20), longestPause: .milliseconds(50))
        try await LiveFixture.run(loggingPort: chosen, feed: feed) { live in
            let client = try await LiveClient.open(live)
            try await client.subscribe("a", ["tasks", "logs"])
            func notice() async throws -> JSONValue? { try await client.skip(to: "notice")["available"] }
            #expect(try await notice() == .bool(false))
            live.publish(1)
            #expect(try await client.skip(to: "events")["items"]?.array?.count == 1)
            try await logs.serve(port: chosen) { _ in
                #expect(try await notice() == .bool(true))
                try await client.skip(to: "caught_up")
                logs.log(2)
                #expect(try await client.items(2, "logs").numbers("id") == [4, 5])
            }
            #expect(try await notice() == .bool(false))
            logs.log(10)
            live.publish(1)
            #expect(try await client.skip(to: "events")["cursor"]?["logs"] == 5)
            try await logs.serve(port: chosen) { _ in
                let missed = try await client.items(10, "logs")
                #expect(missed.numbers("id") == Array(6...15))
            }
        }
    }
}
