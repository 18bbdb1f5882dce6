// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// Runs are carried out by engine-svc, and whatever happens to it or to the orchestrator, each is done once.
@Suite(.daemonLogs) struct EngineServiceTests {
    private static let external = ["DESKTOP_RUNNER_MODE": "external"]

    private func withEngine(
        _ settings: [String: String] = [:], _ body: (Tutti, DaemonProcess) async throws -> Void
    ) async throws {
        try await Tutti.with(settings: Self.external) { tutti in
            let engine = try await tutti.stack.start(.engine, settings: settings)
            try await body(tutti, engine)
        }
    }

    private func waitForCalls(_ count: Double, _ tutti: Tutti) async throws {
        try await eventually(within: .seconds(20)) {
            try await tutti.figure("echo_calls_running", of: tutti.echo) == count
        }
    }

    /// The epoch of the task's only run.
    private func epoch(_ id: String, _ tutti: Tutti) async throws -> Int {
        try await tutti.task(id)["runs"]?.array?.first?["epoch"]?.int ?? 0
    }

    @Test func `without an engine nothing happens, and with one runs are completed`() async throws {
        try await Tutti.with(settings: Self.external) { tutti in
            let ids = try await [tutti.create(), tutti.create(["message": "second"])].map { $0.text("id") }
            #expect(try await tutti.task(ids[0])["status"] == "queued")
            let engine = try await tutti.stack.start(.engine)
            for id in ids {
                let done = try await tutti.wait(for: id, toBe: "completed")
                #expect(done.eventTypes == ["task.created", "run.started", "run.completed"])
            }
            #expect(try await tutti.task(ids[1])["result"]?["message"] == "second")
            #expect(try await tutti.figure("engine_runs_claimed_total", of: engine) == 2)
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `failures are retried, and a run beyond its time is called off`() async throws {
        try await withEngine { tutti, _ in
            let retried = try await tutti.create(
                ["message": "twice", "fail": ["kind": "retryable", "times": 1]],
                ["retry": ["initialSeconds": 0, "maxSeconds": 0]]
            ).text("id")
            let refused = try await tutti.create(["message": "never", "fail": ["kind": "permanent"]]).text("id")
            let late = try await tutti.create(
                ["message": "late", "delayMilliseconds": 60_000],
                ["timeoutSeconds": 2, "retry": ["maxAttempts": 1]]
            ).text("id")
            let done = try await tutti.wait(for: retried, toBe: "completed")
            #expect(done["runs"]?.array?.count == 2)
            #expect(try await tutti.wait(for: refused, toBe: "failed")["error"]?["code"] == "asked_to_fail")
            #expect(try await tutti.wait(for: late, toBe: "failed")["error"]?["code"] == "timeout")
            try await waitForCalls(0, tutti)
        }
    }

    @Test func `a task that is cancelled while it runs is called off at the agent`() async throws {
        try await withEngine { tutti, engine in
            let task = try await tutti.create(["message": "long", "delayMilliseconds": 60_000])
            let id = task.text("id")
            try await waitForCalls(1, tutti)
            let version = try #require(try await tutti.task(id)["version"])
            let answer = try await tutti.change(id, ["ifVersion": version, "status": "cancelled"])
            #expect(answer.status == 200)
            try await waitForCalls(0, tutti)
            try await eventually { try await tutti.figure("engine_runs_in_flight", of: engine) == 0 }
            #expect(try await tutti.task(id)["status"] == "cancelled")
        }
    }

    @Test func `a run whose engine was killed is finished by another, in its next epoch`() async throws {
        try await withEngine { tutti, engine in
            let id = try await tutti.create(["message": "slow", "delayMilliseconds": 3000]).text("id")
            try await waitForCalls(1, tutti)
            _ = try await tutti.stack.start(.engine, name: "engine-svc-2")
            try await engine.kill()
            let killed = ContinuousClock.now
            try await eventually(within: .seconds(25)) { try await epoch(id, tutti) == 2 }
            #expect(ContinuousClock.now - killed < .seconds(22))
            let done = try await tutti.wait(for: id, toBe: "completed")
            #expect(
                done.eventTypes == [
                    "task.created", "run.started", "run.lease_lost", "run.started", "run.completed",
                ])
            #expect(done["runs"]?.array?.count == 1)
            #expect(done["result"]?["epoch"] == 2)
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `an engine that stood still beyond its lease changes nothing with its late answer`() async throws {
        try await withEngine { tutti, engine in
            let id = try await tutti.create(["message": "slow", "delayMilliseconds": 6000]).text("id")
            try await waitForCalls(1, tutti)
            let second = try await tutti.stack.start(.engine, name: "engine-svc-2")
            engine.pause()
            try await eventually(within: .seconds(30)) { try await epoch(id, tutti) == 2 }
            _ = try await tutti.wait(for: id, toBe: "completed")
            let events = try await tutti.task(id).eventTypes
            engine.resume()
            // It finds out that its session is over, and opens another.
            try await eventually(within: .seconds(20)) {
                engine.logLines.filter { $0["message"] == "worker session opened" }.count == 2
            }
            try await eventually { try await tutti.figure("engine_runs_in_flight", of: engine) == 0 }
            #expect(try await tutti.task(id).eventTypes == events)
            #expect(try await epoch(id, tutti) == 2)

            // It works again.
            try await second.terminate()
            let next = try await tutti.create().text("id")
            _ = try await tutti.wait(for: next, toBe: "completed")
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `an orchestrator that is killed under load and comes back loses nothing`() async throws {
        try await withEngine { tutti, engine in
            let load = CreationLoad(tutti, limit: 150)
            try await load.run {
                try await eventually(within: .seconds(30)) { load.createdCount > 50 }
                try await tutti.orchestrator.kill()
                try await tutti.orchestrator.start()
                try await eventually(within: .seconds(30)) { load.createdCount > 100 }
                try await tutti.orchestrator.kill()
                try await tutti.orchestrator.start()
            }
            try await load.waitUntilCompleted()
            try await load.compareWithLog()
            try await tutti.expectGaplessLog()
            try await eventually(within: .seconds(20)) { try await engine.readiness() == 200 }
            try await eventually(within: .seconds(20)) {
                try await tutti.number("SELECT count(*) AS n FROM leases") == 0
            }
        }
    }

    @Test func `without its orchestrator an engine is not ready, and lets go of its runs by itself`() async throws {
        try await withEngine { tutti, engine in
            let id = try await tutti.create(["message": "long", "delayMilliseconds": 60_000]).text("id")
            try await waitForCalls(1, tutti)
            try await tutti.orchestrator.kill()
            try await eventually(within: .seconds(10)) { try await engine.readiness() == 503 }
            // Before the session's lifetime of 15 seconds is over: its call is cancelled.
            let killed = ContinuousClock.now
            try await eventually(within: .seconds(20)) {
                try await tutti.figure("echo_calls_running", of: tutti.echo) == 0
            }
            #expect(ContinuousClock.now - killed < .seconds(15))
            #expect(try await tutti.figure("engine_sessions_lost_total", of: engine) == 1)
            try await tutti.orchestrator.start()
            try await eventually(within: .seconds(20)) { try await engine.readiness() == 200 }
            // The new session ended the old one, so that nobody waits for it to expire.
            try await eventually(within: .seconds(10)) { try await epoch(id, tutti) == 2 }
        }
    }

    @Test func `SIGTERM lets runs end, hands the rest back and refuses nothing`() async throws {
        try await withEngine(["SHUTDOWN_GRACE_SECONDS": "8"]) { tutti, engine in
            let short = try await tutti.create(["message": "short", "delayMilliseconds": 1500]).text("id")
            let long = try await tutti.create(["message": "long", "delayMilliseconds": 10_000]).text("id")
            try await waitForCalls(2, tutti)
            let start = ContinuousClock.now
            #expect(try await engine.terminate() == .exited(0))
            #expect(ContinuousClock.now - start < .seconds(8))
            #expect(try await tutti.task(short)["status"] == "completed")
            let left = try await tutti.task(long)
            #expect(left["status"] == "queued")
            #expect(left.eventTypes.last == "run.released")
            #expect(try await tutti.number("SELECT count(*) AS n FROM leases") == 0)
            try await waitForCalls(0, tutti)
            _ = try await tutti.stack.start(.engine, name: "engine-svc-2")
            let begun = ContinuousClock.now
            try await eventually { try await epoch(long, tutti) == 2 }
            #expect(ContinuousClock.now - begun < .seconds(8))
        }
    }

    @Test func `runs of a worker agent are left to its workers, whom its token lets in`() async throws {
        try await withEngine { tutti, _ in
            let refused = try await tutti.orchestrator.person.put(
                "/agents/outside", ["kind": "worker", "endpoint": "http://127.0.0.1:1/"])
            #expect(refused.status == 400)
            let agent = try await tutti.orchestrator.person.put("/agents/outside", ["kind": "worker"]).json(for: 200)
            #expect(agent["endpoint"] == .null && agent["token"] == .null)
            let token = agent.text("worker_token")
            #expect(token.hasPrefix("outside."))
            let id = try await tutti.create("hello", ["agent": "outside"]).text("id")
            let worker = tutti.orchestrator.anybody.with("Authorization", "Bearer \(token)")
            let session = try await worker.post("/v1/workers", ["name": "test", "agents": ["outside"]]).json(for: 201)
            let claim = try await worker.post(
                "/v1/runs/claim",
                [
                    "worker_session_id": .string(session.text("worker_session_id")), "agents": ["outside"],
                    "wait_seconds": 10,
                ]
            ).json(for: 200)
            #expect(claim["runs"]?.array?.first?["task_id"] == .string(id))
        }
    }
}
