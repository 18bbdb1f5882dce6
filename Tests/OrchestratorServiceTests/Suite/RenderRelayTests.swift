// SPDX-License-Identifier: Apache-2.0

import API
import Common
import ServiceKit
import Synchronization
import TestKit
import Testing
import orchestrator_svc

/// What people who talk to the orchestrator alone see of Render.
@Suite struct RenderRelayTests {
    private static let applyID = ID<RenderApply>.make()

    @Test func `a call is passed on with who asks, its path and its body`() async throws {
        let seen = Mutex<[String]>([])
        try await SuiteFixture.withRenderctl(
            apply: { _, _ in throw Problem.notFound("apply", "here") },
            deploy: { input, context in
                seen.withLock {
                    $0.append(
                        "\(context.caller.principal.text) \(input.serviceID) \(input.clearsCache) "
                            + "\(input.idempotencyKey ?? "-")")
                }
                return Reply(Self.queued(input.serviceID), status: 202)
            }
        ) { renderctl in
            try await SuiteFixture.with(logging: 1, peers: [(RenderRelay.peer, renderctl)]) { client in
                let answer = try await client.asPerson.post(
                    "/v1/render/deploy/srv-c0ffee", ["clearCache": true, "idempotency_key": "once"])
                #expect(answer.status == 202)
                #expect(answer.json["service_id"] == "srv-c0ffee")
                #expect(answer.json["queued"] == true)
                #expect(seen.withLock { $0 } == ["user:admin srv-c0ffee true once"])
            }
        }
    }

    @Test func `what does not fit is refused here, and renderctl-svc is not asked`() async throws {
        try await SuiteFixture.withRenderctl(
            apply: { _, _ in throw Problem.notFound("apply", "here") },
            deploy: { input, _ in
                Issue.record("renderctl-svc was asked")
                return Reply(Self.queued(input.serviceID))
            }
        ) { renderctl in
            try await SuiteFixture.with(logging: 1, peers: [(RenderRelay.peer, renderctl)]) { client in
                let answer = try await client.asPerson.post("/v1/render/deploy/srv-1", ["clearCache": "yes"])
                #expect(answer.status == 400)
                #expect(answer.json["errors"]?.array?.first?["field"] == "/clearCache")
            }
        }
    }

    @Test(arguments: [
        (Problem.notFound("apply", "x"), 404, "not_found"),
        (Problem(.conflict, "It is taken.", code: "locked", details: ["by": "user:ada"]), 409, "locked"),
        (Problem(.rateLimited, "Slowly.", retryAfter: .seconds(7)), 429, "rate_limited"),
        (Problem(.unavailable, "Set it.", code: "render_not_configured"), 503, "render_not_configured"),
        (Problem(.unauthenticated, "Who?"), 503, "renderctl_unavailable"),
    ])
    func `what renderctl-svc says reaches who asked`(problem: Problem, status: Int, code: String) async throws {
        try await SuiteFixture.withRenderctl(
            apply: { _, _ in throw problem }, deploy: { _, _ in throw problem }
        ) { renderctl in
            try await SuiteFixture.with(logging: 1, peers: [(RenderRelay.peer, renderctl)]) { client in
                let answer = try await client.asPerson.get("/v1/render/applies/\(Self.applyID.rawValue)")
                #expect(answer.status == status)
                #expect(answer.json["code"]?.string == code)
                if code == "locked" { #expect(answer.json["by"] == "user:ada") }
            }
        }
    }

    @Test func `a suite without renderctl-svc says how to get it`() async throws {
        try await SuiteFixture.with(logging: 1) { client in
            let answer = try await client.asPerson.get("/v1/render/services")
            #expect(answer.status == 503)
            #expect(answer.json["code"] == "renderctl_unavailable")
            #expect(answer.json["detail"]?.string?.contains("SUITE_PEERS") == true)
        }
    }

    @Test func `one that is gone, or has another key, is not taken for an answer`() async throws {
        try await SuiteFixture.with(logging: 1, peers: [(RenderRelay.peer, 1)]) { client in
            let answer = try await client.asPerson.get("/v1/render/services")
            #expect(answer.status == 503)
            #expect(answer.json["code"] == "renderctl_unavailable")
        }
        try await SuiteFixture.withRenderctl(
            key: "another internal key of enough characters",
            apply: { _, _ in throw Problem.notFound("apply", "here") },
            deploy: { input, _ in Reply(Self.queued(input.serviceID)) }
        ) { renderctl in
            try await SuiteFixture.with(logging: 1, peers: [(RenderRelay.peer, renderctl)]) { client in
                let answer = try await client.asPerson.post("/v1/render/deploy/srv-1", [:])
                #expect(answer.status == 503)
                #expect(answer.json["detail"]?.string?.contains("INTERNAL_KEY") == true)
            }
        }
    }

    @Test func `a call that ends by itself is waited for longer than others`() async throws {
        try await SuiteFixture.withRenderctl(change: { input, _ in
            let start = ContinuousClock.now
            try await eventually { ContinuousClock.now - start > .milliseconds(1500) }
            return RenderEnvironmentChangeView(
                serviceID: input.serviceID, added: ["A"], changed: [], removed: [], unchanged: 0, needsDeploy: true)
        }) { renderctl in
            try await SuiteFixture.with(
                logging: 1, peers: [(RenderRelay.peer, renderctl)], environment: ["REQUEST_TIMEOUT_SECONDS": "1"]
            ) { client in
                let answer = try await client.asPerson.patch("/v1/render/services/srv-1/env", ["env": ["A": "a"]])
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.json["added"] == ["A"])
            }
        }
    }

    @Test func `when whoever asked hangs up, renderctl-svc notices`() async throws {
        let departures = Mutex<[Departure]>([])
        try await SuiteFixture.withRenderctl(change: { input, context in
            let departure = try await context.departure()
            departures.withLock { $0.append(departure) }
            throw Problem.cancelled
        }) { renderctl in
            try await SuiteFixture.with(logging: 1, peers: [(RenderRelay.peer, renderctl)]) { client in
                await #expect(throws: PlainHTTPClient.NoAnswer.self) {
                    _ = try await client.asPerson.send(
                        "PATCH", "/v1/render/services/srv-1/env", json: ["env": ["A": "a"]],
                        within: .milliseconds(300))
                }
                try await eventually { departures.withLock { $0 } == [.callerGone] }
            }
        }
    }

    @Test func `it is known of every call how long it takes at most`() {
        for (relayed, route) in zip(RelayedRenderAPI.catalogue, RenderAPI.catalogue) {
            #expect(relayed.keepsOwnDeadline == route.keepsOwnDeadline, "\(route.id)")
            #expect((RenderAPI.longest(route.id) != nil) == route.keepsOwnDeadline, "\(route.id)")
        }
    }

    private static func queued(_ service: String) -> RenderDeployRequestView {
        RenderDeployRequestView(
            serviceID: service, deploy: nil,
            action: RenderActionView(kind: "render.deploy", target: service, argumentsHash: "00"))
    }
}
