// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Testing

/// What is the same on Render, what cannot change, and what a change leads to.
struct PlanFieldTests {
    private static func web(_ fields: String) -> String {
        "services: [{type: web, name: web, runtime: docker\(fields.isEmpty ? "" : ", ")\(fields)}]"
    }

    @Test(arguments: [
        ("dockerfilePath: ./Dockerfile, dockerContext: .", "dockerfilePath", JSONValue.null),
        ("rootDir: ./app/", "rootDir", "app"), ("plan: Pro Plus", "plan", "pro_plus"),
        ("repo: 'https://github.com/Acme/App.git'", "repo", "https://github.com/acme/app"),
        ("numInstances: 1", "numInstances", .null), ("maxShutdownDelaySeconds: 30", "maxShutdownDelaySeconds", .null),
        ("maintenanceMode: {enabled: false, uri: ''}", "maintenanceMode", .null),
        ("previews: {generation: off}", "previews", .null), ("autoDeploy: true", "autoDeployTrigger", "commit"),
        ("ipAllowList: [{source: 0.0.0.0/0, description: all}]", "ipAllowList", .null),
    ])
    func `what means the same as what is live is no change`(fields: String, field: String, live: JSONValue) throws {
        var scene = try Scene(Self.web(fields))
        let field = try #require(Field(rawValue: field))
        try scene.change("service/web") { $0.fields[field] = live.isNull ? nil : live }
        #expect(scene.plan().summary == [])
    }

    @Test func `an image is the same with and without what Docker adds, and with the digest of its last deploy`() throws
    {
        var scene = try Scene("services: [{type: web, name: web, runtime: image, image: {url: nginx}}]")
        for url in ["docker.io/library/nginx:latest", "docker.io/library/nginx:latest@sha256:abc", "nginx:latest"] {
            try scene.change("service/web") { $0.fields[.image] = ["url": .string(url)] }
            #expect(scene.plan().summary == [], "\(url)")
        }
        try scene.change("service/web") { $0.fields[.image] = ["url": "nginx:1.27"] }
        #expect(scene.plan().summary == ["update service/web: ~image drifted"])
        #expect(try scene.plan().action("service/web").deploy == .build)
    }

    @Test func `the number of instances means nothing while there is autoscaling`() throws {
        var scene = try Scene(Self.web("scaling: {minInstances: 1, maxInstances: 3, targetCPUPercent: 60}"))
        try scene.change("service/web") { $0.fields[.numInstances] = 3 }
        #expect(scene.plan().summary == [])
        #expect(scene.plan(Self.web("numInstances: 2")).summary == [])
        #expect(scene.plan().diagnostics.map(\.code) == ["ignored_while_scaling"])
    }

    @Test func `a number of instances that came before autoscaling is not compared any more`() throws {
        let scaling = "scaling: {minInstances: 1, maxInstances: 3, targetCPUPercent: 60}"
        let new = try Scene(Self.web("numInstances: 2, \(scaling)"), isApplied: false).plan()
        #expect(try new.action("service/web").changes.allSatisfy { $0.target != .field(.numInstances) })
        #expect(new.diagnostics.map(\.code) == ["ignored_while_scaling"])
        var scene = try Scene(Self.web("numInstances: 2"))
        _ = scene.plan(Self.web("numInstances: 2, \(scaling)"))
        scene.apply()
        try scene.change("service/web") { $0.fields[.numInstances] = 3 }
        #expect(scene.plan().summary == [])
        let drift = Drift(fingerprints: keyed).report(scene.account.live, scene.account.applied)
        #expect(drift.entries.isEmpty, "\(drift.jsonText)")
    }

    @Test func `publishing the whole folder is not what happens by default`() throws {
        func site(_ folder: String) -> String {
            "services: [{type: web, name: s, runtime: static, staticPublishPath: \(folder)}]"
        }
        var scene = try Scene(site("public"))
        #expect(scene.plan(site("./public/")).summary == [])
        #expect(scene.plan(site(".")).summary == ["update service/s: ~publishPath edited"])
        scene.apply()
        #expect(scene.plan(site("./")).summary == [])
    }

