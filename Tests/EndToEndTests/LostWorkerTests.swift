// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// The engine that carries out a run goes away, in the two ways in which it can: for good, and only for a while.
@Suite(.daemonLogs) struct LostWorkerTests {
    @Test func `a run whose worker was killed is started again within 20 seconds, in its next epoch`() async throws {
        try await Tutti.with { tutti in
            let id = try await tutti.create(["message": "slow", "delayMilliseconds": 3000]).text("id")
            try await eventually { try await tutti.figure("echo_calls_running", of: tutti.echo) == 1 }
            try await tutti.orchestrator.kill()
            let killed = ContinuousClock.now
            try await tutti.orchestrator.start()
            try await eventually(within: .seconds(25)) { try await tutti.task(id)["runs"]?.array?.first?["epoch"] == 2 }
            #expect(ContinuousClock.now - killed < .seconds(20))
            let done = try await tutti.wait(for: id, toBe: "completed")
            #expect(
                done.eventTypes == ["task.created", "run.started", "run.lease_lost", "run.started", "run.completed"])
            let runs = try #require(done["runs"]?.array)
            #expect(runs.count == 1, "a lost lease is the same run")
            #expect(runs.first?["epoch"] == 2)
            #expect(done["result"]?["epoch"] == 2)
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `a worker that stood still beyond its lease changes nothing with its late answer`() async throws {
        try await Tutti.with { tutti in
            // The first engine claims the run, since the second does not exist yet.
            let id = try await tutti.create(["message": "slow", "delayMilliseconds": 6000]).text("id")
            try await eventually { try await tutti.figure("echo_calls_running", of: tutti.echo) == 1 }
            let second = try await tutti.stack.start(.orchestrator, name: "orchestrator-svc-2")
            tutti.orchestrator.pause()
            // The agent answers the first engine, which does not read it; the second takes the run over.
            try await eventually(within: .seconds(25)) {
                try await tutti.task(id, at: second)["runs"]?.array?.first?["epoch"] == 2
            }
            try await eventually(within: .seconds(15)) {
                try await tutti.task(id, at: second)["status"] == "completed"
            }
            tutti.orchestrator.resume()
            // It reads the late answer, and then finds that its session is over.
            try await eventually(within: .seconds(15)) {
                tutti.orchestrator.logLines.filter { $0["message"] == "worker session opened" }.count == 2
            }
            try await eventually { try await tutti.figure("engine_runs_in_flight", of: tutti.orchestrator) == 0 }
            let done = try await tutti.task(id)
            #expect(done["status"] == "completed")
            #expect(
                done.eventTypes == ["task.created", "run.started", "run.lease_lost", "run.started", "run.completed"])
            #expect(done["runs"]?.array?.first?["epoch"] == 2)

            // It works again: what it is asked for is carried out, by whichever engine.
            let next = try await tutti.create().text("id")
            _ = try await tutti.wait(for: next, toBe: "completed")
            try await tutti.expectGaplessLog()
        }
    }
}
