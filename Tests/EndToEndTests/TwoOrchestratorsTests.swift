// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

@Suite(.daemonLogs) struct TwoOrchestratorsTests {
    @Test func `two orchestrators over one database are one`() async throws {
        try await Tutti.with { tutti in
            let first = tutti.orchestrator
            let second = try await tutti.stack.start(.orchestrator, name: "orchestrator-svc-2")
            let live = try await LiveConnection.open(second)
            try await live.subscribe(["tasks"])

            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let daemon = number.isMultiple(of: 2) ? first : second
                        return try await tutti.create(["message": .string("\(number)")], at: daemon).text("id")
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for id in ids { _ = try await tutti.wait(for: id, toBe: "completed") }

            // Both say the same, of every task and of all together.
            for id in ids { #expect(try await tutti.task(id, at: first) == tutti.task(id, at: second)) }
            let lists = try await [first, second].mapInOrder { try await $0.person.get("/tasks?limit=500").json }
            #expect(lists[0] == lists[1])
            #expect(lists[0]["items"]?.array?.count == 40)

            // Everything ran once.
            for type in ["task.created", "run.started", "run.completed"] {
                let row = try #require(
                    try await tutti.sql(
                        """
                        SELECT count(*) AS events, count(DISTINCT task_id) AS tasks FROM evt_events
                        WHERE event_type = \(type)
                        """
                    ).first)
                #expect(try row.value("events", as: Int.self) == 40, "\(type)")
                #expect(try row.value("tasks", as: Int.self) == 40, "\(type)")
            }
            try await tutti.expectGaplessLog()

            // The stream of one shows what was asked of the other.
            var positions: [Int] = []
            while positions.count < 120 {
                positions += try await live.next("events")["items"]?.array?.compactMap { $0["position"]?.int } ?? []
            }
            let rows = try await tutti.sql(
                "SELECT position FROM evt_events WHERE task_id IS NOT NULL ORDER BY position")
            #expect(positions == (try rows.map { try $0.value("position", as: Int.self) }))
            live.client.drop()
        }
    }

    @Test func `what happens at one is seen at the other at once, and the same key is the same task`() async throws {
        // The second has no engine, so all that it shows it learned through the database.
        try await Tutti.with { tutti in
            let second = try await tutti.stack.start(
                .orchestrator, name: "orchestrator-svc-2", settings: ["DESKTOP_RUNNER_MODE": "external"])
            let live = try await LiveConnection.open(second)
            try await live.subscribe(["tasks"])
            let task = try await tutti.create(["message": "look"], ["idempotencyKey": "k"])
            let item = try await live.next("events", within: .seconds(2))["items"]?.array?.first
            #expect(item?["task_id"] == task["id"])
            let again = try await tutti.post(
                ["agent": "echo", "input": ["message": "look"], "idempotencyKey": "k"], at: second)
            #expect(again.status == 201)
            #expect(again.json["id"] == task["id"])

            // A task asked of the one without an engine is carried out by the other's.
            let other = try await tutti.create(["message": "over there"], at: second).text("id")
            _ = try await tutti.wait(for: other, toBe: "completed", within: .seconds(10))

            // Cancelling at one calls off the run at the other.
            let slow = try await tutti.create(["message": "slow", "delayMilliseconds": 60_000]).text("id")
            try await eventually { try await tutti.figure("echo_calls_running", of: tutti.echo) == 1 }
            let cancelled = try await second.person.patch("/task/\(slow)", ["ifVersion": 2, "status": "cancelled"])
            #expect(cancelled.status == 200)
            try await eventually(within: .seconds(5)) {
                try await tutti.figure("echo_calls_running", of: tutti.echo) == 0
            }
            live.client.drop()
        }
    }
}

extension [DaemonProcess] {
    fileprivate func mapInOrder<Value>(_ transform: (DaemonProcess) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for daemon in self { values.append(try await transform(daemon)) }
        return values
    }
}