    @Test func `a domain that Render adds by itself is not added again`() throws {
        func names(_ plan: Plan) throws -> PlannedValue? { try plan.change("service/web", "domains").new }
        let both = Self.web("domains: [Example.com, www.example.com, app.example.com]")
        var scene = try Scene(both, isApplied: false)
        #expect(try names(scene.plan()) == .plain(["Example.com", "app.example.com"]))
        scene.apply()
        try scene.change("service/web") { $0.redirects = ["www.example.com"] }
        #expect(scene.plan().summary == [])
        #expect(scene.plan(Self.web("domains: [www.example.com, example.com, app.example.com]")).summary == [])
        // Somebody has taken the redirect away.
        try scene.change("service/web") { $0.redirects = [] }
        #expect(scene.plan(both).counts.update == 1)
        // Whether these have twins is not certain.
        let others = try Scene(Self.web("domains: [a.example.com, www.a.example.com]"), isApplied: false)
        #expect(try names(others.plan()) == .plain(["a.example.com", "www.a.example.com"]))
    }

    @Test func `a disk that Render lets grow by itself may be bigger than the file says`() throws {
        func database(_ size: Int, _ more: String = "") -> String {
            "databases: [{name: db, plan: basic-1gb, diskSizeGB: \(size)\(more)}]"
        }
        var scene = try Scene(database(10, ", storageAutoscalingEnabled: true"))
        try scene.change("postgres/db") { $0.fields[.diskSizeGB] = 25 }
        let drift = Drift(fingerprints: keyed).report(scene.account.live, scene.account.applied)
        #expect(drift.entries.isEmpty, "\(drift.jsonText)")
        #expect(scene.plan().summary == [])
        #expect(scene.plan(database(10)).summary == [])
        #expect(scene.plan(database(30)).summary == ["update postgres/db: ~diskSizeGB conflict"])
        let fixed = scene.plan(database(10, ", storageAutoscalingEnabled: false"))
        #expect(fixed.isBlocked, "\(fixed.summary)")
    }

    @Test func `autoscaling that is written as none is switched off`() throws {
        var scene = try Scene(Self.web("scaling: {minInstances: 1, maxInstances: 3, targetCPUPercent: 60}"))
        let plan = scene.plan(Self.web("scaling: null"))
        #expect(plan.summary == ["update service/web: ~scaling edited"])
        #expect(try plan.change("service/web", "scaling").new == .plain(.null))
        scene.apply()
        #expect(scene.plan().summary == [])
    }

    @Test(arguments: [
        ("service/web", "services: [{type: web, name: web, runtime: docker, region: ohio}]", "region cannot change"),
        ("service/web", "services: [{type: pserv, name: web, runtime: docker}]", "it is a web_service"),
    ])
    func `what cannot change is named and blocked`(address: String, text: String, words: String) throws {
        var scene = try Scene(Self.web("region: frankfurt"))
        let plan = scene.plan(text)
        let action = try plan.action(address)
        #expect(action.verb == .replace && plan.isBlocked && plan.exitCode == .blocked)
        #expect(try #require(action.block).contains(words))
    }

