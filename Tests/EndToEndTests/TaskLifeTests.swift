// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

@Suite(.daemonLogs) struct TaskLifeTests {
    @Test func `a task goes from a request to done, and its history says how`() async throws {
        try await Tutti.with { tutti in
            let answer = try await tutti.post([
                "agent": "echo", "input": ["message": "hello"], "correlationId": "case-7",
            ])
            #expect(answer.status == 201)
            let created = answer.json
            let id = created.text("id")
            #expect(answer.header("Location") == "/task/\(id)")
            #expect(answer.header("Idempotency-Replayed") == nil)
            #expect(created["version"] == 1)
            #expect(created["status"] == "queued")
            #expect(created["created_by"] == "user:admin")
            #expect(created["correlation_id"] == "case-7")
            #expect(created.text("trace_id").count == 32)

            let done = try await tutti.wait(for: id, toBe: "completed")
            #expect(done["result"]?["message"] == "hello")
            #expect(done["result"]?["task_id"] == created["id"])
            #expect(done["result"]?["trace_id"] == created["trace_id"])
            #expect(done["result"]?["correlation_id"] == "case-7")
            #expect(done["result"]?["attempt"] == 1)
            #expect(done["attempts"] == 1)
            #expect(done["error"] == .null)
            #expect(done["version"] == 3)
            let runs = try #require(done["runs"]?.array)
            #expect(runs.count == 1)
            #expect(runs.first?["status"] == "completed")
            #expect(runs.first?["epoch"] == 1)
            #expect(runs.first?["id"] == done["run_id"])

            #expect(done.eventTypes == ["task.created", "run.started", "run.completed"])
            let events = try #require(done["events"]?.array)
            #expect(events.map { $0["data"]?["version"]?.int } == [1, 2, 3])
            #expect(
                events.map { $0.text("actor") } == [
                    "user:admin", "service:orchestrator-svc", "service:orchestrator-svc",
                ])
            #expect(events.allSatisfy { $0["trace_id"] == created["trace_id"] && $0["correlation_id"] == "case-7" })

            // Page by page the same.
            var paged: [JSONValue] = []
            var cursor: String? = "0"
            while let place = cursor {
                let page = try await tutti.orchestrator.person.get("/task/\(id)/events?limit=2&cursor=\(place)").json
                paged += page["items"]?.array ?? []
                cursor = page["next_cursor"]?.string
            }
            #expect(paged == events)
            try await expectViews(tutti, id, events: events)
            try await tutti.expectGaplessLog()
        }
    }

    /// The names that seed 000 gives the tables.
    private func expectViews(_ tutti: Tutti, _ id: String, events: [JSONValue]) async throws {
        let row = try #require(
            try await tutti.sql("SELECT status, agent, version, result::text AS result FROM tasks WHERE id = \(id)")
                .first)
        #expect(try row.value("status", as: String.self) == "completed")
        #expect(try row.value("version", as: Int.self) == 3)
        #expect(try JSONValue.parse(try row.value("result", as: String.self))["message"] == "hello")
        let rows = try await tutti.sql(
            "SELECT position, event_type, data FROM task_events WHERE task_id = \(id) ORDER BY position")
        #expect(try rows.map { try $0.value("event_type", as: String.self) } == events.map { $0.text("event_type") })
        #expect(try rows.map { try $0.value("position", as: Int.self) } == events.map { $0["position"]?.int })
    }

    @Test func `tasks are found by every filter, newest first and page by page`() async throws {
        try await Tutti.with([], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            try await tutti.register("echo")
            try await tutti.register("other")
            var created: [JSONValue] = []
            for number in 0..<12 {
                let answer = try await tutti.post([
                    "agent": number.isMultiple(of: 3) ? "other" : "echo", "input": ["number": JSONValue(number)],
                    "correlationId": .string("matter-\(number % 4)"),
                ])
                created.append(answer.json)
            }
            let first = try #require(created.first)
            let failed = try await tutti.change(
                first.text("id"), ["ifVersion": 1, "status": "failed", "error": ["message": "no"]])
            #expect(failed.status == 200)

            func list(_ query: String) async throws -> JSONValue {
                let answer = try await tutti.orchestrator.person.get("/tasks?" + query)
                #expect(answer.status == 200, "\(answer.text)")
                return answer.json
            }
            func ids(_ query: String) async throws -> [String] { try await list(query)["items"]?.strings("id") ?? [] }
            func expected(_ isWanted: (JSONValue) -> Bool) -> [String] {
                created.filter(isWanted).reversed().map { $0.text("id") }
            }
            #expect(try await ids("limit=500") == expected { _ in true })
            #expect(try await ids("agent=other") == expected { $0["agent"] == "other" })
            #expect(try await ids("correlationId=matter-2") == expected { $0["correlation_id"] == "matter-2" })
            #expect(try await ids("traceId=\(first.text("trace_id"))") == [first.text("id")])
            #expect(try await ids("status=failed") == [first.text("id")])
            #expect(try await ids("status=failed&status=queued") == expected { _ in true })
            #expect(
                try await ids("status=queued&agent=other&correlationId=matter-3")
                    == expected { $0["agent"] == "other" && $0["correlation_id"] == "matter-3" })
            let parent = created[1].text("run_id")
            let labelled = try await tutti.orchestrator.person.post(
                "/v1/runs", ["agent": "echo", "labels": ["gpu", "large"], "parent_run_id": .string(parent)]
            ).json.text("task_id")
            for query in ["label=gpu", "label=large&agent=echo&status=queued", "parentRunId=\(parent)"] {
                let found = try await list(query)["items"]?.array ?? []
                #expect(found.map { $0.text("id") } == [labelled], "\(query)")
                #expect(found.first?["labels"] == ["gpu", "large"] && found.first?["parent_run_id"]?.string == parent)
            }
            for query in ["label=none", "label=gpu&agent=other", "label=gpu&parentRunId=\(first.text("run_id"))"] {
                #expect(try await ids(query).isEmpty, "\(query)")
            }
            _ = try await tutti.change(labelled, ["ifVersion": 1, "status": "cancelled"])
            created.append(try await tutti.orchestrator.person.get("/task/\(labelled)").json)
            let middle = created[5].text("created_at")
            #expect(try await ids("since=\(middle)") == expected { $0.text("created_at") >= middle })
            #expect(try await ids("until=\(middle)") == expected { $0.text("created_at") < middle })

            var paged: [String] = []
            var cursor = ""
            repeat {
                let page = try await list("limit=5" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
                paged += page["items"]?.strings("id") ?? []
                cursor = page.text("next_cursor")
            } while !cursor.isEmpty
            #expect(paged == expected { _ in true })

            let row = try #require(try await list("limit=1")["items"]?.array?.first?.object)
            #expect(row["input"] == nil && row["result"] == nil, "rows carry no payloads")
            for wrong in [
                "status=asleep", "limit=0", "limit=501", "since=yesterday", "traceId=x", "cursor=x", "colour=red",
                "label=A", "label=", "parentRunId=x",
            ] {
                #expect(try await tutti.orchestrator.person.get("/tasks?" + wrong).status == 400, "\(wrong)")
            }
        }
    }

    @Test func `what does not fit the agent's schema is refused by name, and nothing is made`() async throws {
        try await Tutti.with { tutti in
            let cases: [(JSONValue, field: String)] = [
                (["agent": "echo", "input": ["message": 5]], "/input/message"),
                (["agent": "echo", "input": [:]], "/input/message"),
                (["agent": "echo", "input": ["message": "x", "colour": "red"]], "/input/colour"),
                (["agent": "nobody", "input": [:]], "/agent"),
                (["agent": "echo", "input": ["message": "x"], "priority": 10], "/priority"),
                (["agent": "echo", "input": ["message": "x"], "timeoutSeconds": 0], "/timeoutSeconds"),
                (["agent": "echo", "input": ["message": "x"], "retry": ["maxAttempts": 0]], "/retry/maxAttempts"),
                (["agent": "echo", "input": ["message": "x"], "color": 1], "/color"),
                (["input": ["message": "x"]], "/agent"),
            ]
            for (body, field) in cases {
                let answer = try await tutti.post(body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.header("Content-Type")?.hasPrefix("application/problem+json") == true)
                #expect(answer.json["errors"]?.strings("field") == [field], "\(answer.text)")
            }
            #expect(try await tutti.number("SELECT count(*) AS n FROM tasks") == 0)
        }
    }
}
