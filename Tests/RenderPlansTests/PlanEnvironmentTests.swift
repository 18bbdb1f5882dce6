// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Testing

/// Variables, headers, routes, domains and groups: what is named is set, what is not survives.
struct PlanEnvironmentTests {
    private static func web(_ variables: String) -> String {
        "services: [{type: web, name: web, runtime: docker, envVars: [\(variables)]}]"
    }

    @Test func `variables that the file does not name survive`() throws {
        var scene = try Scene(Self.web("{key: A, value: a}"))
        try scene.change("service/web") { $0.environment["MINE"] = Secret("m") }
        #expect(scene.plan().summary == [] && scene.plan().diagnostics.isEmpty)
    }

    @Test func `a variable that was ours and is dropped stays with a word about it, unless it is pruned`() throws {
        var scene = try Scene(Self.web("{key: A, value: a}, {key: B, value: b}"))
        let kept = scene.plan(Self.web("{key: A, value: a}"))
        #expect(kept.summary == [])
        #expect(kept.diagnostics.map { "\($0.code) \($0.path)" } == ["not_in_file service/web.env.B"])
        scene.options.prunesEnvironment = true
        #expect(scene.plan().summary == ["update service/web: -env.B removed"])
        scene.apply()
        #expect(scene.plan().summary == [])
        #expect(scene.account.live.resources.values.first?.environment["B"] == nil)
    }

    @Test func `a generated value is made once and never rotated`() throws {
        var scene = try Scene(Self.web("{key: K, generateValue: true}"), isApplied: false)
        #expect(try scene.plan().change("service/web", "env.K").new == .generated)
        scene.apply()
        #expect(scene.plan().summary == [])
        try scene.change("service/web") { $0.environment["K"] = Secret("rotated by hand") }
        #expect(scene.plan().summary == [])
        try scene.change("service/web") { $0.environment["K"] = nil }
        #expect(scene.plan().summary == ["update service/web: +env.K drifted"])
    }

    @Test func `a value that a person enters blocks a creation, and is only missed on what is there`() throws {
        let text = Self.web("{key: TOKEN, sync: false}")
        var scene = try Scene(text, isApplied: false)
        #expect(try #require(scene.plan().action("service/web").block).contains("TOKEN"))
        #expect(try scene.plan().action("service/web").toEnter == ["TOKEN"])
        scene.options.entered = [ResourceAddress(.service, "web"): ["TOKEN": Secret("given")]]
        #expect(try scene.plan().action("service/web").toEnter == [])
        #expect(try scene.plan().change("service/web", "env.TOKEN").new == .secret(Secret("given")))
        scene.apply()
        #expect(scene.plan().summary == [])
        scene.options.entered = [:]
        #expect(scene.plan().summary == [] && scene.plan().diagnostics.isEmpty)
        try scene.change("service/web") { $0.environment["TOKEN"] = nil }
        #expect(scene.plan().summary == [])
        #expect(scene.plan().diagnostics.map(\.code) == ["value_missing"])
        #expect(scene.plan().exitCode == .clean)
    }

    @Test func `a variable of the service that hides one of its groups is told of, unless the file names it`() throws {
        func text(_ own: String) -> String {
            """
            envVarGroups: [{name: shared, envVars: [{key: A, value: a}]}]
            services: [{type: web, name: web, runtime: docker, envVars: [\(own){fromGroup: shared}]}]
            """
        }
        var scene = try Scene(text(""))
        #expect(scene.plan().diagnostics.isEmpty)
        try scene.change("service/web") { $0.environment["A"] = Secret("own") }
        #expect(scene.plan().summary == [])
        #expect(scene.plan().diagnostics.map { "\($0.code) \($0.path)" } == ["hides_group service/web.env.A"])
        #expect(!scene.plan(text("{key: A, value: own}, ")).diagnostics.contains { $0.code == "hides_group" })
    }

