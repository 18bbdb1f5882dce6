// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Testing

/// What a person reads.
struct PlanTextTests {
    private static let text = """
        databases:
          - name: db
            plan: basic-1gb
        services:
          - type: web
            name: web
            runtime: docker
            plan: starter
            region: oregon
            envVars:
              - {key: A, value: canary-a}
              - {key: DB, fromDatabase: {name: db, property: connectionString}}
          - {type: worker, name: other, runtime: docker}
        """

    @Test func `a plan reads from the counts to what to do next`() throws {
        var scene = try Scene(Self.text)
        scene.account.live.resources[ResourceAddress(.postgres, "db")] = nil
        scene.account.applied.resources[ResourceAddress(.postgres, "db")] = nil
        let edited = Self.text.replacing("starter", with: "standard").replacing("oregon", with: "ohio")
        let plan = scene.plan(edited)
        #expect(
            PlanText(file: "render.yaml").text(of: plan) == """
                Plan: 1 to create, 0 to change, 0 to prune, 1 blocked, 1 unchanged · 0 deploys

                  + postgres/db  render.yaml:2
                      + plan: basic_1gb  # changes costs  render.yaml:3
                      + version: 18  # default

                  -/+ service/web (web_service)  must be replaced · deploys without a build  render.yaml:5
                      ! region cannot change once it is made: make one of another name in the new region, move over, then delete this one
                      ~ plan: starter → standard  # changed in the file · changes costs · interrupts  render.yaml:8
                      ~ region: oregon → ohio  # changed in the file  render.yaml:9
                      ~ env.DB: (secret) → (known once postgres/db is there: postgres/db.connectionString)  \
                # its source has changed · forces a deploy  render.yaml:12

                Next: resolve what is marked with !, then plan again. Nothing of this plan can be applied.

                """)
    }

    @Test func `colours are there only when asked for, and change nothing else`() throws {
        let plan = try Scene(Self.text, isApplied: false).plan()
        let plain = PlanText(file: "f").text(of: plan)
        let coloured = PlanText(file: "f", isColoured: true).text(of: plan)
        #expect(!plain.contains("\u{1B}") && coloured.contains("\u{1B}[32m+"))
        #expect(coloured.replacing(try Regex("\u{1B}\\[[0-9]+m"), with: "") == plain)
    }

    @Test func `long values are cut, and nothing can write to the terminal`() throws {
        let text = """
            services: [{type: web, name: web, runtime: node, buildCommand: "a\\e[31mb\\nc", startCommand: \(String(repeating: "x", count: 500))}]
            """
        let shown = PlanText(file: "f", valueLimit: 20).text(of: try Scene(text, isApplied: false).plan())
        #expect(shown.contains("buildCommand: a\\u{1b}[31mb\\nc") && !shown.contains("\u{1B}"))
        #expect(shown.contains("startCommand: \(String(repeating: "x", count: 19))…"))
    }

    @Test func `the user of a repository's address is masked`() throws {
        let text = "services: [{type: web, name: w, runtime: docker, repo: 'https://me:canary@github.com/a/b'}]"
        let plan = try Scene(text, isApplied: false).plan()
        #expect(PlanText(file: "f").text(of: plan).contains("repo: https://(secret)@github.com/a/b"))
        #expect(!plan.jsonText.contains("canary"))
    }

    @Test func `an error in the file comes first, with its place`() throws {
        let blueprint = Blueprint.read(Array("services: [{type: web, name: w, runtime: nerd}]".utf8))
        let plan = PlanCompiler.testing().plan(blueprint, live: .offline, applied: AppliedState())
        #expect(plan.exitCode == .failed && plan.isBlocked && plan.actions.isEmpty)
        #expect(PlanText(file: "f").text(of: plan).hasPrefix("f:1:42: error: services[0].runtime: "))
    }

    @Test func `its JSON says the same`() throws {
        let plan = try Scene(Self.text, isApplied: false).plan()
        let json = plan.json
        #expect(json["version"] == 1 && json["id"]?.string == plan.id && json["exit_code"] == 2)
        #expect(json["counts"]?["create"] == 3 && json["counts"]?["deploys"] == 2)
        let web = try #require(json["actions"]?.array?.first { $0["resource"] == "service/web" })
        #expect(web["verb"] == "create" && web["deploy"] == "build" && web["position"]?["line"] == 5)
        #expect(web["depends_on"] == ["postgres/db"] && web["layer"] == 1)
        let changes = web["changes"]?.array ?? []
        #expect(changes.first { $0["target"] == "env.A" }?["new"] == ["kind": "secret"])
        #expect(
            changes.first { $0["target"] == "env.DB" }?["new"]
                == ["kind": "unresolved", "reference": "postgres/db.connectionString"])
        #expect(changes.first { $0["target"] == "plan" }?["new"] == ["kind": "plain", "value": "starter"])
    }
}
