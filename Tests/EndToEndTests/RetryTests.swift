// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

@Suite(.daemonLogs) struct RetryTests {
    @Test func `a task that fails twice is tried a third time, each time after a longer pause`() async throws {
        try await Tutti.with { tutti in
            let created = try await tutti.create(
                ["message": "again", "fail": ["kind": "retryable", "times": 2]],
                ["retry": ["maxAttempts": 5, "initialSeconds": 0.6, "factor": 2]])
            let done = try await tutti.wait(for: created.text("id"), toBe: "completed")
            #expect(done["attempts"] == 3)
            #expect(done["result"]?["attempt"] == 3)
            #expect(done["runs"]?.strings("status") == ["completed", "failed", "failed"])
            #expect(done["runs"]?.array?.map { $0["number"]?.int } == [3, 2, 1])
            #expect(
                done.eventTypes == [
                    "task.created", "run.started", "run.failed", "run.queued", "run.started", "run.failed",
                    "run.queued", "run.started", "run.completed",
                ])
            let events = try #require(done["events"]?.array)
            let failures = events.filter { $0["event_type"] == "run.failed" }
            let starts = events.filter { $0["event_type"] == "run.started" }.dropFirst()
            for (number, (failure, start)) in zip(failures, starts).enumerated() {
                #expect(failure["data"]?["error"]?["code"] == "asked_to_fail")
                #expect(failure["data"]?["status"] == "scheduled")
                let due = try Timestamp.of(failure["data"]?["run_at"])
                let pause = due - (try Timestamp.of(failure["occurred_at"]))
                let most = Duration.milliseconds(600 * (1 << number))
                #expect(pause >= most / 2 && pause <= most, "pause \(number + 1) was \(pause)")
                #expect(try Timestamp.of(start["occurred_at"]) >= due)
                #expect(start["run_id"] == failure["data"]?["next_run_id"])
            }
        }
    }

    @Test func `a failure that is not retryable ends the task at once`() async throws {
        try await Tutti.with { tutti in
            let created = try await tutti.create(["message": "no", "fail": ["kind": "permanent"]])
            let failed = try await tutti.wait(for: created.text("id"), toBe: "failed")
            #expect(failed["attempts"] == 1)
            #expect(failed["error"]?["code"] == "asked_to_fail")
            #expect(failed["error"]?["retryable"] == false)
            #expect(failed["result"] == .null)
            #expect(failed.eventTypes == ["task.created", "run.started", "run.failed"])
        }
    }

    @Test func `the last attempt is the last`() async throws {
        try await Tutti.with { tutti in
            let created = try await tutti.create(
                ["message": "never", "fail": ["kind": "retryable"]],
                ["retry": ["maxAttempts": 2, "initialSeconds": 0.1]])
            let failed = try await tutti.wait(for: created.text("id"), toBe: "failed")
            #expect(failed["attempts"] == 2)
            #expect(failed["error"]?["retryable"] == true)
            #expect(failed["runs"]?.strings("status") == ["failed", "failed"])

            // A person may try once more, with all attempts anew.
            let again = try await tutti.change(
                created.text("id"), ["ifVersion": failed["version"] ?? 0, "status": "queued"])
            #expect(again.status == 200)
            #expect(again.json["attempts"] == 0)
            let failedAgain = try await tutti.wait(for: created.text("id"), toBe: "failed")
            #expect(failedAgain["attempts"] == 2)
            #expect(failedAgain["runs"]?.array?.count == 4)
        }
    }

    @Test func `a run over its time limit is called off at the agent and fails with timeout`() async throws {
        try await Tutti.with { tutti in
            let created = try await tutti.create(
                ["message": "slow", "delayMilliseconds": 60_000],
                ["timeoutSeconds": 1, "retry": ["maxAttempts": 2, "initialSeconds": 0.1]])
            try await eventually { try await tutti.figure("echo_calls_running", of: tutti.echo) == 1 }
            let failed = try await tutti.wait(for: created.text("id"), toBe: "failed")
            #expect(failed["error"]?["code"] == "timeout")
            let runs = try #require(failed["runs"]?.array)
            #expect(runs.count == 2)
            for run in runs {
                #expect(run["error"]?["code"] == "timeout")
                let took = try Timestamp.of(run["finished_at"]) - Timestamp.of(run["started_at"])
                #expect(took >= .milliseconds(900) && took < .seconds(8), "\(took)")
            }
            try await eventually { try await tutti.figure("echo_calls_running", of: tutti.echo) == 0 }
        }
    }

    @Test func `an agent that starts while nobody can register it does its work all the same`() async throws {
        try await Tutti.with { tutti in
            try await tutti.echo.kill()
            try tutti.echo.launch(["ORCHESTRATOR_SVC_URL": "http://127.0.0.1:1"])
            try await tutti.echo.waitUntilListening()
            let created = try await tutti.create(["message": "hello"], ["retry": ["maxAttempts": 1]])
            _ = try await tutti.wait(for: created.text("id"), toBe: "completed")
            #expect(try await tutti.echo.readiness() == 503)
        }
    }

    @Test func `an agent that does not know its token is asked again`() async throws {
        try await Tutti.with { tutti in
            // Echo does not answer to another name's token.
            let agent: JSONValue = ["kind": "http", "endpoint": .string("\(tutti.echo.baseURL)/echo")]
            _ = try await tutti.orchestrator.peer.put("/agents/mirror", agent).json(for: 200)
            let created = try await tutti.create(
                ["message": "hello"], ["agent": "mirror", "retry": ["maxAttempts": 2, "initialSeconds": 0]])
            let failed = try await tutti.wait(for: created.text("id"), toBe: "failed")
            #expect(failed["error"]?["code"] == "unauthenticated")
            #expect(failed["runs"]?.array?.count == 2)
        }
    }
}
