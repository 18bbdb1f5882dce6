// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import TestKit
import Testing

@Suite struct EventTests {
    @Test func `what is done on Render is kept by the orchestrator, once and in order, also after it was away`()
        async throws
    {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService(env: ["A": "first-secret"])
            _ = try await fixture.person.patch("/render/services/\(id)/env", ["env": ["A": "second-secret"]])
            // Nobody listens where it was told that the orchestrator is, so the events wait.
            let metrics = try await eventually {
                let text = try await fixture.daemon.person.get("/metrics").text
                // Two that say what was done, and two that say who called.
                return text.contains("render_events_waiting 4\n") ? text : nil
            }
            #expect(metrics.contains("render_events_lost_total 0"))
            #expect(metrics.contains("render_calls_lost_total 0"))
            let orchestrator = try await fixture.stack.start(.orchestrator)
            try await fixture.daemon.terminate()
            try await fixture.daemon.start(["ORCHESTRATOR_SVC_URL": orchestrator.baseURL])
            _ = try await fixture.person.post("/render/deploy/\(id)", [:])
            let path = "/v1/events?stream_type=service&stream_id=renderctl-svc"
            let events: [JSONValue] = try await eventually(within: .seconds(30)) {
                let items = (try await orchestrator.person.get(path).json["items"]?.array ?? [])
                    .filter { $0["event_type"] != "render.called" }
                return items.count >= 3 ? items : nil
            }
            #expect(
                events.map { $0["event_type"]?.string }
                    == ["render.service_created", "render.env_changed", "render.deploy_requested"])
            #expect(events.allSatisfy { $0["actor"]?.string == "user:admin" }, "\(events)")
            #expect(!"\(events)".contains("-secret"))
        }
    }

    @Test func `an event that is told twice is kept once, and only daemons may tell`() async throws {
        try await DaemonStack.with { stack in
            let orchestrator = try await stack.start(.orchestrator)
            let event: JSONValue = [
                "event_id": "0199a000-0000-7000-8000-000000000001", "event_type": "render.env_changed",
                "actor": "user:admin", "trace_id": "0123456789abcdef0123456789abcdef",
                "occurred_at": "2026-10-05T10:00:00Z", "body": ["service_id": "srv-1"],
            ]
            let body: JSONValue = ["events": [event, event]]
            let first = try await orchestrator.peer.post("/internal/events", body)
            #expect(first.status == 200, "\(first.text)")
            #expect(first.json["recorded"]?.int == 1)
            #expect(try await orchestrator.peer.post("/internal/events", body).json["recorded"]?.int == 0)
            #expect(try await orchestrator.person.post("/internal/events", body).status == 403)
            var strange = event.object ?? [:]
            strange["event_type"] = "task.completed"
            let refused = try await orchestrator.peer.post("/internal/events", ["events": [.object(strange)]])
            #expect(refused.status == 400)
        }
    }
}
