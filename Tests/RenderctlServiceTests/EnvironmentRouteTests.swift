// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import TestKit
import Testing

/// Changes of many variables: what is begun is brought to its end, and whatever ends it before that is told with how far it came.
@Suite struct EnvironmentRouteTests {
    private static let keys = ["A", "B", "C", "D"]
    /// Four variables that are new.
    private static let patch: JSONValue = ["env": ["A": "secret-1", "B": "secret-2", "C": "secret-3", "D": "secret-4"]]

    private static func names(_ json: JSONValue?) -> [String]? { json?.array?.compactMap(\.string) }

    /// An orchestrator that the daemon tells its events.
    private static func orchestrator(_ fixture: RenderctlFixture) async throws -> DaemonProcess {
        let orchestrator = try await fixture.stack.start(.orchestrator)
        try await fixture.daemon.terminate()
        try await fixture.daemon.start(["ORCHESTRATOR_SVC_URL": orchestrator.baseURL])
        return orchestrator
    }

    /// What the orchestrator has been told of so many changes of variables.
    private static func changes(_ count: Int, _ orchestrator: DaemonProcess) async throws -> [JSONValue] {
        let path = "/v1/events?stream_type=service&stream_id=renderctl-svc"
        return try await eventually(within: .seconds(30)) {
            let events = try await orchestrator.person.get(path).json["items"]?.array ?? []
            let bodies = events.filter { $0["event_type"] == "render.env_changed" }.map { $0["data"] ?? .null }
            return bodies.count == count ? bodies : nil
        }
    }

