// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

@Suite(.daemonLogs) struct ScheduleTests {
    private func post(
        _ tutti: Tutti, _ body: JSONValue, at daemon: DaemonProcess? = nil, for status: Int = 201
    ) async throws -> JSONValue {
        try await (daemon ?? tutti.orchestrator).person.post("/v1/schedules", body).json(for: status)
    }

    @Test func `two orchestrators fire each schedule once, on time`() async throws {
        try await Tutti.with { tutti in
            let second = try await tutti.stack.start(.orchestrator, name: "orchestrator-svc-2")
            let time = Timestamp.now() + .seconds(4)
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let daemon = number.isMultiple(of: 2) ? tutti.orchestrator : second
                        let schedule = try await post(
                            tutti,
                            [
                                "name": .string("once \(number)"), "run_at": .string(time.description),
                                "task": ["agent": "echo", "input": ["message": .string("\(number)")]],
                            ], at: daemon)
                        #expect(schedule.text("status") == "active")
                        return schedule.text("schedule_id")
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for id in ids {
                let ended = try await eventually(within: .seconds(20)) { () async throws -> JSONValue? in
                    let schedule = try await second.person.get("/v1/schedules/\(id)").json(for: 200)
                    guard schedule.text("status") == "ended" else { return nil }
                    return schedule
                }
                #expect(ended["fire_count"] == 1)
                let task = try await tutti.wait(for: ended.text("last_task_id"), toBe: "completed")
                #expect(task.text("correlation_id") == id)
                #expect(try Timestamp.of(task["created_at"]) - time < .seconds(2))
                #expect(try Timestamp.of(task["created_at"]) >= time)
            }
            let fires = try await tutti.number(
                "SELECT count(*) AS n FROM evt_events WHERE event_type = 'schedule.fired'")
            #expect(fires == 40)
            #expect(try await tutti.number("SELECT count(*) AS n FROM tasks") == 40)
            try await tutti.expectGaplessLog()
            let rebuild = try await tutti.stack.run(.orchestrator, ["rebuild"])
            #expect(rebuild.ending == .exited(0), "\(rebuild.output)")
        }
    }

