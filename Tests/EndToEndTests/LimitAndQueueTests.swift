// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

/// Limits and queues over HTTP, with everything that wakes behind them.
@Suite(.daemonLogs) struct LimitAndQueueTests {
    @Test func `limits are set, listed page by page, and lifted`() async throws {
        try await Tutti.withWorkers { tutti in
            let set = try await tutti.http.put(
                "/v1/limits/customer", ["max_concurrent": 2, "rate": ["count": 5, "per_seconds": 0.5]]
            ).json(for: 200)
            #expect(set["name"] == "customer" && set["max_concurrent"] == 2)
            #expect(set["rate"] == ["count": 5, "per_seconds": 0.5])
            for name in ["b", "a", "c"] { _ = try await tutti.http.put("/v1/limits/\(name)", ["max_concurrent": 1]) }
            #expect(try await tutti.walk("/v1/limits?limit=2").map { $0.text("name") } == ["a", "b", "c", "customer"])
            #expect(try await tutti.http.send("DELETE", "/v1/limits/b").status == 204)
            #expect(try await tutti.http.send("DELETE", "/v1/limits/b").status == 404)
            #expect(try await tutti.walk("/v1/limits?limit=2").map { $0.text("name") } == ["a", "c", "customer"])
            // A person may, too.
            #expect(try await tutti.orchestrator.person.put("/v1/limits/b", ["max_concurrent": 1]).status == 200)
        }
    }

    @Test func `a run that a limit holds up is claimed as soon as there is a place`() async throws {
        try await Tutti.withWorkers { tutti in
            _ = try await tutti.http.put("/v1/limits/customer", ["max_concurrent": 1]).json(for: 200)
            let limits: JSONObject = [
                "limits": [["name": "customer", "key": "acme"], ["name": "customer", "key": "acme"]]
            ]
            #expect(
                try await tutti.http.post("/v1/runs", .object(["agent": "echo", "limits": limits["limits"] ?? .null]))
                    .status == 400, "once is enough")
            let one: JSONObject = ["limits": [["name": "customer", "key": "acme"]]]
            for _ in 0..<3 { _ = try await tutti.run(one) }
            let session = try await tutti.session()
            let held = try await tutti.held(session, limit: 10)
            #expect(held.count == 1)
            #expect(held[0].json["run_id"] != nil)
            async let claimed = tutti.claim(session, limit: 10, wait: 20)
            try await eventually { try await tutti.figure("claims_waiting", of: tutti.orchestrator) == 1 }
            let queue = try #require(try await tutti.walk("/v1/queues").first { $0.text("agent") == "echo" })
            #expect(queue["ready"] == 0 && queue["parked"] == 2 && queue["held"] == 1 && queue["delayed"] == 0)
            let start = ContinuousClock.now
            _ = try await tutti.http.post("/v1/runs/\(held[0].id)/complete", held[0].body()).json(for: 200)
            #expect(try await claimed.json(for: 200)["runs"]?.array?.count == 1)
            #expect(ContinuousClock.now - start < .seconds(1), "no backstop was needed")
            // Raised or lifted, it lets the rest go at once.
            async let last = tutti.claim(session, limit: 10, wait: 20)
            try await eventually { try await tutti.figure("claims_waiting", of: tutti.orchestrator) == 1 }
            let raised = ContinuousClock.now
            _ = try await tutti.http.put("/v1/limits/customer", ["max_concurrent": 2]).json(for: 200)
            #expect(try await last.json(for: 200)["runs"]?.array?.count == 1)
            #expect(ContinuousClock.now - raised < .seconds(1), "no backstop was needed")
        }
    }

    @Test func `a rate is kept over time, and used`() async throws {
        try await Tutti.withWorkers { tutti in
            _ = try await tutti.http.put("/v1/limits/pace", ["rate": ["count": 4, "per_seconds": 1]]).json(for: 200)
            let session = try await tutti.session()
            for _ in 0..<12 { _ = try await tutti.run(["limits": [["name": "pace"]]]) }
            let start = ContinuousClock.now
            var claimed = 0
            while claimed < 12, ContinuousClock.now - start < .seconds(20) {
                let runs = try await tutti.claim(session, limit: 12, wait: 5).json(for: 200)["runs"]?.array ?? []
                claimed += runs.count
            }
            // Four at once, and eight more at four in a second.
            let took = ContinuousClock.now - start
            #expect(claimed == 12)
            #expect(took > .milliseconds(1900) && took < .seconds(5), "\(took)")
        }
    }

    @Test func `a queue that is paused hands out nothing, and goes on at once`() async throws {
        try await Tutti.withWorkers { tutti in
            let session = try await tutti.session()
            let id = try await tutti.run().text("run_id")
            let paused = try await tutti.http.post("/v1/queues/echo/pause", ["reason": "repairs"]).json(for: 200)
            #expect(paused["agent"] == "echo" && paused["ready"] == 1 && paused["held"] == 0)
            #expect(paused["paused_at"] != .null && paused["reason"] == "repairs")
            let again = try await tutti.http.post("/v1/queues/echo/pause", ["reason": "other"]).json(for: 200)
            #expect(again == paused)
            #expect(try await tutti.held(session).isEmpty)
            async let claimed = tutti.claim(session, wait: 20)
            try await eventually { try await tutti.figure("claims_waiting", of: tutti.orchestrator) == 1 }
            let start = ContinuousClock.now
            let resumed = try await tutti.http.post("/v1/queues/echo/resume", [:]).json(for: 200)
            #expect(resumed["paused_at"] == .null && resumed["paused_by"] == .null)
            #expect(try await claimed.json(for: 200)["runs"]?.strings("run_id") == [id])
            #expect(ContinuousClock.now - start < .seconds(1))
            #expect(try await tutti.walk("/v1/queues?limit=1").map { $0.text("agent") } == ["echo", "other"])
        }
    }

    @Test func `runs that nobody cancelled are handed out past those that were`() async throws {
        try await Tutti.withWorkers { tutti in
            for _ in 0..<30 { _ = try await tutti.run(["correlation_id": "gone"]) }
            let kept = try await tutti.run().text("run_id")
            _ = try await tutti.http.post("/v1/runs/cancel", ["filter": ["correlation_id": "gone"]]).json(for: 200)
            #expect(try await tutti.held(try await tutti.session()).map(\.id) == [kept])
        }
    }
}