    @Test func `a group's changed variables deploy the services that are linked to it, once each`() throws {
        func text(_ value: String) -> String {
            """
            envVarGroups: [{name: shared, envVars: [{key: A, value: \(value)}]}]
            services:
              - {type: web, name: web, runtime: docker, envVars: [{fromGroup: shared}]}
              - {type: web, name: site, runtime: static, staticPublishPath: d, envVars: [{fromGroup: shared}]}
              - {type: web, name: alone, runtime: docker}
            """
        }
        var scene = try Scene(text("one"))
        #expect(scene.plan().summary == [])
        let group = ResourceAddress(.envGroup, "shared")
        scene.account.live.resources[group]?.linkedServices.insert("srv-stranger")
        let plan = scene.plan(text("two"))
        #expect(
            plan.summary == ["update env-group/shared: ~env.A edited", "update service/site: ", "update service/web: "])
        #expect(try plan.action("service/web").deploy == .deployOnly)
        #expect(try plan.action("service/site").deploy == .build)
        #expect(try plan.action("service/web").dependsOn == [group])
        #expect(plan.counts.deploys == 2)
        #expect(plan.diagnostics.map(\.code) == ["linked_elsewhere"])
        #expect(plan.diagnostics.first?.message.contains("srv-stranger") == true)
        scene.apply()
        #expect(scene.plan().summary == [] && scene.plan().counts.deploys == 0)
    }

    @Test func `a link that was dropped outside is made again, and one dropped from the file only when pruned`() throws
    {
        let text = """
            envVarGroups: [{name: shared, envVars: [{key: A, value: a}]}]
            services: [{type: web, name: web, runtime: docker, envVars: [{fromGroup: shared}]}]
            """
        var scene = try Scene(text)
        try scene.change("service/web") { $0.groups = [] }
        #expect(scene.plan().summary == ["update service/web: +group.shared drifted"])
        scene.apply()
        let dropped = text.replacing(", envVars: [{fromGroup: shared}]", with: "")
        #expect(scene.plan(dropped).summary == [])
        scene.options.prunesEnvironment = true
        #expect(scene.plan().summary == ["update service/web: -group.shared removed"])
    }

    @Test func `a group that is nowhere blocks`() throws {
        let plan = try Scene(Self.web("{fromGroup: elsewhere}"), isApplied: false).plan()
        #expect(try #require(plan.action("service/web").block).contains("env-group/elsewhere is neither"))
    }

    @Test func `headers have no order, names no case, and others' headers survive`() throws {
        func text(_ headers: String) -> String {
            "services: [{type: web, name: s, runtime: static, staticPublishPath: d, headers: [\(headers)]}]"
        }
        let both = "{path: /*, name: X-A, value: a}, {path: /b, name: X-B, value: b}"
        var scene = try Scene(text(both))
        try scene.change("service/s") { live in
            live.fields[.headers] = [
                ["path": "/z", "name": "X-Z", "value": "theirs"], ["path": "/b", "name": "x-b", "value": "b"],
                ["path": "/*", "name": "X-A", "value": "a"],
            ]
        }
        #expect(scene.plan().summary == [])
        let edited = scene.plan(text(both.replacing("value: a", with: "value: c")))
        #expect(edited.summary == ["update service/s: ~headers edited"])
        guard case .plain(let merged)? = try edited.change("service/s", "headers").new else { return }
        #expect(merged.array?.count == 3)
        let dropped = scene.plan(text("{path: /*, name: X-A, value: a}"))
        #expect(dropped.summary == [] && dropped.diagnostics.map(\.code) == ["not_in_file"])
        scene.options.prunesEnvironment = true
        #expect(scene.plan().summary == ["update service/s: ~headers removed"])
        scene.apply()
        #expect(scene.plan().summary == [])
        #expect(scene.account.live.resources.values.first?.fields[.headers]?.array?.count == 2)
    }

    @Test func `the order of routes is their priority`() throws {
        let text = """
            services:
              - type: web
                name: s
                runtime: static
                staticPublishPath: d
                routes:
                  - {type: rewrite, source: /api/*, destination: 'https://api/*'}
                  - {type: rewrite, source: /*, destination: /index.html}
            """
        var scene = try Scene(text)
        try scene.change("service/s") { $0.fields[.routes] = .array(($0.fields[.routes]?.array ?? []).reversed()) }
        #expect(scene.plan().summary == ["update service/s: ~routes drifted"])
        scene.apply()
        #expect(scene.plan().summary == [])
    }

    @Test func `domains have no case, and others' domains survive`() throws {
        let text = "services: [{type: web, name: web, runtime: docker, domains: [App.example.com]}]"
        var scene = try Scene(text)
        try scene.change("service/web") { $0.fields[.domains] = ["their.example.com", "app.example.com"] }
        #expect(scene.plan().summary == [])
        try scene.change("service/web") { $0.fields[.domains] = ["their.example.com"] }
        #expect(
            try scene.plan().change("service/web", "domains").new == .plain(["App.example.com", "their.example.com"]))
    }
}
