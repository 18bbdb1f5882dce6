// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Testing

/// References become values, and say who comes first.
struct PlanReferenceTests {
    private static let store = """
        databases: [{name: db}]
        services:
          - {type: keyvalue, name: kv, ipAllowList: []}
          - {type: pserv, name: api, runtime: docker, envVars: [{key: PORT, value: '9000'}, {key: TOKEN, generateValue: true}]}
          - type: web
            name: web
            runtime: docker
            envVars:
              - {key: DATABASE_URL, fromDatabase: {name: db, property: connectionString}}
              - {key: DB_HOST, fromDatabase: {name: db, property: host}}
              - {key: DB_PORT, fromDatabase: {name: db, property: port}}
              - {key: REDIS, fromService: {name: kv, type: keyvalue, property: connectionString}}
              - {key: API, fromService: {name: api, type: pserv, property: hostport}}
              - {key: TOKEN, fromService: {name: api, type: pserv, envVarKey: TOKEN}}
              - {key: URL, fromService: {name: web, type: web, envVarKey: RENDER_EXTERNAL_URL}}
        """

    @Test func `what is created is referred to once it is there, in layers`() throws {
        var scene = try Scene(Self.store, isApplied: false)
        let plan = scene.plan()
        #expect(
            plan.actions.map { "\($0.layer) \($0.address)" } == [
                "0 postgres/db", "0 key-value/kv", "0 service/api", "1 service/web",
            ])
        #expect(
            try plan.change("service/web", "env.DATABASE_URL").new
                == .unresolved(.database(name: "db", property: .connectionString)))
        #expect(try plan.change("service/web", "env.URL").isDeferred)
        #expect(!(try plan.change("service/web", "env.API").isDeferred))
        scene.apply()
        #expect(scene.plan().summary == [])
        let web = try #require(scene.account.live.resources[ResourceAddress(.service, "web")])
        #expect(web.environment["DB_PORT"]?.reveal() == "5432")
        #expect(web.environment["API"]?.reveal().hasSuffix("x:9000") == true)
        #expect(web.environment["TOKEN"]?.reveal() == "canary-generated-service/api-TOKEN")
        #expect(web.environment["URL"]?.reveal() == web.url)
        #expect(web.environment["REDIS"]?.reveal().hasPrefix("redis://") == true)
    }

    @Test func `a source that has changed rotates the value`() throws {
        var scene = try Scene(Self.store)
        try scene.change("postgres/db") {
            $0.connection = LiveConnection(internalURL: Secret("postgresql://u:new@dpg-2/db"))
        }
        let plan = scene.plan()
        #expect(plan.summary == ["update service/web: ~env.DATABASE_URL rotated, ~env.DB_HOST rotated"])
        #expect(plan.exitCode == .driftOnly)
        scene.apply()
        #expect(scene.plan().summary == [])
    }

    @Test func `a variable that changes is handed on in the same plan`() throws {
        let text = """
            services:
              - {type: web, name: a, runtime: docker, envVars: [{key: K, value: one}]}
              - {type: web, name: b, runtime: docker, envVars: [{key: K, fromService: {name: a, type: web, envVarKey: K}}]}
            """
        var scene = try Scene(text)
        let plan = scene.plan(text.replacing("one", with: "two"))
        #expect(plan.summary == ["update service/a: ~env.K edited", "update service/b: ~env.K rotated"])
        #expect(try plan.change("service/b", "env.K").new == .secret(Secret("two")))
    }

    @Test func `hosts may refer to each other, and one of them is set last`() throws {
        let text = """
            services:
              - {type: pserv, name: a, runtime: docker, envVars: [{key: B, fromService: {name: b, type: pserv, property: host}}]}
              - {type: pserv, name: b, runtime: docker, envVars: [{key: A, fromService: {name: a, type: pserv, property: host}}]}
            """
        var scene = try Scene(text, isApplied: false)
        let plan = scene.plan()
        #expect(!plan.isBlocked)
        #expect(plan.actions.map { "\($0.layer) \($0.address)" } == ["0 service/a", "1 service/b"])
        #expect(try plan.change("service/a", "env.B").isDeferred)
        #expect(!(try plan.change("service/b", "env.A").isDeferred))
        scene.apply()
        #expect(scene.plan().summary == [])
        let slug = scene.account.live.resources[ResourceAddress(.service, "b")]?.slug
        #expect(scene.account.live.resources[ResourceAddress(.service, "a")]?.environment["B"]?.reveal() == slug)
    }

    /// The reader refuses it already; whoever makes a blueprint by other means is told by the plan.
    @Test func `values that refer to each other are a circle, which is shown`() throws {
        let text = """
            services:
              - {type: web, name: a, runtime: docker, envVars: [{key: K, fromService: {name: b, type: web, envVarKey: L}}]}
              - {type: web, name: b, runtime: docker, envVars: [{key: L, fromService: {name: a, type: web, envVarKey: K}}]}
            """
        let read = Blueprint.read(Array(text.utf8))
        #expect(read.diagnostics.map(\.code) == ["self_reference", "self_reference"])
        let blueprint = Blueprint(dialect: .render, resources: read.resources, diagnostics: [])
        let options = PlanOptions(repository: "https://github.com/acme/app")
        let plan = PlanCompiler.testing(options).plan(
            blueprint, live: ModelAccount().live, applied: AppliedState())
        #expect(plan.counts.blocked == 2)
        let block = try #require(plan.action("service/a").block)
        #expect(block.contains("service/b.env.L → service/a.env.K → service/b.env.L"))
    }

    @Test(arguments: [
        ("{fromDatabase: {name: gone, property: host}, key: X}", "postgres/gone is neither in the file nor live"),
        ("{fromService: {name: api, type: web, envVarKey: NONE}, key: X}", "service/api has no variable NONE"),
    ])
    func `what can never be known is blocked with the reason`(variable: String, words: String) throws {
        let text = """
            services:
              - {type: web, name: api, runtime: docker}
              - {type: web, name: web, runtime: docker, envVars: [\(variable)]}
            """
        let blueprint = Blueprint.read(Array(text.utf8))
        guard blueprint.isValid else { return }
        let plan = try Scene(text, isApplied: false).plan()
        #expect(try #require(plan.action("service/web").block).contains(words))
        #expect(try plan.action("service/api").block == nil)
    }

    @Test func `a target outside the file is read from what is live`() throws {
        let text =
            "services: [{type: web, name: w, runtime: docker, envVars: [{key: X, fromDatabase: {name: theirs, property: user}}]}]"
        var scene = try Scene(text, isApplied: false)
        scene.account.live.resources[ResourceAddress(.postgres, "theirs")] = LiveResource(
            id: "dpg-1", connection: LiveConnection(internalURL: Secret("postgresql://me:pw@host/db")))
        #expect(try scene.plan().change("service/w", "env.X").new == .secret(Secret("me")))
        #expect(try scene.plan().action("service/w").dependsOn == [])
    }

    @Test func `everything of a project waits for its environment`() throws {
        let text = """
            projects:
              - name: shop
                environments:
                  - name: production
                    databases: [{name: db}]
                    services: [{type: web, name: web, runtime: docker}]
            """
        var scene = try Scene(text, isApplied: false)
        #expect(
            scene.plan().actions.map { "\($0.layer) \($0.address)" } == [
                "0 project/shop", "1 environment/shop/production", "2 postgres/db", "2 service/web",
            ])
        scene.apply()
        #expect(scene.plan().summary == [])
        try scene.change("service/web") { $0.environmentOfProject = nil }
        #expect(scene.plan().summary == ["update service/web: +environment drifted"])
    }

    @Test func `offline everything is created and nothing that only Render can tell stands against it`() throws {
        var scene = try Scene(
            Self.store.replacing("generateValue: true", with: "sync: false"), options: PlanOptions(), isApplied: false)
        scene.account.live = .offline
        let plan = scene.plan()
        #expect(plan.exitCode == .changes && plan.counts.create == 4 && plan.counts.blocked == 0)
        #expect(Set(plan.diagnostics.map(\.code)) == ["no_repository", "value_missing"])
    }
}
