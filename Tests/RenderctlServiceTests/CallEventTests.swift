// SPDX-License-Identifier: Apache-2.0

import API
import Common
import FakeRender
import TestKit
import Testing

/// Every call of an operation of Render becomes an event with whoever made it.
@Suite struct CallEventTests {
    private static let people = "viewer:eve:pppppppppppp,operator:olga:pppppppppppp"

    private func client(_ daemon: DaemonProcess, _ name: String) -> PlainHTTPClient {
        daemon.anybody.with(
            "Authorization", BasicCredentials.header(user: name, password: Secret("pppppppppppp")))
    }

    /// Who, what, on what, and how it ended.
    private func line(_ event: JSONValue) -> String {
        let data = event["data"]
        return [
            event["actor"]?.string, data?["operation"]?.string, data?["target"]?.string,
            data?["status"]?.int.map { "\($0)" }, data?["code"]?.string,
            data?["outcome"]?.string, data?["calls"]?.int.map { "x\($0)" },
        ].compactMap(\.self).joined(separator: " ")
    }

    @Test func `reads, refusals and calls by way of the orchestrator are events with whoever made them`() async throws {
        try await RenderctlFixture.run(["BASIC_AUTH_PEOPLE": Self.people]) { fixture in
            let daemon = fixture.daemon
            let orchestrator = try await fixture.stack.start(
                .orchestrator,
                settings: ["BASIC_AUTH_PEOPLE": Self.people, "SUITE_PEERS": "renderctl-svc=\(daemon.baseURL)"])
            for _ in 0..<3 { #expect(try await fixture.person.get("/render/services").status == 200) }
            let text: JSONValue = ["blueprint": "services: [{canary-body: 1}]"]
            #expect(try await client(daemon, "eve").post("/render/blueprint/plan", text).status == 403)
            #expect(try await client(daemon, "olga").post("/render/deploy/srv-1", [:]).status == 404)
            #expect(try await client(daemon, "eve").get("/render/plans/plan_12345678").status == 404)
            #expect(try await client(daemon, "eve").get("/render/plans/canary-path").status == 400)
            #expect(try await client(daemon, "eve").get("/render/services?name=canary-query").status == 200)
            #expect(try await daemon.peer.get("/render/applies").status == 200)
            #expect(try await client(orchestrator, "olga").post("/v1/render/deploy/srv-2", [:]).status == 404)
            #expect(try await client(orchestrator, "eve").get("/v1/render/monitor").status == 200)
            #expect(try await daemon.anybody.get("/render/services").status == 401)
            #expect(try await daemon.person.get("/metrics").status == 200)
            // What is summed is written when it stops, and told once it knows whom to tell.
            try await daemon.terminate()
            let refused = daemon.logLines.filter { $0["message"] == "request" && $0["status"]?.int == 401 }
            #expect(refused.map { $0["route"]?.string } == ["/render/services"])
            try await daemon.start(["ORCHESTRATOR_SVC_URL": orchestrator.baseURL])
            let path = "/v1/events?stream_type=service&stream_id=renderctl-svc&event_type=render.called"
            let events: [JSONValue] = try await eventually(within: .seconds(30)) {
                let items = try await orchestrator.person.get(path).json["items"]?.array ?? []
                return items.count >= 10 ? items : nil
            }
            #expect(
                events.map(line).sorted() == [
                    "service:unnamed listRenderApplies 200 succeeded x1",
                    "user:admin listRenderServices 200 succeeded x1",
                    "user:admin listRenderServices 200 succeeded x2",
                    "user:eve getRenderMonitor 200 succeeded x1",
                    "user:eve getRenderPlan 400 invalid refused x1",
                    "user:eve getRenderPlan plan_12345678 404 not_found refused x1",
                    "user:eve listRenderServices 200 succeeded x1",
                    "user:eve planBlueprint 403 permission_missing refused x1",
                    "user:olga deployRenderService srv-1 404 render_not_found refused x1",
                    "user:olga deployRenderService srv-2 404 render_not_found refused x1",
                ])
            #expect(!"\(events)".contains("canary"))
            #expect(events.allSatisfy { $0["trace_id"]?.string?.count == 32 })
        }
    }

    @Test func `an address that is kept out is recorded with whoever came from it`() async throws {
        try await RenderctlFixture.run(["RENDERCTL_ALLOWED_ADDRESSES": "10.0.0.0/8"]) { fixture in
            #expect(try await fixture.person.get("/render/monitor").status == 403)
            let orchestrator = try await fixture.stack.start(.orchestrator)
            try await fixture.daemon.terminate()
            try await fixture.daemon.start(["ORCHESTRATOR_SVC_URL": orchestrator.baseURL])
            let path = "/v1/events?stream_type=service&stream_id=renderctl-svc"
            let events: [JSONValue] = try await eventually(within: .seconds(30)) {
                let items = try await orchestrator.person.get(path).json["items"]?.array ?? []
                return items.isEmpty ? nil : items
            }
            #expect(events.map(line) == ["user:admin getRenderMonitor 403 address_not_allowed refused x1"])
        }
    }

    @Test func `a database that is away holds no call up, and calls are told once it is back`() async throws {
        let server = try await TestPostgresServer.start()
        try await BlackholeProxy.with(target: server.port) { proxy in
            try await FakeRender.run { fake in
                try await DaemonStack.with(database: server.url()) { stack in
                    let daemon = try await stack.start(
                        .renderctl,
                        settings: [
                            "DATABASE_URL": server.loopbackURL(proxyPort: proxy.port),
                            "RENDER_API_BASE_URL": fake.baseURL, "RENDER_API_TOKEN": fake.token.reveal(),
                        ])
                    proxy.drop()
                    // To wait for the database once would take longer.
                    func status(_ method: String, _ path: String, _ json: JSONValue? = nil) async throws -> Int {
                        try await daemon.person.send(method, path, json: json, within: .seconds(4)).status
                    }
                    for _ in 0..<4 { #expect(try await status("GET", "/render/services") == 200) }
                    #expect(try await status("POST", "/render/deploy/srv-1", [:]) == 404)
                    #expect(try await daemon.person.get("/metrics").text.contains("render_calls_unrecorded 5\n"))
                    proxy.heal()
                    try await waits(2, at: daemon)
                    #expect(try await daemon.person.get("/metrics").text.contains("render_calls_unrecorded 3\n"))
                    try await daemon.terminate()
                    try await daemon.start()
                    try await waits(3, at: daemon)
                }
            }
        }
    }

    /// Waits until so many events wait for the orchestrator.
    private func waits(_ count: Int, at daemon: DaemonProcess) async throws {
        try await eventually(within: .seconds(40)) {
            try await daemon.person.get("/metrics").text.contains("render_events_waiting \(count)\n") ? true : nil
        }
    }
}
