// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Testing

/// Why something changes: the file, somebody else, or both.
struct PlanReasonTests {
    private static let web = """
        services:
          - {type: web, name: web, runtime: node, plan: starter, buildCommand: make, startCommand: run, envVars: [{key: A, value: one}]}
        """

    @Test func `what was applied is planned again as nothing`() throws {
        let scene = try Scene(Self.web)
        let plan = scene.plan()
        #expect(plan.summary == [] && !plan.hasChanges && plan.exitCode == .clean)
        #expect(plan.counts.noop == 1 && plan.counts.deploys == 0)
    }

    @Test func `a change in the file is an edit`() throws {
        var scene = try Scene(Self.web)
        let plan = scene.plan(Self.web.replacing("starter", with: "standard").replacing("one", with: "two"))
        #expect(plan.summary == ["update service/web: ~plan edited, ~env.A edited"])
        #expect(plan.exitCode == .changes)
        let change = try plan.change("service/web", "plan")
        #expect(change.old == .plain("starter") && change.new == .plain("standard"))
        #expect(change.costs && change.interrupts && change.position?.line == 2)
        #expect(try plan.action("service/web").deploy == .deployOnly)
    }

    @Test func `a change outside the file is drift, and puts back what was applied`() throws {
        var scene = try Scene(Self.web)
        try scene.change("service/web") {
            $0.fields[.plan] = "pro"
            $0.environment["A"] = Secret("else")
        }
        let plan = scene.plan()
        #expect(plan.summary == ["update service/web: ~plan drifted, ~env.A drifted"])
        #expect(plan.hasOnlyDrift && plan.exitCode == .driftOnly)
    }

    @Test func `a change in the file and outside is a conflict`() throws {
        var scene = try Scene(Self.web)
        try scene.change("service/web") { $0.fields[.plan] = "pro" }
        let plan = scene.plan(Self.web.replacing("starter", with: "standard"))
        #expect(plan.summary == ["update service/web: ~plan conflict"])
        #expect(plan.exitCode == .changes)
    }

    @Test func `what two changed in the same way needs nothing`() throws {
        var scene = try Scene(Self.web)
        try scene.change("service/web") { $0.fields[.plan] = "standard" }
        #expect(scene.plan(Self.web.replacing("starter", with: "standard")).summary == [])
    }

    @Test func `what is live and not ours is adopted, with what differs`() throws {
        var scene = try Scene(Self.web)
        scene.account.applied = AppliedState()
        #expect(scene.plan().summary == ["adopt service/web: "])
        #expect(scene.plan().exitCode == .changes)
        try scene.change("service/web") { $0.fields[.plan] = "pro" }
        #expect(scene.plan().summary == ["adopt service/web: ~plan adopted"])
        scene.apply()
        #expect(scene.plan().summary == [])
    }

    @Test func `what was deleted outside is made anew, as drift`() throws {
        var scene = try Scene(Self.web)
        scene.account.live.resources = [:]
        let plan = scene.plan()
        #expect(try plan.action("service/web").verb == .create)
        #expect(plan.exitCode == .driftOnly)
        #expect(plan.diagnostics.map(\.code) == ["deleted_outside"])
    }

    @Test func `what was made anew outside is not taken for ours`() throws {
        var scene = try Scene(Self.web)
        let old = try #require(scene.account.live.resources.first)
        scene.account.live.resources[old.key] = LiveResource(
            id: "srv-new", serviceType: .webService, fields: old.value.fields, environment: old.value.environment)
        let plan = scene.plan()
        #expect(plan.summary == ["adopt service/web: "])
        #expect(plan.diagnostics.map(\.code) == ["made_anew_outside"])
    }

    @Test func `a field that the file leaves out keeps its live value`() throws {
        var scene = try Scene(Self.web)
        try scene.change("service/web") { $0.fields[.plan] = "pro" }
        #expect(scene.plan(Self.web.replacing("plan: starter, ", with: "")).summary == [])
    }

    @Test func `a build filter that was ours is cleared when the file leaves it out`() throws {
        var scene = try Scene(Self.web.replacing("plan:", with: "buildFilter: {paths: [a/**]}, plan:"))
        let plan = scene.plan(Self.web)
        #expect(plan.summary == ["update service/web: -buildFilter removed"])
        scene.apply()
        #expect(scene.plan().summary == [])
        // One that somebody else has set is none of ours.
        try scene.change("service/web") { $0.fields[.buildFilter] = ["paths": ["x"], "ignoredPaths": []] }
        #expect(scene.plan().summary == [])
    }

    @Test func `an apply that owes a deploy is finished by the next`() throws {
        var scene = try Scene(Self.web)
        scene.account.applied.resources[ResourceAddress(.service, "web")]?.fields["deploy.pending"] = "build"
        let plan = scene.plan()
        #expect(plan.summary == ["update service/web: "])
        #expect(try plan.action("service/web").deploy == .build)
    }
}