    @Test func `two orchestrators that are killed while they fire lose no fire and make none twice`() async throws {
        try await Tutti.with([.logging, .echo]) { tutti in
            let first = tutti.orchestrator
            let second = try await tutti.stack.start(.orchestrator, name: "orchestrator-svc-2")
            let task: JSONValue = ["agent": "echo", "input": ["message": "tick"]]
            let ticking = try await post(
                tutti, ["name": "ticking", "cron": "* * * * * *", "overlap": "queue", "task": task])
            let begin = Timestamp.now() + .seconds(2)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let time = begin + .milliseconds(100 * number)
                        _ = try await post(
                            tutti, ["name": "once", "run_at": .string(time.description), "task": task],
                            at: number.isMultiple(of: 2) ? first : second)
                    }
                }
                try await group.waitForAll()
            }
            func fires() async throws -> Int {
                try await tutti.number("SELECT count(*) AS n FROM evt_events WHERE event_type = 'schedule.fired'")
            }
            try await eventually(within: .seconds(30)) { try await fires() >= 20 }
            try await second.kill()
            try await eventually(within: .seconds(30)) { try await fires() >= 40 }
            try await first.kill()
            // Nobody is there while further fires come due.
            let dark = Timestamp.now() + .seconds(2)
            try await eventually { Timestamp.now() > dark }
            try await second.start()
            try await first.start()
            let id = ticking.text("schedule_id")
            try await eventually(within: .seconds(30)) {
                try await tutti.number(
                    """
                    SELECT count(*) AS n FROM evt_events WHERE event_type = 'schedule.fired' AND correlation_id <> \(id)
                    """) >= 60
            }
            _ = try await second.person.post("/v1/schedules/\(id)/pause", [:]).json(for: 200)

            let once = try #require(
                try await tutti.sql(
                    """
                    SELECT count(*) AS fires, count(DISTINCT correlation_id) AS schedules,
                        (SELECT count(*) FROM proj_tasks WHERE correlation_id <> \(id)) AS tasks
                    FROM evt_events WHERE event_type = 'schedule.fired' AND correlation_id <> \(id)
                    """
                ).first)
            #expect(try once.value("fires", as: Int.self) == 60)
            #expect(try once.value("schedules", as: Int.self) == 60)
            #expect(try once.value("tasks", as: Int.self) == 60)

            // Of the one that fires each second no second is missing, and none is there twice.
            let events =
                try await first.person.get(
                    "/v1/events?event_type=schedule.fired&correlation_id=\(id)&order=asc&limit=500"
                ).json(for: 200)["items"]?.array ?? []
            let times = try events.map { try Timestamp.of($0["data"]?["fire_at"]).microseconds / 1_000_000 }
            let start = try #require(times.first)
            #expect(times == (0..<Int64(times.count)).map { start + $0 })
            #expect(times.count >= 8)
            #expect(
                try await tutti.number("SELECT count(*) AS n FROM proj_tasks WHERE correlation_id = \(id)")
                    == times.count)
            try await eventually(within: .seconds(60)) {
                try await tutti.number("SELECT count(*) AS n FROM proj_tasks WHERE status <> 'completed'") == 0
            }
            try await tutti.expectGaplessLog()
            for command in ["verify", "rebuild"] {
                let run = try await tutti.stack.run(.orchestrator, [command])
                #expect(run.ending == .exited(0), "\(run.output)")
            }
        }
    }

    @Test func `what was missed while nobody ran is caught up with`() async throws {
        try await Tutti.with { tutti in
            let time = Timestamp.now() + .seconds(3)
            let schedule = try await post(
                tutti,
                [
                    "name": "late", "run_at": .string(time.description),
                    "task": ["agent": "echo", "input": ["message": "late"]],
                ])
            _ = try await tutti.orchestrator.terminate()
            try await eventually { Timestamp.now() > time }
            try await tutti.orchestrator.start()
            let path = "/v1/schedules/\(schedule.text("schedule_id"))"
            let ended = try await eventually(within: .seconds(20)) { () async throws -> JSONValue? in
                let schedule = try await tutti.orchestrator.person.get(path).json(for: 200)
                guard schedule.text("status") == "ended" else { return nil }
                return schedule
            }
            #expect(ended["fire_count"] == 1)
            _ = try await tutti.wait(for: ended.text("last_task_id"), toBe: "completed")
        }
    }

    @Test func `a cron schedule is made, previewed, changed, paused, fired by hand and deleted`() async throws {
        try await Tutti.with { tutti in
            let person = tutti.orchestrator.person
            let made = try await post(
                tutti,
                [
                    "name": "workdays", "cron": "30 2 * * MON-FRI", "timezone": "Europe/Berlin", "jitter_seconds": 60,
                    "overlap": "queue", "catch_up": ["policy": "all", "limit": 3],
                    "task": ["agent": "echo", "input": ["message": "hi"], "labels": ["nightly"]],
                ])
            let path = "/v1/schedules/\(made.text("schedule_id"))"
            #expect(made["cron"] == "30 2 * * mon-fri" && made["catch_up"] == ["policy": "all", "limit": 3])
            #expect(made["task"]?["labels"] == ["nightly"])
            let preview = try await person.get("\(path)/preview?count=3").json(for: 200)["fires"]?.array ?? []
            #expect(preview.count == 3 && preview[0]["fire_at"] == made["next_fire_at"])
            for fire in preview {
                let jitter = try Timestamp.of(fire["run_at"]) - Timestamp.of(fire["fire_at"])
                #expect(jitter >= .zero && jitter <= .seconds(60))
            }
            let free = try await person.post(
                "/v1/schedules/preview",
                [
                    "cron": "30 2 * * *", "timezone": "Europe/Berlin", "after": "2026-03-28T12:00:00Z", "count": 2,
                ]
            ).json(for: 200)
            #expect(free["fires"] == ["2026-03-29T01:00:00.000000Z", "2026-03-30T00:30:00.000000Z"])

            let changed = try await person.patch(path, ["cron": "@yearly", "if_version": 1]).json(for: 200)
            #expect(changed["version"] == 2 && changed["timezone"] == "Europe/Berlin")
            #expect(try await person.patch(path, ["name": "x", "if_version": 1]).status == 412)
            #expect(try await person.post("\(path)/pause", [:]).json(for: 200).text("status") == "paused")
            let fired = try await person.post("\(path)/fire", ["idempotency_key": "k"]).json(for: 201)
            _ = try await tutti.wait(for: fired.text("task_id"), toBe: "completed")
            let again = try await person.post("\(path)/fire", ["idempotency_key": "k"]).json(for: 201)
            #expect(again["task_id"] == fired["task_id"] && again["replayed"] == true)
            #expect(try await person.post("\(path)/resume", [:]).json(for: 200).text("status") == "active")
            #expect(try await person.get("/v1/schedules").json(for: 200)["items"]?.array?.count == 1)
            #expect(try await person.send("DELETE", path).status == 204)
            #expect(try await person.get(path).status == 404)
        }
    }

    @Test func `what cannot be a schedule is refused by member`() async throws {
        try await Tutti.with([.echo]) { tutti in
            let task: JSONValue = ["agent": "echo", "input": ["message": "hi"]]
            for (body, field) in [
                (["cron": "0 0 30 2 *", "task": task], "/cron"), (["cron": "61 * * * *", "task": task], "/cron"),
                (["cron": "0 0 0 * * * *", "task": task], "/cron"),
                (["cron": "* * * * *", "timezone": "Mars/Base", "task": task], "/timezone"), (["task": task], "/cron"),
                (["cron": "* * * * *", "run_at": "2030-01-01T00:00:00Z", "task": task], "/run_at"),
                (["cron": "* * * * *", "task": ["agent": "nobody"]], "/task/agent"),
                (["cron": "* * * * *", "task": ["agent": "echo", "input": 5]], "/task/input"),
                (["cron": "* * * * *", "task": task, "room_id": "room_01ARZ3NDEKTSV4RRFFQ69G5FAV"], "/room_id"),
                (
                    ["cron": "* * * * *", "task": task, "catch_up": ["policy": "latest", "limit": 2]], "/catch_up/limit"
                ),
            ] as [(JSONObject, String)] {
                var body = body
                body["name"] = "wrong"
                let answer = try await post(tutti, .object(body), for: 400)
                #expect(answer["errors"]?.strings("field").contains(field) == true, "\(answer.text)")
            }
        }
    }
}
