// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// Two orchestrators behind a proxy that gives requests and WebSockets to them in turn: nobody can tell that they are two.
@Suite(.daemonLogs) struct ProxyTests {
    private static let room = "room_00000000000000000000000000"

    @Test(arguments: [false, true])
    func `behind a proxy two orchestrators give the same answers and the same stream`(withRedis: Bool) async throws {
        let redis = withRedis ? try await TestRedisServer.start() : nil
        let settings = ["TRUSTED_PROXIES": "127.0.0.1"].merging(redis.map { ["REDIS_URL": $0.url()] } ?? [:]) { $1 }
        try await Pair.with([.echo], settings: settings) { pair in
            let tutti = pair.tutti
            let proxy = try await TestProxy.start(before: pair.both)
            let client = PlainHTTPClient(port: proxy.port, headers: pair.first.person.headers)

            // As many streams as it takes to have one at each.
            var followings: [Following] = []
            repeat {
                let live = try await LiveConnection.open(port: proxy.port, headers: client.headers)
                try await live.subscribe(["tasks"])
                followings.append(Following(live))
            } while try await pair.both.contains(where: { try await streams(of: $0, tutti) == 0 })
                && followings.count < 8

            // And the room at each: room.created, and three events of each task.
            let room = try RoomFollower(
                port: proxy.port, internalKey: tutti.stack.credentials.internalKey, room: Self.room)
            async let here = room.read(from: 1, until: { $0.count == 61 })
            async let there = room.read(from: 1, until: { $0.count == 61 })

            var ids: [String] = []
            var servers: Set<String> = []
            for number in 0..<20 {
                let answer = try await client.post(
                    "/task",
                    [
                        "agent": "echo", "input": ["message": .string("\(number)")],
                        "idempotencyKey": .string("k\(number)"),
                    ])
                ids.append(try answer.json(for: 201).text("id"))
                servers.insert(answer.header(TestProxy.servedBy) ?? "")
                // The same once more goes to the other one, which knows it.
                let again = try await client.post(
                    "/task",
                    [
                        "agent": "echo", "input": ["message": .string("\(number)")],
                        "idempotencyKey": .string("k\(number)"),
                    ])
                #expect(try again.json(for: 201).text("id") == ids[number])
                #expect(again.header("Idempotency-Replayed") == "true")
                servers.insert(again.header(TestProxy.servedBy) ?? "")
                // What was just made is there, whoever is asked.
                #expect(try await client.get("/task/\(ids[number])").status == 200)
            }
            #expect(servers == Set(pair.both.map(\.name)))
            for id in ids { _ = try await tutti.wait(for: id, toBe: "completed") }

            for path in ["/tasks?limit=500"] + ids.prefix(5).map({ "/task/\($0)?include=runs&include=events" }) {
                try await expectSame(path, client)
            }
            let rows = try await tutti.sql(
                "SELECT position FROM evt_events WHERE task_id IS NOT NULL ORDER BY position")
            let positions = try rows.map { try $0.value("position", as: Int.self) }
            #expect(positions.count == 60)
            for var following in followings {
                try await following.read(upTo: try #require(positions.last), within: .seconds(10))
                #expect(following.positions == positions)
                following.live.client.drop()
            }
            let (one, other) = try await (here, there)
            #expect(RoomFollower.sequences(one) == Array(1...61))
            #expect(one == other)
            try await tutti.expectGaplessLog()
        }
    }

    private func streams(of daemon: DaemonProcess, _ tutti: Tutti) async throws -> Double {
        try await tutti.figure("websocket_connections", of: daemon)
    }

    /// Asks until both have answered; all answers must be alike.
    private func expectSame(_ path: String, _ client: PlainHTTPClient) async throws {
        var answers: [String: [UInt8]] = [:]
        for _ in 0..<4 {
            let answer = try await client.get(path)
            #expect(answer.status == 200)
            answers[answer.header(TestProxy.servedBy) ?? ""] = answer.body
        }
        #expect(answers.count == 2, "\(path)")
        #expect(Set(answers.values).count == 1, "\(path)")
    }
}

extension Sequence {
    /// As `contains(where:)`, with a question that takes time.
    fileprivate func contains(where predicate: (Element) async throws -> Bool) async rethrows -> Bool {
        for element in self where try await predicate(element) { return true }
        return false
    }
}
