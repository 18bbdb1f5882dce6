// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import TestKit
import Testing

@Suite struct BlueprintRouteTests {
    static let blueprint = """
        services:
          - type: web
            name: api
            runtime: node
            repo: https://github.com/acme/app
            plan: starter
            buildCommand: npm ci
            startCommand: npm start
            envVars:
              - key: MODE
                value: production
              - key: SESSION_KEY
                generateValue: true
              - key: SITE_URL
                fromService:
                  name: site
                  type: web
                  envVarKey: RENDER_EXTERNAL_URL
              - fromGroup: shared
          - type: web
            name: site
            runtime: static
            repo: https://github.com/acme/app
            buildCommand: npm run build
            staticPublishPath: dist
        envVarGroups:
          - name: shared
            envVars:
              - key: TOKEN
                value: abcdefgh
        """

    @Test func `a plan is made, applied and then clean`() async throws {
        try await RenderctlFixture.run { fixture in
            let body: JSONValue = ["blueprint": .string(Self.blueprint)]
            let plan = try await fixture.person.post("/render/blueprint/plan", body)
            #expect(plan.status == 200, "\(plan.text)")
            #expect(plan.json["outcome"]?.string == "changes")
            #expect(plan.json["counts"]?["create"]?.int == 3)
            #expect(!plan.text.contains("abcdefgh"))
            #expect(Self.kinds(of: plan.json) == ["generated", "plain", "reference", "secret"])
            let id = try #require(plan.json["plan_id"]?.string)
            #expect(try await fixture.person.get("/render/plans/\(id)").json == plan.json)
            #expect(fixture.fake.services.isEmpty)
            let started = try await fixture.person.post("/render/blueprint/apply", ["plan_id": .string(id)])
            #expect(started.status == 202, "\(started.text)")
            let applyID = try #require(started.json["apply"]?["apply_id"]?.string)
            #expect(started.header("Location") == "/render/applies/\(applyID)")
            let apply = try await fixture.apply(applyID)
            #expect(apply["status"]?.string == "succeeded", "\(apply)")
            #expect(fixture.fake.duplicates == [])
            #expect(fixture.fake.services.map(\.name).sorted() == ["api", "site"])
            fixture.fake.finishDeploys()
            let deploys = fixture.fake.deploys.count
            let second = try await fixture.person.post(
                "/render/blueprint/apply", ["blueprint": .string(Self.blueprint), "dryRun": true])
            #expect(second.status == 200)
            #expect(second.json["plan"]?["outcome"]?.string == "clean", "\(second.json["plan"]?["text"] ?? .null)")
            #expect(second.json["apply"] == .null)
            #expect(fixture.fake.deploys.count == deploys)
            let known = try await fixture.person.get("/render/blueprints").json["blueprints"]?.array
            #expect(known?.first?["resources"]?.int == 3)
        }
    }

    /// Every kind of value in the changes of a plan.
    private static func kinds(of plan: JSONValue) -> [String] {
        let changes = (plan["actions"]?.array ?? []).flatMap { $0["changes"]?.array ?? [] }
        return Set(changes.compactMap { $0["new"]?["kind"]?.string }).sorted()
    }

