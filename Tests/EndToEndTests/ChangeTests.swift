// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

@Suite(.daemonLogs) struct ChangeTests {
    /// An orchestrator whose tasks nobody starts, so that they stay as they are.
    private func withIdleTasks(_ body: (Tutti) async throws -> Void) async throws {
        try await Tutti.with([], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            try await tutti.register(
                "echo", inputSchema: ["type": "object", "properties": ["message": ["type": "string"]]])
            try await body(tutti)
        }
    }

    @Test func `cancelling a running task reaches the agent`() async throws {
        try await Tutti.with { tutti in
            let id = try await tutti.create(["message": "slow", "delayMilliseconds": 60_000]).text("id")
            try await eventually { try await tutti.figure("echo_calls_running", of: tutti.echo) == 1 }
            let running = try await tutti.task(id)
            #expect(running["status"] == "running")
            let answer = try await tutti.change(
                id, ["ifVersion": running["version"] ?? 0, "status": "cancelled", "reason": "changed my mind"])
            #expect(answer.status == 200)
            #expect(answer.json["status"] == "cancelled")
            try await eventually { try await tutti.figure("echo_calls_running", of: tutti.echo) == 0 }
            try await eventually {
                tutti.echo.logLines.contains { $0["method"] == "DELETE" && $0["route"] == "/echo" }
            }
            let task = try await tutti.task(id)
            #expect(task.eventTypes == ["task.created", "run.started", "task.cancelled"])
            let last = task["events"]?.array?.last
            #expect(last?["actor"] == "user:admin")
            #expect(last?["data"]?["reason"] == "changed my mind")
            #expect(task["runs"]?.strings("status") == ["cancelled"])
            #expect(task["finished_at"] != .null)
        }
    }

