// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Testing

/// A plan is known by what went into it, and says what has moved since.
struct PlanIdentityTests {
    private static let text = """
        databases: [{name: db}]
        services:
          - type: web
            name: web
            runtime: node
            plan: starter
            envVars:
              - {key: A, value: canary-a}
              - {key: DB, fromDatabase: {name: db, property: connectionString}}
        """

    @Test func `the same inputs have the same id, wherever they stand in the file`() throws {
        var scene = try Scene(Self.text)
        let id = scene.plan().id
        #expect(id.hasPrefix("plan_") && id.count == 37)
        #expect(scene.plan().id == id)
        #expect(scene.plan("# a comment\n\n" + Self.text).id == id)
    }

    @Test func `another wish, another life, another past and other options have another id`() throws {
        var scene = try Scene(Self.text)
        var ids: Set<String> = [scene.plan().id]
        ids.insert(scene.plan(Self.text.replacing("canary-a", with: "b")).id)
        _ = scene.plan(Self.text)
        var other = scene
        try other.change("service/web") { $0.fields[.plan] = "pro" }
        ids.insert(other.plan().id)
        other = scene
        other.account.applied.resources[ResourceAddress(.service, "web")]?.fields["plan"] = "else"
        ids.insert(other.plan().id)
        other = scene
        other.options.prunesEnvironment = true
        ids.insert(other.plan().id)
        other = scene
        other.account.live = .offline
        ids.insert(other.plan().id)
        #expect(ids.count == 6)
    }

    @Test func `another key gives other fingerprints for the same values`() throws {
        let scene = try Scene(Self.text)
        let other = Fingerprinter(key: Secret(Array("another key of tests".utf8)))
        let plan = PlanCompiler(name: "main", fingerprints: other, options: scene.options).plan(
            scene.blueprint, live: scene.account.live, applied: scene.account.applied)
        #expect(plan.id != scene.plan().id)
        #expect(plan.observed.keys == scene.plan().observed.keys && plan.observed != scene.plan().observed)
    }

    @Test func `a plan that was looked at again at once is not stale`() throws {
        let scene = try Scene(Self.text)
        #expect(scene.plan().staleness(against: scene.account.live) == [])
    }

    @Test func `a stale plan names what has moved, and only what it looked at`() throws {
        var scene = try Scene(Self.text)
        let plan = scene.plan()
        try scene.change("service/web") {
            $0.fields[.plan] = "pro"
            $0.fields[.region] = "ohio"
            $0.environment["A"] = Secret("canary-b")
            $0.environment["OTHER"] = Secret("x")
        }
        try scene.change("postgres/db") {
            $0.connection = LiveConnection(internalURL: Secret("postgresql://u:canary-c@h/db"))
        }
        let stale = plan.staleness(against: scene.account.live)
        #expect(
            stale.map { "\($0.resource).\($0.path)" }.sorted() == [
                "postgres/db.connectionString", "service/web.env.A", "service/web.plan",
            ])
        #expect(stale.contains { $0.old == .plain("starter") && $0.new == .plain("pro") })
        let text = PlanText(file: "render.yaml").text(of: stale)
        #expect(text.contains("service/web.plan: starter → pro") && text.contains("env.A: (secret) → (secret)"))
        #expect(!text.contains("canary") && !stale.map(\.jsonText).joined().contains("canary"))
    }

    @Test func `a resource that somebody else has made meanwhile makes the plan stale`() throws {
        var scene = try Scene(Self.text, isApplied: false)
        let plan = scene.plan()
        scene.account.live.resources[ResourceAddress(.postgres, "db")] = LiveResource(id: "dpg-9")
        #expect(plan.staleness(against: scene.account.live).map(\.path).contains("id"))
    }
}