    @Test func `a database's name, user and version stay, and its disk only grows`() throws {
        func database(_ fields: String) -> String {
            "databases: [{name: db, databaseName: app, user: app, postgresMajorVersion: '16', \(fields)}]"
        }
        var scene = try Scene(database("plan: basic-1gb, diskSizeGB: 15"))
        for change in ["databaseName: other", "user: other", "postgresMajorVersion: '17'"] {
            let field = change.prefix { $0 != ":" }
            let text = database("plan: basic-1gb, diskSizeGB: 15").replacing(
                try Regex("\(field): ('16'|app)"), with: change)
            #expect(try scene.plan(text).action("postgres/db").verb == .replace, "\(change)")
        }
        #expect(
            scene.plan(database("plan: basic-1gb, diskSizeGB: 20")).summary == [
                "update postgres/db: ~diskSizeGB edited"
            ])
        let shrunk = scene.plan(database("plan: basic-1gb, diskSizeGB: 10"))
        #expect(try #require(shrunk.action("postgres/db").block).contains("cannot shrink"))
        let free = scene.plan(database("plan: free, diskSizeGB: 15"))
        #expect(try #require(free.action("postgres/db").block).contains("cannot become free"))
    }

    @Test func `a service's disk only grows, and one without a size keeps what it has`() throws {
        var scene = try Scene(Self.web("disk: {name: d, mountPath: /d, sizeGB: 20}"))
        #expect(scene.plan(Self.web("disk: {name: d, mountPath: /d, sizeGB: 30}")).exitCode == .changes)
        #expect(scene.plan(Self.web("disk: {name: d, mountPath: /d, sizeGB: 5}")).exitCode == .blocked)
    }

    @Test(arguments: [
        ("buildCommand: b", DeployNeed.build), ("startCommand: s", .deployOnly), ("plan: pro", .none),
        ("numInstances: 3", .none), ("domains: [a.example]", .none), ("healthCheckPath: /up", .deployOnly),
        ("envVars: [{key: A, value: b}]", .deployOnly), ("rootDir: app", .build),
    ])
    func `a server is deployed or built as a change needs it`(fields: String, need: DeployNeed) throws {
        var scene = try Scene("services: [{type: web, name: web, runtime: node, plan: starter}]")
        let plan = scene.plan("services: [{type: web, name: web, runtime: node, \(fields)}]")
        #expect(plan.counts.update == 1)
        #expect(try plan.action("service/web").deploy == need)
        #expect(plan.counts.deploys == (need == .none ? 0 : 1))
    }

    @Test func `a static site is built for its variables`() throws {
        let site =
            "services: [{type: web, name: s, runtime: static, staticPublishPath: dist, envVars: [{key: A, value: b}]}]"
        var scene = try Scene(site)
        #expect(try scene.plan(site.replacing("value: b", with: "value: c")).action("service/s").deploy == .build)
    }

    @Test func `a new resource has the defaults that cost written out`() throws {
        let scene = try Scene(
            "services: [{type: web, name: web, runtime: node}]\ndatabases: [{name: db}]", isApplied: false)
        let plan = scene.plan()
        #expect(try plan.change("service/web", "plan").new == .plain("starter"))
        #expect(try plan.change("service/web", "plan").costs)
        #expect(try plan.change("service/web", "repo").new == .plain("https://github.com/acme/app"))
        #expect(try plan.change("postgres/db", "plan").new == .plain("basic_256mb"))
        #expect(try plan.change("postgres/db", "version").reason == .created)
    }

    @Test func `a service without a repository is blocked, and only warned of offline`() throws {
        var scene = try Scene(Self.web(""), options: PlanOptions(), isApplied: false)
        #expect(try #require(scene.plan().action("service/web").block).contains("repository"))
        scene.account.live = .offline
        #expect(scene.plan().exitCode == .changes)
        #expect(scene.plan().diagnostics.map(\.code) == ["no_repository"])
    }

    @Test func `a registry credential must be there`() throws {
        let text = """
            services:
              - {type: web, name: web, runtime: image, image: {url: ghcr.io/a/b, creds: {fromRegistryCreds: {name: ghcr}}}}
            """
        #expect(try Scene(text, credentials: ["ghcr"], isApplied: false).plan().exitCode == .changes)
        let plan = try Scene(text, isApplied: false).plan()
        #expect(try #require(plan.action("service/web").block).contains("no registry credential named ghcr"))
    }

    @Test func `what Render's own Blueprint syncs is left to it`() throws {
        var scene = try Scene(Self.web("plan: starter"))
        try scene.change("service/web") { $0.nativeBlueprint = "theirs" }
        #expect(scene.plan().summary == [])
        let plan = scene.plan(Self.web("plan: pro"))
        #expect(try #require(plan.action("service/web").block).contains("Render's own Blueprint theirs"))
    }

    @Test func `two of one name are named by their ids`() throws {
        var scene = try Scene(Self.web(""))
        scene.account.live.duplicates = [ResourceAddress(.service, "web"): ["srv-1", "srv-2"]]
        #expect(try #require(scene.plan().action("service/web").block).contains("srv-1, srv-2"))
    }
}
