// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Testing

/// Deleting: only when asked, only what is ours, never what holds data, never many by mistake.
struct PlanPruneTests {
    private static func services(_ names: [String], _ rest: String = "") -> String {
        let entries = names.map { "  - {type: web, name: \($0), runtime: docker}" }
        return "\(rest)\nservices:\n" + entries.joined(separator: "\n")
    }

    private static let pruning = PlanOptions(prunesResources: true, repository: "https://github.com/acme/app")

    @Test func `what is not in the file any more stays with a word about it`() throws {
        var scene = try Scene(Self.services(["a", "b"]))
        let plan = scene.plan(Self.services(["a"]))
        #expect(plan.summary == [] && plan.exitCode == .clean)
        #expect(plan.diagnostics.map { "\($0.code) \($0.path)" } == ["not_in_file service/b"])
    }

    @Test func `one that is ours is deleted when asked for, and never one that is not`() throws {
        var scene = try Scene(Self.services(["a", "b"]))
        scene.account.live.resources[ResourceAddress(.service, "theirs")] = LiveResource(
            id: "srv-9", serviceType: .webService)
        scene.options = Self.pruning
        let plan = scene.plan(Self.services(["a"]))
        #expect(plan.summary == ["prune service/b: "] && plan.counts.prune == 1 && !plan.isBlocked)
        #expect(try plan.action("service/b").layer == 1)
        scene.apply()
        #expect(scene.plan().summary == [] && scene.account.live.resources.count == 2)
    }

    @Test func `more than one or a fifth needs the count`() throws {
        let names = (1...12).map { "s\($0 + 10)" }
        var scene = try Scene(Self.services(names))
        scene.options = Self.pruning
        #expect(!scene.plan(Self.services(Array(names.dropLast(2)))).isBlocked)
        let three = Self.services(Array(names.dropLast(3)))
        #expect(scene.plan(three).counts.blocked == 3)
        #expect(try #require(scene.plan(three).action("service/s22").block).contains("3 resources"))
        scene.options.pruneCount = 3
        #expect(scene.plan(three).counts.prune == 3)
    }

    @Test func `databases, key values and disks are never deleted`() throws {
        let kept = Self.services(["a"])
        let disk = "\n  - {type: pserv, name: d, runtime: docker, disk: {name: d, mountPath: /d}}"
        let store = "\n  - {type: keyvalue, name: kv, ipAllowList: []}"
        for (text, address) in [
            (Self.services(["a"], "databases: [{name: db}]"), "postgres/db"), (kept + store, "key-value/kv"),
            (kept + disk, "service/d"),
        ] {
            var scene = try Scene(text)
            scene.options = Self.pruning
            let action = try scene.plan(kept).action(address)
            #expect(action.verb == .prune)
            #expect(try #require(action.block).contains("data"), "\(address)")
        }
    }

    @Test func `a file without services deletes nothing`() throws {
        var scene = try Scene(Self.services(["a"], "databases: [{name: db}]"))
        scene.options = Self.pruning
        let plan = scene.plan("databases: [{name: db}]")
        #expect(try #require(plan.action("service/a").block).contains("names no service"))
    }

    @Test func `a group is deleted after its services and not while others use it`() throws {
        let group = "envVarGroups: [{name: g, envVars: [{key: A, value: a}]}]"
        let linked = "\n  - {type: web, name: z, runtime: docker, envVars: [{fromGroup: g}]}"
        var scene = try Scene(Self.services(["a"], group) + linked)
        scene.options = Self.pruning
        scene.options.pruneCount = 2
        let plan = scene.plan(Self.services(["a"]))
        #expect(plan.summary == ["prune service/z: ", "prune env-group/g: "] && !plan.isBlocked)
        scene.account.live.resources[ResourceAddress(.envGroup, "g")]?.linkedServices.insert("srv-stranger")
        #expect(try #require(scene.plan().action("env-group/g").block).contains("srv-stranger"))
    }

    @Test func `what is gone from the file and from Render is forgotten`() throws {
        var scene = try Scene(Self.services(["a", "b"]))
        scene.account.live.resources[ResourceAddress(.service, "b")] = nil
        let plan = scene.plan(Self.services(["a"]))
        #expect(plan.summary == [] && plan.basis.forgotten == [ResourceAddress(.service, "b")])
    }
}
