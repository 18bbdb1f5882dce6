// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import FakeRender
import Render
import RenderPlans
import Testing

/// What is sent to Render, held by the fake against the published document.
@Suite struct ApplyBodyTests {
    private func created(_ text: String) async throws -> (report: ApplyReport, left: [String], bodies: [JSONValue]) {
        let blueprint = Blueprint.text(text)
        return try await ApplyWorld.run({ $0.keepsBodies = true }) { world in
            world.prepare(for: blueprint)
            let report = try await world.apply(blueprint)
            let left = try await world.plan(blueprint).left
            let bodies = world.fake.requests.filter { $0.method != "GET" }.compactMap { $0.body?.reveal() }
            return (report, left, bodies)
        }
    }

    @Test func `a static site has its build at the top of its details and no plan`() async throws {
        let (report, left, bodies) = try await created(
            """
            services:
              - type: web
                name: site
                runtime: static
                rootDir: web
                buildCommand: npm run build
                staticPublishPath: dist
                autoDeploy: false
            """)
        #expect(report.failures == [])
        #expect(left == [])
        let body = try #require(bodies.first)
        #expect(body["rootDir"] == "web")
        #expect(body["autoDeploy"] == "no")
        #expect(body["serviceDetails"]?["buildCommand"] == "npm run build")
        #expect(body["serviceDetails"]?["publishPath"] == "dist")
        #expect(body["serviceDetails"]?["plan"] == nil)
    }

    @Test func `a server has its commands under the details of its runtime`() async throws {
        let (report, left, bodies) = try await created(
            """
            services:
              - type: worker
                name: worker
                runtime: python
                buildCommand: pip install .
                startCommand: python worker.py
                preDeployCommand: python migrate.py
                numInstances: 2
            """)
        #expect(report.failures == [])
        #expect(left == [])
        let details = try #require(bodies.first?["serviceDetails"])
        #expect(details["envSpecificDetails"] == ["buildCommand": "pip install .", "startCommand": "python worker.py"])
        #expect(details["preDeployCommand"] == "python migrate.py")
        #expect(details["numInstances"] == 2)
    }

    @Test func `an image is named with its workspace and the id of its credential`() async throws {
        let (report, left, bodies) = try await created(
            """
            services:
              - type: pserv
                name: search
                runtime: image
                image:
                  url: registry.example/search:1
                  creds: { fromRegistryCreds: { name: mine } }
                dockerCommand: search --serve
              - type: cron
                name: nightly
                runtime: docker
                schedule: "0 3 * * *"
                dockerfilePath: ./cron/Dockerfile
            """)
        #expect(report.failures == [])
        #expect(left == [])
        let image = try #require(bodies.first { $0["name"] == "search" }?["image"])
        #expect(image["imagePath"] == "registry.example/search:1")
        #expect(image["registryCredentialId"]?.string?.hasPrefix("rgc-") == true)
        #expect(image["ownerId"]?.string?.hasPrefix("tea-") == true)
    }

    @Test func `headers and routes that the file does not name survive a change`() async throws {
        let text = """
            services:
              - type: web
                name: site
                runtime: static
                buildCommand: make
                staticPublishPath: out
                headers: [{ path: /*, name: X-Mine, value: one }]
                routes: [{ type: rewrite, source: /*, destination: /index.html }]
            """
        try await ApplyWorld.run { world in
            try await world.apply(.text(text))
            let site = try #require(world.fake.service(named: "site"))
            try await world.client.replaceHeaders(
                service: site.id,
                [
                    ResponseHeader(path: "/*", name: "X-Mine", value: "one"),
                    ResponseHeader(path: "/*", name: "X-Theirs", value: "kept"),
                ])
            let changed = Blueprint.text(text.replacing("value: one", with: "value: two"))
            let report = try await world.apply(changed)
            #expect(report.failures == [])
            let headers = try await world.client.headers(service: site.id)
            #expect(headers.map { "\($0.name) \($0.value)" }.sorted() == ["X-Mine two", "X-Theirs kept"])
            #expect(try await world.client.routes(service: site.id).count == 1)
            #expect(try await world.plan(changed).left == [])
        }
    }

    @Test func `what was there before becomes ours without being made anew`() async throws {
        try await ApplyWorld.run { world in
            try await world.apply(ApplyFixtures.small())
            for resource in await world.applied().resources.keys {
                await world.ledger.forget(
                    ownerID: world.fake.ownerID, blueprint: ApplyWorld.name, resource: resource)
            }
            world.fake.forgetRequests()
            let plan = try await world.plan(ApplyFixtures.small())
            #expect(plan.actions.allSatisfy { $0.verb == .adopt })
            let report = try await world.applier(ApplyFixtures.small()).apply(plan, principal: "tester")
            #expect(report.entries.allSatisfy { $0.outcome == .adopted })
            #expect(world.fake.requests.allSatisfy { $0.method == "GET" })
            #expect(try await world.plan(ApplyFixtures.small()).left == [])
        }
    }
}
