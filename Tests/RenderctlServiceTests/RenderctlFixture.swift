// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import TestKit
import Testing

/// renderctl-svc as a process of its own, over a database of its own, beside a fake Render.
struct RenderctlFixture {
    let stack: DaemonStack
    let daemon: DaemonProcess
    let fake: FakeRender

    var person: PlainHTTPClient { daemon.person }

    static func run(
        _ settings: [String: String] = [:], fake change: (inout FakeRenderSettings) -> Void = { _ in },
        withToken: Bool = true, _ body: (RenderctlFixture) async throws -> Void
    ) async throws {
        try await FakeRender.run(change) { fake in
            try await DaemonStack.with { stack in
                var all = ["RENDER_API_BASE_URL": fake.baseURL, "RENDER_MONITOR_PERIOD_SECONDS": "3600"]
                if withToken { all["RENDER_API_TOKEN"] = fake.token.reveal() }
                let daemon = try await stack.start(.renderctl, settings: all.merging(settings) { $1 })
                try await body(RenderctlFixture(stack: stack, daemon: daemon, fake: fake))
                #expect(fake.schemaViolations == [], "requests that Render's document does not have")
            }
        }
    }

    /// Makes a web service, and answers its id.
    func makeService(_ name: String = "web", env: JSONValue = ["KEEP": "k", "OLD": "1"]) async throws -> String {
        let answer = try await person.post(
            "/render/services",
            [
                "name": .string(name), "type": "web_service", "runtime": "node",
                "repo": "https://github.com/acme/app", "buildCommand": "npm ci", "startCommand": "npm start",
                "env": env,
            ])
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(answer.json["service"]?["id"]?.string)
    }

    /// The apply, once it is in one of these states.
    func apply(_ id: String, untilOneOf states: Set<String> = ["succeeded", "failed", "abandoned"]) async throws
        -> JSONValue
    {
        try await eventually(within: .seconds(60)) {
            let apply = try await person.get("/render/applies/\(id)").json
            // A bare nil would be JSON's null.
            return states.contains(apply["status"]?.string ?? "") ? .some(apply) : .none
        }
    }
}
