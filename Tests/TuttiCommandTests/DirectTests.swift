// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import Foundation
import Testing

/// The tool with Render itself, as far as there is one here.
@Suite struct DirectTests {
    private static let blueprint = """
        databases:
          - name: shop-db
            plan: basic-256mb
            region: frankfurt
            postgresMajorVersion: "16"
        envVarGroups:
          - name: shop-shared
            envVars:
              - key: SESSION_SECRET
                generateValue: true
        services:
          - type: web
            name: shop
            runtime: image
            region: frankfurt
            plan: starter
            image:
              url: docker.io/library/nginx:1.27
            healthCheckPath: /health
            envVars:
              - fromGroup: shop-shared
              - key: DATABASE_URL
                fromDatabase: {name: shop-db, property: connectionString}
              - key: API_KEY
                value: canary-of-the-file

        """

    private func environment(of fake: FakeRender) -> [String: String] {
        ["RENDER_API_BASE_URL": fake.baseURL, "RENDER_API_TOKEN": fake.token.reveal()]
    }

    /// Runs the tool on a blueprint, and looks for secrets in all that it says.
    private func run(
        _ words: [String], _ text: String = blueprint, on fake: FakeRender, _ more: [String: String] = [:]
    ) async throws -> Tool.Outcome {
        try await Tool.withFolder { folder in
            let file = try folder.write("render.yaml", text)
            let outcome = try await Tool.run(
                ["render"] + words + [file], environment(of: fake).merging(more) { _, given in given })
            #expect(!outcome.everything.contains("canary"))
            #expect(!outcome.everything.contains(fake.token.reveal()))
            for secret in fake.services.flatMap(\.env).map({ $0.value.reveal() }) where secret.count > 12 {
                #expect(!outcome.everything.contains(secret))
            }
            return outcome
        }
    }

    @Test func `what is planned is applied, and then there is nothing left to do`() async throws {
        try await FakeRender.run { fake in
            let plan = try await run(["plan"], on: fake)
            #expect(plan.status == 2, "\(plan.everything)")
            #expect(plan.output.contains("Plan: 3 to create"))
            #expect(plan.output.contains("Compared with what is live alone"))
            #expect(fake.services.isEmpty)

            let apply = try await run(["apply", "--yes", "--wait"], on: fake)
            #expect(apply.status == 0, "\(apply.everything)")
            #expect(apply.output.contains("Applied: 3 created"))
            let shop = try #require(fake.service(named: "shop"))
            #expect(fake.env(service: shop.id)["API_KEY"]?.reveal() == "canary-of-the-file")
            // Render starts one by itself, before the group can be linked.
            let deploys = fake.deploys(of: shop.id).count
            #expect((1...2).contains(deploys))

            let again = try await run(["plan"], on: fake)
            #expect(again.status == 0, "\(again.everything)")
            let nothing = try await run(["apply", "--yes"], on: fake)
            #expect(nothing.status == 0, "\(nothing.everything)")
            #expect(fake.deploys(of: shop.id).count == deploys)
            #expect(fake.duplicates.isEmpty)
            #expect(try await run(["drift"], on: fake).status == 0)
        }
    }

    @Test func `what somebody changed by hand is drift`() async throws {
        try await FakeRender.run { fake in
            #expect(try await run(["apply", "--yes"], on: fake).status == 0)
            let shop = try #require(fake.service(named: "shop"))
            fake.setEnv(service: shop.id, "API_KEY", "canary-of-somebody")
            let drift = try await run(["drift"], on: fake)
            #expect(drift.status == 3, "\(drift.everything)")
            #expect(drift.output.contains("env.API_KEY"))
            #expect(drift.output.contains("drift: changed outside"))
            let json = try await run(["drift", "--json"], on: fake)
            #expect(json.status == 3)
            #expect(try json.json["outcome"] == "drift")
            // Without a ledger a plan cannot know who changed it.
            #expect(try await run(["plan"], on: fake).status == 2)
        }
    }

    @Test func `what is gone is drift, too`() async throws {
        try await FakeRender.run { fake in
            #expect(try await run(["apply", "--yes"], on: fake).status == 0)
            let shop = try #require(fake.service(named: "shop"))
            fake.delete(shop.id)
            let drift = try await run(["drift"], on: fake)
            #expect(drift.status == 3, "\(drift.everything)")
            #expect(drift.output.contains("service/shop"))
        }
    }

    @Test func `a blocked plan ends with 4, and applying it changes nothing`() async throws {
        try await FakeRender.run { fake in
            #expect(try await run(["apply", "--yes"], on: fake).status == 0)
            let moved = Self.blueprint.replacing(
                "region: frankfurt\n    plan: starter", with: "region: oregon\n    plan: starter")
            #expect(moved != Self.blueprint)
            let plan = try await run(["plan"], moved, on: fake)
            #expect(plan.status == 4, "\(plan.everything)")
            #expect(plan.output.contains("-/+ service/shop"))
            let before = fake.requests.count { $0.method != "GET" }
            let apply = try await run(["apply", "--yes"], moved, on: fake)
            #expect(apply.status == 4)
            #expect(apply.errors.contains("blocked"))
            #expect(fake.requests.count { $0.method != "GET" } == before)
        }
    }