    @Test func `once something is written, the rest waits for Render's limits`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService(env: [:])
            // Longer than somebody who only asks is kept waiting.
            fixture.fake.faults.add(
                .answer(status: 429, retryAfter: 9), on: .operation("update-env-var"), .times(1, skipping: 2))
            let start = ContinuousClock.now
            let answer = try await fixture.person.patch("/render/services/\(id)/env", Self.patch)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(ContinuousClock.now - start >= .seconds(9))
            #expect(Self.names(answer.json["added"]) == Self.keys)
            #expect(fixture.fake.env(service: id).keys.sorted() == Self.keys)
        }
    }

    @Test func `a limit that is used up before anything is written is told at once`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService(env: [:])
            fixture.fake.faults.add(.answer(status: 429, retryAfter: 40), on: .operation("update-env-var"))
            let answer = try await fixture.person.patch("/render/services/\(id)/env", Self.patch)
            #expect(answer.status == 429, "\(answer.text)")
            #expect(answer.json["code"] == "render_rate_limited")
            #expect(answer.header("Retry-After") != nil)
            #expect(Self.names(answer.json["written"]) == [])
            #expect(Self.names(answer.json["not_written"]) == Self.keys)
            #expect(fixture.fake.env(service: id).isEmpty)
        }
    }

    @Test func `a few variables that would have to wait for their minute are refused at once and together`()
        async throws
    {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService(env: [:])
            let path = "/render/services/\(id)/env"
            func patch(_ prefix: String, _ count: Int) -> JSONValue {
                ["env": .object(JSONObject((0..<count).map { ("\(prefix)\($0)", .string("secret-\($0)")) }))]
            }
            let first = try await fixture.person.patch(path, patch("A", 25))
            #expect(first.status == 200, "\(first.text)")
            let refused = try await fixture.person.patch(path, patch("B", 10))
            #expect(refused.status == 429, "\(refused.text)")
            #expect(refused.json["code"] == "render_rate_limited")
            #expect(refused.header("Retry-After") != nil)
            #expect(Self.names(refused.json["written"]) == [])
            #expect(Self.names(refused.json["not_written"])?.count == 10)
            #expect(fixture.fake.env(service: id).count == 25)
            let fitting = try await fixture.person.patch(path, patch("C", 2))
            #expect(fitting.status == 200, "\(fitting.text)")
        }
    }

    @Test func `a variable is not written when its deploy is known to have to wait`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService(env: [:])
            fixture.fake.faults.add(.answer(status: 429, retryAfter: 40), on: .operation("create-deploy"))
            let deploy = try await fixture.person.post("/render/deploy/\(id)", [:])
            #expect(deploy.status == 429, "\(deploy.text)")
            let change: JSONObject = ["env": ["A": "secret-1"]]
            let path = "/render/services/\(id)/env"
            let refused = try await fixture.person.patch(path, .object(JSONObject(change.members + [("deploy", true)])))
            #expect(refused.status == 429, "\(refused.text)")
            #expect(refused.header("Retry-After") != nil)
            #expect(Self.names(refused.json["not_written"]) == ["A"])
            let alone = try await fixture.person.patch(path, .object(change))
            #expect(alone.status == 200, "\(alone.text)")
            #expect(alone.json["deploy_needed"] == true)
        }
    }

    @Test func `when Render fails half-way it is told how far it came, and asking again does the rest`()
        async throws
    {
        try await RenderctlFixture.run { fixture in
            let orchestrator = try await Self.orchestrator(fixture)
            let id = try await fixture.makeService(env: [:])
            let path = "/render/services/\(id)/env"
            fixture.fake.faults.add(.answer(status: 402), on: .operation("update-env-var"), .times(1, skipping: 2))
            let broken = try await fixture.person.patch(path, Self.patch)
            #expect(broken.status == 409, "\(broken.text)")
            #expect(broken.json["code"] == "render_payment_required")
            #expect(broken.json["detail"]?.string?.contains("2 of 4 changes were written") == true)
            #expect(Self.names(broken.json["written"]) == ["A", "B"])
            #expect(Self.names(broken.json["not_written"]) == ["C", "D"])
            #expect(!broken.text.contains("secret-"))
            let rest = try await fixture.person.patch(path, Self.patch)
            #expect(Self.names(rest.json["added"]) == ["C", "D"], "\(rest.text)")
            let bodies = try await Self.changes(2, orchestrator)
            #expect(bodies.map { Self.names($0["added"]) } == [["A", "B"], ["C", "D"]])
            #expect(bodies.map { Self.names($0["not_written"]) } == [["C", "D"], nil])
        }
    }

    @Test func `what was written without an answer is found to be written`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService(env: [:])
            fixture.fake.faults.add(.loseAfterEffect, on: .operation("update-env-var"), .times(4, skipping: 1))
            let answer = try await fixture.person.patch("/render/services/\(id)/env", Self.patch)
            #expect(answer.status == 503, "\(answer.text)")
            #expect(Self.names(answer.json["written"]) == ["A", "B"])
            #expect(Self.names(answer.json["not_written"]) == ["C", "D"])
            #expect(answer.json["uncertain"] == nil)
        }
    }

    @Test func `whoever hangs up ends it, and leaves the service free for the next`() async throws {
        try await RenderctlFixture.run { fixture in
            let orchestrator = try await Self.orchestrator(fixture)
            let id = try await fixture.makeService(env: [:])
            let path = "/render/services/\(id)/env"
            fixture.fake.faults.add(
                .answer(status: 429, retryAfter: 50), on: .operation("update-env-var"), .times(1, skipping: 1))
            await #expect(throws: PlainHTTPClient.NoAnswer.self) {
                _ = try await fixture.person.send("PATCH", path, json: Self.patch, within: .seconds(2))
            }
            #expect(fixture.fake.env(service: id).keys.sorted() == ["A"])
            // Nobody holds the lock: the next one is told of Render's limit, and not of somebody at work.
            let next = try await eventually {
                let next = try await fixture.person.patch(path, Self.patch)
                return next.json["code"] == "locked" ? nil : next
            }
            #expect(next.json["code"] == "render_rate_limited", "\(next.text)")
            #expect(Self.names(next.json["not_written"]) == ["B", "C", "D"])
            let bodies = try await Self.changes(1, orchestrator)
            #expect(Self.names(bodies[0]["added"]) == ["A"])
            #expect(Self.names(bodies[0]["not_written"]) == ["B", "C", "D"])
        }
    }

    @Test func `a daemon that stops does not wait for the limits, and says what is left`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService(env: [:])
            fixture.fake.faults.add(
                .answer(status: 429, retryAfter: 50), on: .operation("update-env-var"), .times(1, skipping: 1))
            async let answer = fixture.person.patch("/render/services/\(id)/env", Self.patch)
            try await eventually { fixture.fake.faults.happened == 1 }
            try await fixture.daemon.terminate(within: .seconds(15))
            let stopped = try await answer
            #expect(stopped.status == 503, "\(stopped.text)")
            #expect(stopped.json["code"] == "stopping")
            #expect(Self.names(stopped.json["written"]) == ["A"])
            #expect(Self.names(stopped.json["not_written"]) == ["B", "C", "D"])
        }
    }

    @Test func `variables that are written while their deploy is refused are said to be`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService(env: [:])
            fixture.fake.faults.add(.answer(status: 402), on: .operation("create-deploy"))
            let answer = try await fixture.person.patch(
                "/render/services/\(id)/env", ["env": ["A": "secret-1"], "deploy": true])
            #expect(answer.status == 409, "\(answer.text)")
            #expect(answer.json["detail"]?.string?.contains("/render/deploy/\(id)") == true)
            #expect(Self.names(answer.json["written"]) == ["A"])
            #expect(Self.names(answer.json["not_written"]) == [])
        }
    }
}