    @Test func `only the version that is current may be changed`() async throws {
        try await withIdleTasks { tutti in
            let id = try await tutti.create().text("id")
            let without = try await tutti.change(id, ["status": "cancelled"])
            #expect(without.status == 428)
            #expect(without.json["errors"]?.strings("field") == ["/ifVersion"])
            #expect(try await tutti.change(id, ["ifVersion": 1, "priority": 9]).status == 200)
            let stale = try await tutti.change(id, ["ifVersion": 1, "status": "cancelled"])
            #expect(stale.status == 412)
            #expect(stale.json["current_version"] == 2)
            #expect(try await tutti.change(id, ["ifVersion": 7, "status": "cancelled"]).status == 412)
            #expect(try await tutti.task(id).eventTypes == ["task.created", "task.edited"])

            // Of many who have seen the same version, one may change it.
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        try await tutti.change(id, ["ifVersion": 2, "priority": JSONValue(number % 10)]).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200] + Array(repeating: 412, count: 9))
            #expect(try await tutti.task(id)["version"] == 3)
        }
    }

    @Test func `a person edits, cancels, retries, completes and fails by hand, each with an event of theirs`()
        async throws
    {
        try await withIdleTasks { tutti in
            let id = try await tutti.create().text("id")
            let edited = try await tutti.change(
                id, ["ifVersion": 1, "input": ["message": "better"], "priority": 8, "timeoutSeconds": 7])
            #expect(edited.status == 200, "\(edited.text)")
            #expect(edited.json["input"]?["message"] == "better")
            #expect(edited.json["priority"] == 8)
            #expect(edited.json["timeout_seconds"] == 7)
            let misfit = try await tutti.change(id, ["ifVersion": 2, "input": ["message": 1]])
            #expect(misfit.status == 400)
            #expect(misfit.json["errors"]?.strings("field") == ["/input/message"])

            let steps: [(JSONObject, status: String)] = [
                (["status": "cancelled", "reason": "wait"], "cancelled"), (["status": "queued"], "queued"),
                (["status": "failed", "error": ["code": "lost", "message": "It is lost."]], "failed"),
                (["status": "queued"], "queued"), (["status": "completed", "result": ["found": true]], "completed"),
            ]
            for (number, step) in steps.enumerated() {
                var body = step.0
                body["ifVersion"] = JSONValue(number + 2)
                let answer = try await tutti.change(id, .object(body))
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.json["status"]?.string == step.status)
                #expect(answer.json["version"] == JSONValue(number + 3))
                #expect(answer.json["input"]?["message"] == "better")
                if step.status == "failed" { #expect(answer.json["error"]?["code"] == "lost") }
            }
            let task = try await tutti.task(id)
            #expect(task["result"]?["found"] == true)
            #expect(
                task.eventTypes == [
                    "task.created", "task.edited", "task.cancelled", "task.retried", "task.failed", "task.retried",
                    "task.completed",
                ])
            #expect(task["events"]?.strings("actor") == Array(repeating: "user:admin", count: 7))
            #expect(task["runs"]?.strings("status") == ["completed", "failed", "cancelled"])
            #expect(task["runs"]?.array?.map { $0["number"]?.int } == [3, 2, 1])
        }
    }

    @Test func `what a task may not become is refused with 409, and what makes no sense with 400`() async throws {
        try await withIdleTasks { tutti in
            let ends: [JSONObject] = [
                ["status": "completed", "result": 1], ["status": "failed"], ["status": "cancelled"],
            ]
            for end in ends {
                let id = try await tutti.create().text("id")
                var body = end
                body["ifVersion"] = 1
                #expect(try await tutti.change(id, .object(body)).status == 200)
                var changes: [JSONValue] = [
                    ["ifVersion": 2, "status": "cancelled"], ["ifVersion": 2, "status": "failed"],
                    ["ifVersion": 2, "status": "completed", "result": 2], ["ifVersion": 2, "priority": 1],
                ]
                if end["status"] == "completed" { changes.append(["ifVersion": 2, "status": "queued"]) }
                for change in changes {
                    #expect(try await tutti.change(id, change).status == 409, "\(end): \(change)")
                }
                #expect(try await tutti.task(id)["version"] == 2)
            }
            let id = try await tutti.create().text("id")
            #expect(try await tutti.change(id, ["ifVersion": 1, "status": "queued"]).status == 409)
            let senseless: [JSONValue] = [
                ["ifVersion": 1], ["ifVersion": 1, "status": "running"], ["ifVersion": 1, "status": "completed"],
                ["ifVersion": 1, "status": "cancelled", "result": 1], ["ifVersion": 1, "reason": "none"],
                ["ifVersion": 0, "status": "cancelled"], ["ifVersion": 1, "status": "failed", "input": [:]],
            ]
            for change in senseless { #expect(try await tutti.change(id, change).status == 400, "\(change)") }
            let unknown = try await tutti.change(
                "task_01ARZ3NDEKTSV4RRFFQ69G5FAV", ["ifVersion": 1, "status": "cancelled"])
            #expect(unknown.status == 404)
        }
    }

    @Test func `a task for later waits for its time, unless it is cancelled before`() async throws {
        try await Tutti.with { tutti in
            let due = Timestamp.now() + .seconds(2)
            let later = try await tutti.create(["message": "later"], ["runAt": .string(due.description)])
            let never = try await tutti.create(["message": "never"], ["runAt": .string(due.description)])
            #expect(later["status"] == "scheduled")
            let cancelled = try await tutti.change(never.text("id"), ["ifVersion": 1, "status": "cancelled"])
            #expect(cancelled.status == 200)
            let done = try await tutti.wait(for: later.text("id"), toBe: "completed")
            #expect(done.eventTypes == ["task.created", "run.queued", "run.started", "run.completed"])
            let runs = try #require(done["runs"]?.array)
            let started = try Timestamp.of(runs.first?["started_at"])
            #expect(started >= due && started < due + .seconds(5))
            #expect(try await tutti.task(never.text("id")).eventTypes == ["task.created", "task.cancelled"])
        }
    }
}