    @Test func `a value that a person enters comes from a file or the environment`() async throws {
        let text = Self.blueprint.replacing("value: canary-of-the-file", with: "sync: false")
        try await FakeRender.run { fake in
            let missing = try await run(["plan"], text, on: fake)
            #expect(missing.status == 4, "\(missing.everything)")
            #expect(missing.output.contains("API_KEY is to be entered by a person"))
            let given = try await run(
                ["apply", "--yes", "--set", "service/shop.API_KEY=env:KEY"], text, on: fake, ["KEY": "canary-entered"])
            #expect(given.status == 0, "\(given.everything)")
            let shop = try #require(fake.service(named: "shop"))
            #expect(fake.env(service: shop.id)["API_KEY"]?.reveal() == "canary-entered")
        }
    }

    @Test func `only the plan that was shown is applied`() async throws {
        try await FakeRender.run { fake in
            let plan = try await run(["plan", "--json"], on: fake)
            let id = try #require(plan.json["plan_id"]?.string)
            let other = try await run(["apply", "--yes", "--plan-id", "plan_0123456789"], on: fake)
            #expect(other.status == 1)
            #expect(other.errors.contains("not plan_0123456789 any more but \(id)"))
            #expect(fake.services.isEmpty)
            let apply = try await run(["apply", "--yes", "--plan-id", id, "--json"], on: fake)
            #expect(apply.status == 0, "\(apply.everything)")
            #expect(try apply.json["status"] == "succeeded")
            let late = try await run(["apply", "--yes", "--plan-id", id], on: fake)
            #expect(late.status == 1, "\(late.everything)")
        }
    }

    @Test func `nobody is asked where nobody is, and at a terminal only yes applies`() async throws {
        try await FakeRender.run { fake in
            let silent = try await run(["apply"], on: fake)
            #expect(silent.status == 1)
            #expect(silent.errors.contains("--yes"))
            try await Tool.withFolder { folder in
                let file = try folder.write("render.yaml", Self.blueprint)
                for answer in ["no\n", "y\n", "\n"] {
                    let outcome = try await Tool.runAtTerminal(
                        ["render", "apply", file], environment(of: fake), typing: answer)
                    #expect(outcome.status == 1, "\(outcome.everything)")
                    #expect(fake.services.isEmpty)
                }
                let outcome = try await Tool.runAtTerminal(
                    ["render", "apply", file], environment(of: fake), typing: "yes\n")
                #expect(outcome.status == 0, "\(outcome.everything)")
                #expect(fake.services.count == 1)
            }
        }
    }

    @Test func `a deploy that does not become live fails an apply that waits for it`() async throws {
        let address = "https://github.com/acme/gone"
        let text = """
            services:
              - type: web
                name: site
                runtime: static
                repo: \(address)
                buildCommand: npm run build
                staticPublishPath: dist

            """
        try await FakeRender.run { fake in
            var repository = PretendRepository()
            repository.isReachable = false
            fake.setRepository(address, repository)
            let apply = try await run(["apply", "--yes", "--wait"], text, on: fake)
            #expect(apply.status == 1, "\(apply.everything)")
            #expect(apply.output.contains("build_failed"), "\(apply.everything)")
        }
    }

    @Test func `what needs a ledger is refused with what to do`() async throws {
        try await FakeRender.run { fake in
            let prune = try await run(["plan", "--prune"], on: fake)
            #expect(prune.status == 1)
            #expect(prune.errors.contains("renderctl-svc"))
            let follow = try await Tool.run(["render", "apply", "--follow", "apply_01J"], environment(of: fake))
            #expect(follow.status == 1)
            #expect(follow.errors.contains("only renderctl-svc remembers applies"))
            let drift = try await Tool.run(["render", "drift"], environment(of: fake))
            #expect(drift.status == 1)
        }
    }

    @Test func `a wrong token, an unknown workspace and a Render that is away are told apart`() async throws {
        try await FakeRender.run { fake in
            let token = try await run(["plan"], on: fake, ["RENDER_API_TOKEN": "rnd_canary"])
            #expect(token.status == 1)
            #expect(token.errors.contains("Render refuses the API key"), "\(token.errors)")
            let owner = try await run(["plan", "--owner", "tea-nobody"], on: fake)
            #expect(owner.status == 1)
            #expect(owner.errors.contains("does not reach the workspace tea-nobody"))
            #expect(owner.errors.contains(fake.ownerID))
            let away = try await run(["plan"], on: fake, ["RENDER_API_BASE_URL": "http://127.0.0.1:1/v1"])
            #expect(away.status == 1)
            #expect(away.errors.contains("cannot be reached"), "\(away.errors)")
            let address = try await run(["plan"], on: fake, ["RENDER_API_BASE_URL": "api.render.com"])
            #expect(address.status == 1)
            #expect(address.errors.contains("RENDER_API_BASE_URL"))
        }
    }
}
