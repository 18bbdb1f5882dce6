// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import Synchronization
import TestKit
import Testing

/// The stream of a room over real HTTP, from a real log.
@Suite struct RoomStreamTests {
    @Test func `a stream begins where it is told and goes on with what happens`() async throws {
        try await EventFixture.run { fixture in
            for _ in 0..<5 { try await fixture.createTask() }
            let known = try await fixture.storedSequences()
            let events = try await fixture.follower().read(
                from: 1,
                connected: { for _ in 0..<5 { try await fixture.createTask() } },
                until: { $0.count == known.count + 5 })
            #expect(RoomFollower.sequences(events) == (try await fixture.storedSequences()))
            let last = try #require(events.last)
            #expect(last.event == "task.created")
            let data = try JSONValue.parse(last.data)
            #expect(data["stream_seq"]?.int == Int(last.id))
            #expect(data["stream_type"] == "room")
            #expect(data["stream_id"] == .string(Room.defaultID.rawValue))
            #expect(data["workspace_id"] == "ws_dev")
            #expect(data["leaf"]?.string?.utf8.count == 64)
            // The page and the stream say the same.
            let one = try await fixture.get("/v1/events/\(data["event_id"]?.string ?? "")")
            #expect(one.json == data)
        }
    }

    @Test func `Last-Event-ID wins over from_seq, and without either only what happens now is sent`() async throws {
        try await EventFixture.run { fixture in
            for _ in 0..<10 { try await fixture.createTask() }
            let known = try await fixture.storedSequences()
            let end = try #require(known.last)
            let resumed = try await fixture.follower().read(from: 1, last: end - 3, until: { $0.count == 3 })
            #expect(RoomFollower.sequences(resumed) == Array(known.suffix(3)))
            let live = try await fixture.follower().read(
                connected: { try await fixture.createTask() }, until: { !$0.isEmpty })
            #expect(RoomFollower.sequences(live) == [end + 1])
            // The next one there will be is not ahead of the stream.
            let next = try await fixture.follower().read(
                from: end + 2, connected: { try await fixture.createTask() }, until: { !$0.isEmpty })
            #expect(RoomFollower.sequences(next) == [end + 2])
        }
    }

    @Test func `a client that is ahead of the stream, or behind what is kept, is told so and no more`() async throws {
        try await EventFixture.run { fixture in
            for _ in 0..<5 { try await fixture.createTask() }
            let end = try #require(try await fixture.storedSequences().last)
            for ahead in [(end + 2, nil), (nil, end + 1)] as [(Int64?, Int64?)] {
                let events = try await fixture.follower().read(from: ahead.0, last: ahead.1, until: { _ in false })
                #expect(events.map(\.event) == ["reset"])
                #expect(events.first?.id == String(end))
                let data = try JSONValue.parse(events.first?.data ?? "")
                #expect(data == ["reason": "ahead", "last_seq": JSONValue(Int(end))])
            }
            try await fixture.forget(before: 4)
            let expired = try await fixture.follower().read(from: 2, until: { _ in false })
            #expect(expired.map(\.event) == ["reset"])
            #expect(try JSONValue.parse(expired.first?.data ?? "")["reason"] == "expired")
            let kept = try await fixture.follower().read(from: 4, until: { $0.count == Int(end) - 3 })
            #expect(RoomFollower.sequences(kept) == Array(4...end))
        }
    }

    @Test func `a room or a workspace that is not there is a problem before the stream begins`() async throws {
        try await EventFixture.run { fixture in
            let room = ID<Room>.make()
            let unknown = try await fixture.get("/v1/streams/rooms/\(room)")
            #expect(unknown.status == 404)
            #expect(unknown.json["code"] == "not_found")
            let elsewhere = try await fixture.get(
                "/v1/streams/rooms/\(Room.defaultID)", [("X-Workspace-Id", "ws_elsewhere")])
            #expect(elsewhere.status == 404)
            #expect(try await fixture.get("/v1/streams/rooms/\(room)?from_seq=-1").status == 400)
            #expect(try await fixture.get("/v1/events", [("X-Workspace-Id", "dev")]).status == 400)
            try await eventually { fixture.feed.figures.rooms == 0 }
        }
    }

