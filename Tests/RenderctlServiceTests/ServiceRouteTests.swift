// SPDX-License-Identifier: Apache-2.0

import API
import Common
import FakeRender
import TestKit
import Testing

@Suite struct ServiceRouteTests {
    @Test func `a service is made once, listed with its last deploy, and shows no value`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService(env: ["SECRET": "hunter2hunter2", "MADE": nil])
            #expect(fixture.fake.env(service: id)["SECRET"]?.reveal() == "hunter2hunter2")
            #expect(fixture.fake.env(service: id)["MADE"]?.reveal().isEmpty == false)
            let again = try await fixture.person.post(
                "/render/services",
                ["name": "web", "type": "static_site", "repo": "https://github.com/acme/app"])
            #expect(again.status == 409)
            #expect(again.json["code"]?.string == "service_exists")
            let made = try await fixture.person.post(
                "/render/services",
                ["name": "docs", "type": "static_site", "repo": "https://github.com/acme/app", "publishPath": "dist"])
            #expect(made.json["deploy_id"]?.string != nil, "\(made.text)")
            #expect(made.json["service"]?["last_deploy"]?["id"] == made.json["deploy_id"])
            fixture.fake.finishDeploys()
            let list = try await eventually {
                let list = try await fixture.person.get("/render/services?type=web_service&name=WE")
                return list.json["services"]?.array?.first?["health"]?.string == "live" ? list : nil
            }
            #expect(list.json["services"]?.array?.first?["id"]?.string == id)
            #expect(list.json["stale"]?.bool == false)
            #expect(!list.text.contains("hunter2"))
            #expect(try await fixture.person.get("/render/services?type=cron_job").json["total"]?.int == 0)
        }
    }

    @Test func `a service whose creation was answered by silence is found and not made twice`() async throws {
        try await RenderctlFixture.run { fixture in
            fixture.fake.faults.add(.loseAfterEffect, on: .operation("create-service"))
            _ = try await fixture.makeService()
            #expect(fixture.fake.services.count == 1)
        }
    }

    @Test func `variables are merged key by key, and what is there already is not written`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService()
            fixture.fake.forgetRequests()
            let answer = try await fixture.person.patch(
                "/render/services/\(id)/env", ["env": ["KEEP": "k", "OLD": "2", "NEW": "n", "GONE": nil]])
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["added"] == ["NEW"])
            #expect(answer.json["changed"] == ["OLD"])
            #expect(answer.json["removed"] == [])
            #expect(answer.json["unchanged"]?.int == 1)
            #expect(answer.json["deploy_needed"]?.bool == true)
            #expect(fixture.fake.env(service: id).mapValues { $0.reveal() } == ["KEEP": "k", "OLD": "2", "NEW": "n"])
            let writes = fixture.fake.requests.filter { $0.method != "GET" }
            #expect(writes.count == 2, "one for each key that changes")
            let nothing = try await fixture.person.patch("/render/services/\(id)/env", ["env": ["KEEP": "k"]])
            #expect(nothing.json["deploy_needed"]?.bool == false)
            let deployed = try await fixture.person.patch(
                "/render/services/\(id)/env", ["env": ["OLD": nil], "deploy": true])
            #expect(deployed.json["removed"] == ["OLD"])
            #expect(deployed.json["deploy_needed"]?.bool == false)
            #expect(deployed.json["deploy"]?["action"]?["kind"]?.string == "render.deploy")
        }
    }

    @Test func `clearing leaves the named ones alone, and is refused when others write meanwhile`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService()
            let fake = fixture.fake
            let reads = Counter()
            fake.onRequest { request, moment in
                guard request.operation?.contains("env-vars") == true, request.method == "GET",
                    moment == .afterEffect
                else { return }
                reads.add(1)
                if reads.value == 1 { fake.setEnv(service: id, "SNEAKY", "s") }
            }
            let path = "/render/services/\(id)/env"
            let refused = try await fixture.person.patch(path, ["env": ["ONLY": "o"], "clearExisting": true])
            #expect(refused.status == 409)
            #expect(refused.json["code"]?.string == "environment_changed")
            #expect(fake.env(service: id).keys.sorted() == ["KEEP", "OLD", "SNEAKY"])
            fake.onRequest(nil)
            let cleared = try await fixture.person.patch(path, ["env": ["ONLY": "o"], "clearExisting": true])
            #expect(cleared.status == 200, "\(cleared.text)")
            #expect(cleared.json["removed"] == ["KEEP", "OLD", "SNEAKY"])
            #expect(fake.env(service: id).keys.sorted() == ["ONLY"])
        }
    }

    @Test func `a deploy names itself as an action, and the same key asks for it once`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService()
            fixture.fake.finishDeploys()
            let before = fixture.fake.deploys(of: id).count
            let body: JSONValue = ["clearCache": true, "idempotency_key": "k1"]
            let first = try await fixture.person.post("/render/deploy/\(id)", body)
            #expect([201, 202].contains(first.status), "\(first.text)")
            #expect(first.json["action"]?["target"]?.string == id)
            #expect(first.json["action"]?["arguments_hash"]?.string?.count == 64)
            let again = try await fixture.person.post("/render/deploy/\(id)", body)
            #expect(again.json["replayed"]?.bool == true)
            #expect(again.json["deploy"]?["id"] == first.json["deploy"]?["id"])
            #expect(fixture.fake.deploys(of: id).count == before + 1)
            let other = try await fixture.person.post("/render/deploy/\(id)", ["idempotency_key": "k1"])
            #expect(other.status == 409)
            #expect(try await fixture.person.post("/render/deploy/srv-nothing", [:]).status == 404)
        }
    }

    @Test func `wrong input is refused with the field named and changes nothing`() async throws {
        try await RenderctlFixture.run { fixture in
            func refusal(_ method: String, _ path: String, _ json: JSONValue) async throws -> [String] {
                let answer = try await fixture.person.send(method, path, json: json)
                #expect(answer.status == 400, "\(answer.text)")
                return answer.json["errors"]?.array?.compactMap { $0["field"]?.string } ?? []
            }
            let site: JSONValue = ["name": "s", "type": "static_site", "repo": "https://x.example/r", "plan": "pro"]
            #expect(try await refusal("POST", "/render/services", site) == ["/plan"])
            #expect(try await refusal("POST", "/render/services", ["name": "s", "type": "static_site"]) == ["/repo"])
            // What the runtime has no use for would be left out unseen.
            let base: JSONObject = ["name": "s", "type": "web_service", "repo": "https://x.example/r"]
            for (members, fields) in [
                (["runtime": "docker", "buildCommand": "make"], ["/buildCommand"]),
                (
                    ["runtime": "node", "dockerCommand": "run", "dockerContext": "."],
                    ["/dockerContext", "/dockerCommand"]
                ),
                (["runtime": "docker", "startCommand": "a", "dockerCommand": "b"], ["/dockerCommand"]),
                (["runtime": "image"], ["/image"]),
                (["repo": nil, "image": ["path": "nginx:1"], "branch": "main"], ["/branch"]),
                (["repo": 7, "runtime": "node"], ["/repo"]),
            ] as [(JSONObject, [String])] {
                let names = Set(members.names)
                let kept = base.members.filter { !names.contains($0.name) }
                let body = JSONValue.object(JSONObject(kept + members.members))
                #expect(try await refusal("POST", "/render/services", body) == fields)
            }
            // A file that turned out to be empty.
            for nothing in [[:], ["A": nil]] as [JSONValue] {
                let body: JSONValue = ["env": nothing, "clearExisting": true]
                #expect(try await refusal("PATCH", "/render/services/srv-1/env", body) == ["/env"])
            }
            let env = try await refusal("PATCH", "/render/services/srv-1/env", ["env": ["1BAD": "geheim123"]])
            #expect(env == ["/env"])
            #expect(
                try await refusal("POST", "/render/deploy/srv-1", ["mode": "deploy_only", "clearCache": true])
                    == ["/mode"])
            #expect(try await refusal("POST", "/render/blueprint/apply", ["dryRun": true]) == ["/plan_id"])
            #expect(fixture.fake.services.isEmpty)
        }
    }
}
