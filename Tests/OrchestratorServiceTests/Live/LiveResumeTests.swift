// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import ServiceKit
import TestKit
import Testing
import orchestrator_svc

/// Task updates from a real log: live, resumed, and from storage.
@Suite struct LiveResumeTests {
    @Test func `the life of a task is told as it happens`() async throws {
        try await LiveFixture.withWorkspace { url in
            try await LiveFixture.run(database: url) { live in
                let client = try await LiveClient.open(live)
                try await client.subscribe("a", filter: ["correlation": ["order-1"]])
                try await client.next("caught_up")
                try await live.createTask(correlation: "order-2")
                let task = try await live.createTask(correlation: "order-1")
                let created = try await client.items(1)
                #expect(created[0]["event_type"] == "task.created")
                #expect(created[0]["task_id"] == .string(task.id.rawValue))
                #expect(created[0]["agent"] == "echo")
                #expect(created[0]["status"] == "queued")
                #expect(created[0]["version"]?.int == task.version)
                #expect(created[0]["actor"] == "user:tester")
                #expect(created[0]["correlation_id"] == "order-1")
                #expect(created[0]["trace_id"] == .string(LiveFixture.trace))
                try await live.change(
                    task, .fail(RunFailure(code: "gone", message: "It is gone.", isRetryable: false)))
                let failed = try await client.items(1)
                #expect(failed[0]["status"] == "failed")
                #expect(failed[0]["error"] == ["code": "gone", "message": "It is gone.", "retryable": false])
                #expect(failed[0]["version"]?.int == task.version + 1)
            }
        }
    }

    /// What a client makes of it that loses its connection again and again: each time after a random number of frames.
    private func follow(
        _ live: LiveFixture, filter: JSONValue, until isComplete: @Sendable ([JSONValue]) -> Bool, seed: UInt64
    ) async throws -> (items: [JSONValue], connections: Int) {
        var random = SeededGenerator(seed: seed)
        var items: [JSONValue] = []
        var cursor: JSONValue = ["events": 0]
        var connections = 0
        while !isComplete(items) {
            connections += 1
            let client = try await LiveClient.open(live)
            try await client.subscribe("r", filter: filter, cursor: cursor)
            for _ in 0..<Int.random(in: 1...6, using: &random) where !isComplete(items) {
                let frame = try await client.next()
                items += frame["items"]?.array ?? []
                if let place = frame["cursor"] { cursor = place }
            }
            client.drop()
        }
        return (items, connections)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `dropped at random under load, a subscriber misses nothing and gets nothing twice`(seed: UInt64) async throws {
        try await LiveFixture.withWorkspace { url in
            // Few at a time, so that there are many places to be dropped at.
            try await LiveFixture.run(
                database: url,
                limits: { limits in
                    limits.frameItems = 7
                    limits.catchUpPage = 20
                    limits.pace = .milliseconds(2)
                    limits.heartbeat = .milliseconds(20)
                }
            ) { live in
                let count = 120
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            for number in 0..<count / 4 {
                                let task = try await live.createTask(correlation: number % 3 == 0 ? "third" : nil)
                                try await live.change(task, .cancel(reason: nil))
                            }
                        }
                    }
                    async let all = follow(live, filter: .null, until: { $0.count >= 2 * count }, seed: seed)
                    async let cancelled = follow(
                        live, filter: ["status": ["cancelled"], "correlation": ["third"]],
                        until: { $0.count >= count / 3 }, seed: seed + 100)
                    let (everything, some) = try await (all, cancelled)
                    try await group.waitForAll()
                    let stored = try await live.storedPositions()
                    #expect(stored.count == 2 * count)
                    #expect(everything.items.numbers("position") == stored)
                    #expect(everything.connections > 3)
                    let wanted = everything.items.filter {
                        $0["status"] == "cancelled" && $0["correlation_id"] == "third"
                    }
                    #expect(some.items == wanted)
                }
            }
        }
    }

    @Test func `a place from before this daemon's memory is caught up from the database`() async throws {
        try await LiveFixture.withWorkspace { url in
            try await LiveFixture.run(database: url) { live in
                for _ in 0..<30 { try await live.createTask() }
            }
            // A new hub knows nothing of what was before.
            try await LiveFixture.run(database: url, limits: { $0.catchUpPage = 8 }) { live in
                let client = try await LiveClient.open(live)
                try await client.subscribe(cursor: ["events": 5])
                let early = try await client.items(20)
                let task = try await live.createTask()
                let stored = try await live.storedPositions().filter { $0 > 5 }
                let items = early + (try await client.items(stored.count - early.count))
                #expect(items.numbers("position") == stored)
                #expect(items.last?["task_id"] == .string(task.id.rawValue))
                #expect((live.figure("live_catch_ups_total") ?? 0) >= 3)
            }
        }
    }

    @Test func `a slow reader that the ring has left behind gets the rest from the database`() async throws {
        try await LiveFixture.withWorkspace { url in
            try await LiveFixture.run(database: url, limits: { $0.sockets.writeTimeout = .seconds(60) }) { live in
                let client = try await LiveClient.open(live)
                try await client.subscribe()
                try await client.next("caught_up")
                try await client.socket.setReading(false)
                // More than the sockets between us hold; what waits there is not the daemon's memory.
                let message = String(repeating: "x", count: 60_000)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            for _ in 0..<40 {
                                let task = try await live.createTask()
                                try await live.change(
                                    task, .fail(RunFailure(code: "long", message: message, isRetryable: false)))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<64 {
                        group.addTask { for _ in 0..<(2 * EventHub.ringCapacity / 64) { try await live.createTask() } }
                    }
                    try await group.waitForAll()
                }
                #expect(live.figure("live_catch_ups_total") == 0)
                try await client.socket.setReading(true)
                let stored = try await live.storedPositions()
                let items = try await client.items(stored.count)
                #expect(items.numbers("position") == stored)
                #expect((live.figure("live_catch_ups_total") ?? 0) > 0)
            }
        }
    }
}
