// SPDX-License-Identifier: Apache-2.0

import API
import Common
import FakeRender
import TestKit
import Testing

@Suite struct AccessTests {
    @Test func `no route is open without credentials`() async throws {
        try await RenderctlFixture.run { fixture in
            let walk = RouteWalk(
                baseURL: try BaseURL(fixture.daemon.baseURL), password: Secret(fixture.stack.credentials.password),
                internalKey: Secret(fixture.stack.credentials.internalKey))
            #expect(try await walk.faults(StandardAPI.catalogue + RenderAPI.catalogue) == [])
        }
    }

    @Test func `without a token everything that needs Render says what to set, and the rest works`() async throws {
        try await RenderctlFixture.run(withToken: false) { fixture in
            let text: JSONValue = ["blueprint": "services: []"]
            for (method, path, json) in [
                ("GET", "/render/services", nil), ("POST", "/render/deploy/srv-1", [:]),
                ("PATCH", "/render/services/srv-1/env", ["env": ["A": "b"]]),
                ("POST", "/render/blueprint/plan", text), ("POST", "/render/blueprint/apply", text),
                ("GET", "/render/blueprint/drift", nil),
            ] as [(String, String, JSONValue?)] {
                let answer = try await fixture.person.send(method, path, json: json)
                #expect(answer.status == 503, "\(path): \(answer.text)")
                #expect(answer.json["code"]?.string == "render_not_configured", "\(path)")
            }
            #expect(try await fixture.person.get("/render/monitor").json["running"]?.bool == false)
            #expect(try await fixture.person.get("/render/applies").json["items"] == [])
            #expect(try await fixture.person.post("/render/blueprint/validate", text).status == 200)
            let ready = try await fixture.daemon.anybody.get("/ready")
            #expect(ready.status == 200)
            let render = ready.json["checks"]?.array?.first { $0["name"]?.string == "render" }
            #expect(render?["ready"]?.bool == false)
        }
    }

    @Test func `addresses that are not allowed are kept out of the routes of Render, and of no others`() async throws {
        try await RenderctlFixture.run(["RENDERCTL_ALLOWED_ADDRESSES": "10.0.0.0/8,127.0.0.2"]) { fixture in
            let refused = try await fixture.person.get("/render/monitor")
            #expect(refused.status == 403)
            #expect(refused.json["code"]?.string == "address_not_allowed")
            #expect(try await fixture.person.from("127.0.0.2").get("/render/monitor").status == 200)
            #expect(try await fixture.daemon.anybody.get("/health").status == 200)
        }
    }

    @Test func `a viewer reads, an operator writes, and only an administrator applies`() async throws {
        let people = "viewer:eve:pppppppppppp,operator:olga:pppppppppppp"
        try await RenderctlFixture.run(["BASIC_AUTH_PEOPLE": people]) { fixture async throws in
            func client(_ name: String) -> PlainHTTPClient {
                fixture.daemon.anybody.with(
                    "Authorization", BasicCredentials.header(user: name, password: Secret("pppppppppppp")))
            }
            let text: JSONValue = ["blueprint": "services: []"]
            #expect(try await client("eve").get("/render/services").status == 200)
            #expect(try await client("eve").post("/render/blueprint/plan", text).status == 403)
            #expect(try await client("olga").post("/render/blueprint/apply", text).status == 403)
            #expect(try await client("olga").post("/render/deploy/srv-1", [:]).status == 404)
        }
    }
}
