// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// Whoever follows a room loses the daemon, and nothing else.
@Suite(.daemonLogs) struct RoomStreamTests {
    @Test func `killed under load three times, a daemon's follower resumes without a gap or a duplicate`() async throws
    {
        try await Tutti.with { tutti in
            let count = 60
            let events = try await withThrowingTaskGroup(of: [ServerSentEvent].self) { group in
                group.addTask {
                    for number in 0..<count {
                        // Asked again until the daemon is there: the key makes it one task.
                        try await eventually(within: .seconds(60)) {
                            let answer = try? await tutti.post([
                                "agent": "echo", "input": ["message": .string("\(number)")],
                                "idempotencyKey": .string("n\(number)"),
                            ])
                            return answer?.status == 201
                        }
                    }
                    return []
                }
                group.addTask {
                    for part in 1...3 {
                        try await eventually(within: .seconds(60)) { try await tutti.roomEvents() > part * count / 2 }
                        try await tutti.orchestrator.kill()
                        try await tutti.orchestrator.start()
                    }
                    return []
                }
                group.addTask {
                    var seen: [ServerSentEvent] = []
                    func completed() -> Int { seen.count { $0.event == "task.created" || $0.event == "run.completed" } }
                    while completed() < 2 * count {
                        let open = completed()
                        seen += try await tutti.follower().read(
                            from: 1, last: seen.last.flatMap { Int64($0.id) }, survives: true, patience: .seconds(5),
                            until: { events in
                                open + events.count { $0.event == "task.created" || $0.event == "run.completed" }
                                    >= 2 * count
                            })
                    }
                    return seen
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(RoomFollower.sequences(events) == Array(1...Int64(events.count)))
            let ids = try events.map { try JSONValue.parse($0.data).text("event_id") }
            let stored = try await tutti.sql(
                """
                SELECT event_id::text AS id FROM evt_events WHERE stream_type = 'room' ORDER BY stream_seq
                LIMIT \(events.count)
                """)
            #expect(ids == (try stored.map { try $0.value("id") }))
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `what one orchestrator commits is in the stream of another, in the same order`() async throws {
        try await Tutti.with { tutti in
            let second = try await tutti.stack.start(.orchestrator, name: "orchestrator-svc-2")
            async let there = tutti.follower(at: second).read(from: 1, until: { $0.count == 61 })
            async let here = tutti.follower().read(from: 1, until: { $0.count == 61 })
            for number in 0..<20 {
                _ = try await tutti.create(["message": .string("\(number)")], at: number % 2 == 0 ? second : nil)
            }
            let (one, other) = try await (here, there)
            #expect(RoomFollower.sequences(one) == Array(1...61))
            #expect(one == other)
        }
    }
}

extension Tutti {
    fileprivate func follower(at daemon: DaemonProcess? = nil) throws -> RoomFollower {
        try RoomFollower(
            port: (daemon ?? orchestrator).port, internalKey: stack.credentials.internalKey,
            room: "room_00000000000000000000000000")
    }

    fileprivate func roomEvents() async throws -> Int {
        try await number("SELECT count(*) AS n FROM evt_events WHERE stream_type = 'room'")
    }
}
