// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// Claims that wait.
@Suite(.daemonLogs) struct LongPollTests {
    /// Until the daemon has taken the claim up and looked for work in vain.
    private func settle(_ session: String, _ tutti: Tutti) async throws {
        let waiting = try await tutti.number(
            "SELECT count(*) AS n FROM worker_sessions WHERE worker_session_id = \(session) AND last_beat_at IS NOT NULL"
        )
        #expect(waiting == 1)
        try await eventually { try await tutti.figure("claims_waiting", of: tutti.orchestrator) >= 1 }
    }

    @Test func `a claim that waits is answered as soon as there is work`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            var gaps: [Duration] = []
            for _ in 0..<10 {
                async let claimed = timed { try await tutti.claim(session, wait: 20) }
                try await settle(session, tutti)
                let created = try await timed { try await tutti.run() }
                let (answer, end) = try await claimed
                let runs = try answer.json(for: 200)["runs"]?.array ?? []
                #expect(runs.count == 1)
                gaps.append(end - created.end)
                let held = HeldRun(try #require(runs.first))
                _ = try await tutti.http.post("/v1/runs/\(held.id)/complete", held.body()).json(for: 200)
            }
            let middle = gaps.sorted()[gaps.count / 2]
            #expect(middle < .milliseconds(50), "\(gaps)")
        }
    }

    private func timed<Value: Sendable>(
        _ body: @Sendable () async throws -> Value
    ) async throws -> (value: Value, end: ContinuousClock.Instant) {
        let value = try await body()
        return (value, ContinuousClock.now)
    }

    @Test func `one that waits by label is answered, too, and by another orchestrator's commit`() async throws {
        try await Tutti.withWorkers { tutti in
            let second = try await tutti.stack.start(
                .orchestrator, name: "orchestrator-svc-2", settings: ["DESKTOP_RUNNER_MODE": "external"])
            let session = try await tutti.session()
            async let claimed = tutti.claim(session, agents: [], labels: ["gpu"], wait: 20)
            try await settle(session, tutti)
            let start = ContinuousClock.now
            let run = try await second.peer.post("/v1/runs", ["agent": "echo", "labels": ["gpu"]]).json(for: 201)
            let runs = try await claimed.json(for: 200)["runs"]
            #expect(runs?.strings("run_id") == [run.text("run_id")])
            #expect(ContinuousClock.now - start < .seconds(2))
        }
    }

    @Test func `without work it is answered with none when its time is over`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            let start = ContinuousClock.now
            #expect(try await tutti.claim(session, wait: 1).json(for: 200)["runs"] == [])
            let took = ContinuousClock.now - start
            #expect(took >= .seconds(1) && took < .seconds(3))
            #expect(try await tutti.claim(session).json(for: 200)["runs"] == [])
        }
    }

    @Test func `who goes away while waiting takes nothing`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await tutti.claim(session, wait: 30) }
                try await settle(session, tutti)
                group.cancelAll()
            }
            try await eventually { try await tutti.figure("claims_waiting", of: tutti.orchestrator) == 0 }
            let id = try await tutti.run().text("run_id")
            #expect(try await tutti.state(of: id)["status"] == "queued")
            #expect(try await tutti.holdOne(session).id == id)
        }
    }

    @Test func `a session that ends while its claim waits takes nothing`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            async let claimed = tutti.claim(session, wait: 20)
            try await settle(session, tutti)
            #expect(try await tutti.http.send("DELETE", "/v1/workers/\(session)").status == 204)
            let id = try await tutti.run().text("run_id")
            let answer = try await claimed
            #expect(answer.status == 409 && answer.code == "session_expired", "\(answer.text)")
            let run = try await tutti.state(of: id)
            #expect(run["status"] == "queued" && run["epoch"] == 0)
        }
    }

    @Test func `a daemon that stops ends the wait`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            async let claimed = tutti.claim(session, wait: 30)
            try await settle(session, tutti)
            let start = ContinuousClock.now
            #expect(try await tutti.orchestrator.terminate() == .exited(0))
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(try await claimed.json(for: 200)["runs"] == [])
        }
    }

    @Test func `a place that becomes free under an agent's own limit is told to who waits`() async throws {
        try await Tutti.withWorkers { tutti in
            _ = try await tutti.http.put(
                "/agents/echo",
                ["kind": "http", "endpoint": "http://127.0.0.1:1/", "input_schema": true, "concurrency": 1]
            ).json(for: 200)
            let first = try await tutti.session()
            let second = try await tutti.session()
            _ = try await tutti.run()
            let held = try await tutti.holdOne(first)
            let next = try await tutti.run().text("run_id")
            async let claimed = tutti.claim(second, wait: 20)
            try await settle(second, tutti)
            // The pulse wakes it again and again, in vain.
            _ = try await tutti.http.post("/v1/runs/\(held.id)/complete", held.body()).json(for: 200)
            #expect(try await claimed.json(for: 200)["runs"]?.strings("run_id") == [next])
        }
    }
}