    @Test func `rooms do not see each other`() async throws {
        try await EventFixture.run { fixture in
            let other = try await fixture.openRoom()
            async let here = fixture.follower().read(
                connected: {
                    for _ in 0..<3 {
                        try await fixture.createTask(in: other)
                        try await fixture.createTask()
                    }
                }, until: { $0.count == 3 })
            let there = try await fixture.follower(of: other).read(from: 0, until: { $0.count == 3 })
            #expect(RoomFollower.sequences(there) == [1, 2, 3])
            for event in try await here {
                #expect(try JSONValue.parse(event.data)["stream_id"] == .string(Room.defaultID.rawValue))
            }
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `dropped at random under load, followers miss nothing and get nothing twice`(seed: UInt64) async throws {
        // A tiny ring, so that many of them come back to something older.
        try await EventFixture.run(limits: { $0.entries = 2 }) { fixture in
            let count = 400
            try await withThrowingTaskGroup(of: [Int64].self) { group in
                for reader in 0..<24 {
                    group.addTask {
                        var random = SeededGenerator(seed: seed &* 1000 &+ UInt64(reader))
                        var seen: [Int64] = []
                        // The room has one event; a follower may wait for the next, but not for one beyond it.
                        let first = Int64.random(in: 1...2, using: &random)
                        while (seen.last ?? 0) < Int64(count) {
                            let wanted = Int.random(in: 1...60, using: &random)
                            let events = try await fixture.follower().read(
                                from: first, last: seen.last,
                                until: { events in
                                    events.count >= wanted || events.last.map { Int($0.id) == count } == true
                                })
                            seen += RoomFollower.sequences(events)
                        }
                        return seen.first == first && seen == Array(first...Int64(count)) ? [] : seen
                    }
                }
                let already = try await fixture.storedSequences().count
                group.addTask {
                    try await withThrowingTaskGroup(of: Void.self) { writers in
                        for writer in 0..<4 {
                            writers.addTask {
                                for number in already..<count where number % 4 == writer {
                                    try await fixture.createTask()
                                }
                            }
                        }
                        try await writers.waitForAll()
                    }
                    return []
                }
                for try await wrong in group { #expect(wrong.isEmpty, "a follower saw \(wrong)") }
            }
            #expect(fixture.feed.storedPages > 0)
            try await eventually { fixture.feed.figures.readers == 0 }
        }
    }

    @Test func `a slow reader that the ring has left behind gets the rest from storage`() async throws {
        try await EventFixture.run(limits: { $0.entries = 20 }) { fixture in
            let count = 1500
            let input = String(repeating: "x", count: 6000)
            let gate = AsyncStream.makeStream(of: Void.self)
            async let slow = fixture.follower().read(
                from: 1,
                connected: {
                    // Reads nothing until everything has happened.
                    for await _ in gate.stream { break }
                }, until: { $0.count == count })
            try await eventually { fixture.feed.figures.readers == 1 }
            let already = try await fixture.storedSequences().count
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        for number in already..<count where number % 8 == writer {
                            try await fixture.createTask(message: input)
                        }
                    }
                }
                try await group.waitForAll()
            }
            gate.continuation.finish()
            #expect(RoomFollower.sequences(try await slow) == Array(1...Int64(count)))
            #expect(fixture.feed.storedPages > 0)
        }
    }

    @Test func `streams end when the daemon stops`() async throws {
        try await EventFixture.run { fixture in
            let text = try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask {
                    try await HTTPExchange.send(
                        port: fixture.port, "GET", "/v1/streams/rooms/\(Room.defaultID)",
                        headers: [("X-INTERNAL-KEY", EventFixture.key)]
                    ).body
                }
                try await eventually { fixture.feed.figures.readers == 1 }
                await fixture.shutDown()
                return try await group.next() ?? ""
            }
            #expect(text.contains(": connected\nretry: "))
            #expect(text.hasSuffix("0\r\n\r\n"), "the stream ends as it should: \(text)")
        }
    }
}