    @Test func `services are shown with the deploys of an apply as soon as it has ended`() async throws {
        try await RenderctlFixture.run { fixture in
            func shown() async throws -> [String: String] {
                let services = try await fixture.person.get("/render/services").json["services"]?.array ?? []
                return Dictionary(
                    services.compactMap { service in
                        guard let name = service["name"]?.string else { return nil }
                        return (name, service["last_deploy"]?["id"]?.string ?? "")
                    }, uniquingKeysWith: { _, last in last })
            }
            func newest() -> [String: String] {
                Dictionary(
                    fixture.fake.services.map { ($0.name, fixture.fake.deploys(of: $0.id).last?.id ?? "none") },
                    uniquingKeysWith: { _, last in last })
            }
            for text in [Self.blueprint, Self.blueprint.replacing("production", with: "staging")] {
                let started = try await fixture.person.post("/render/blueprint/apply", ["blueprint": .string(text)])
                let apply = try await fixture.apply(try #require(started.json["apply"]?["apply_id"]?.string))
                #expect(apply["status"]?.string == "succeeded", "\(apply)")
                fixture.fake.finishDeploys()
                #expect(try await shown() == newest())
            }
        }
    }

    @Test func `what was changed elsewhere is drift`() async throws {
        try await RenderctlFixture.run { fixture in
            #expect(try await fixture.person.get("/render/blueprint/drift").status == 404)
            let started = try await fixture.person.post(
                "/render/blueprint/apply", ["blueprint": .string(Self.blueprint)])
            _ = try await fixture.apply(try #require(started.json["apply"]?["apply_id"]?.string))
            let clean = try await fixture.person.get("/render/blueprint/drift")
            #expect(clean.json["drifted"]?.bool == false, "\(clean.text)")
            let api = try #require(fixture.fake.service(named: "api"))
            fixture.fake.setEnv(service: api.id, "MODE", "staging")
            let drift = try await fixture.person.get("/render/blueprint/drift")
            #expect(drift.json["drifted"]?.bool == true, "\(drift.text)")
            #expect(drift.json["resources"]?.array?.first?["address"]?.string == "service/api")
            #expect(!drift.text.contains("staging"))
        }
    }

    @Test func `a stale plan is refused with what has moved`() async throws {
        try await RenderctlFixture.run { fixture in
            let id = try await fixture.makeService("api", env: ["MODE": "old"])
            let plan = try await fixture.person.post(
                "/render/blueprint/plan", ["blueprint": .string(Self.blueprint)])
            fixture.fake.setEnv(service: id, "MODE", "newer")
            let body: JSONValue = ["plan_id": plan.json["plan_id"] ?? .null]
            let refused = try await fixture.person.post("/render/blueprint/apply", body)
            #expect(refused.status == 409, "\(refused.text)")
            #expect(refused.json["code"]?.string == "stale_plan")
            let moved = refused.json["moved"]?.array ?? []
            #expect(moved.contains { $0["resource"]?.string == "service/api" && $0["path"]?.string == "env.MODE" })
            // The daemon that made the plan is no more: its blueprint is read and compared again.
            try await fixture.daemon.terminate()
            try await fixture.daemon.start()
            let again = try await fixture.person.post("/render/blueprint/apply", body)
            #expect(again.json["code"]?.string == "stale_plan", "\(again.text)")
            let path = again.json["moved"]?.array?.first?["path"]?.string
            #expect(path == "env.MODE", "\(again.text)")
            #expect(try await fixture.person.get("/render/applies").json["items"] == [])
        }
    }

    @Test func `places are named by the file, and by its lines as they are now`() async throws {
        try await RenderctlFixture.run { fixture in
            func plan(_ text: String, _ file: String?) async throws -> JSONValue {
                let body: JSONValue = ["blueprint": .string(text), "file": file.map { .string($0) } ?? .null]
                return try await fixture.person.post("/render/blueprint/plan", body).json
            }
            func head(_ plan: JSONValue) -> String? {
                plan["text"]?.string?.split(separator: "\n").first { $0.contains("+ service/api") }.map(String.init)
            }
            let first = try await plan(Self.blueprint, "infra/render.yaml")
            #expect(head(first)?.hasSuffix("  infra/render.yaml:2") == true, "\(first)")
            #expect(first["text"]?.string?.contains("Next: tutti render apply infra/render.yaml  (") == true)
            // A remark makes it no other plan, but puts everything one line further.
            let second = try await plan("# Ours.\n" + Self.blueprint, "moved.yaml")
            let id = try #require(second["plan_id"]?.string)
            #expect(first["plan_id"]?.string == id)
            #expect(head(second)?.hasSuffix("  moved.yaml:3") == true, "\(second)")
            #expect(second["created_at"] == first["created_at"])
            #expect(try await fixture.person.get("/render/plans/\(id)").json == second)
            #expect(head(try await plan(Self.blueprint, nil))?.hasSuffix("  default:2") == true)
            for name in ["a\u{1b}[2J", "a\u{202e}b", "", String(repeating: "a", count: 501)] {
                let refused = try await plan(Self.blueprint, name)
                #expect(refused["errors"]?.array?.first?["field"] == "/file", "\(name.debugDescription)")
            }
            let started = try await fixture.person.post(
                "/render/blueprint/apply", ["blueprint": .string(Self.blueprint), "file": "infra/render.yaml"])
            _ = try await fixture.apply(try #require(started.json["apply"]?["apply_id"]?.string))
            let api = try #require(fixture.fake.service(named: "api"))
            fixture.fake.setEnv(service: api.id, "MODE", "staging")
            let drift = try await fixture.person.get("/render/blueprint/drift")
            #expect(drift.json["text"]?.string?.contains("default") == false, "\(drift.text)")
        }
    }

    @Test func `a value that the blueprint does not leave to be entered is refused`() async throws {
        try await RenderctlFixture.run { fixture in
            let answer = try await fixture.person.post(
                "/render/blueprint/plan",
                [
                    "blueprint": .string(Self.blueprint),
                    "entered": ["service/api": ["MODE": "geheim-1"], "service/apo": ["MODE": "geheim-2"]],
                ])
            #expect(answer.status == 400, "\(answer.text)")
            let fields = answer.json["errors"]?.array?.compactMap { $0["field"]?.string }
            #expect(fields == ["/entered/service~1api/MODE", "/entered/service~1apo"])
            #expect(!answer.text.contains("geheim"))
        }
    }

    @Test func `a blueprint with errors is refused with the place of each`() async throws {
        try await RenderctlFixture.run { fixture in
            let text = "services:\n  - type: web\n    name: x\n    runtime: nerd\n"
            let answer = try await fixture.person.post("/render/blueprint/plan", ["blueprint": .string(text)])
            #expect(answer.status == 422, "\(answer.text)")
            #expect(answer.json["code"]?.string == "invalid_blueprint")
            #expect(answer.json["diagnostics"]?.array?.contains { $0["line"]?.int == 4 } == true)
        }
    }
}
