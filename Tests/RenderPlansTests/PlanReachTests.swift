// SPDX-License-Identifier: Apache-2.0

import Blueprints
import FakeRender
import RenderPlans
import Testing

/// What Render's files have and its API does not set: it is said, and neither planned nor tried.
struct PlanReachTests {
    private static let file = """
        services:
          - type: worker
            name: worker
            runtime: python
            buildCommand: pip install .
            startCommand: python worker.py
            healthCheckPath: /up
            renderSubdomainPolicy: disabled
            maintenanceMode: {enabled: true, uri: https://acme.example}
            ipAllowList: [{source: 203.0.113.7/32}]
            domains: [worker.acme.example]
            initialDeployHook: ./seed
            previewPlan: pro
          - type: web
            name: site
            runtime: static
            staticPublishPath: dist
            domains: [www.acme.example, acme.example]
            preDeployCommand: ./check
          - type: cron
            name: job
            runtime: node
            schedule: "* * * * *"
            buildCommand: npm ci
            startCommand: node job.js
            preDeployCommand: ./migrate
            previews: {generation: manual}
          - type: web
            name: container
            runtime: docker
            buildCommand: make
            dockerCommand: serve
          - type: web
            name: image
            image: {url: nginx}
        """

    private static let beyond: [Field] = [
        .healthCheckPath, .renderSubdomainPolicy, .maintenanceMode, .ipAllowList, .initialDeployHook, .previewPlan,
        .preDeployCommand, .previews,
    ]

    @Test func `what is beyond reach for a type of service is no change`() throws {
        let scene = try Scene(Self.file, isApplied: false)
        let changes = scene.plan().actions.flatMap(\.changes)
        for field in Self.beyond { #expect(!changes.contains { $0.target == .field(field) }, "\(field)") }
        let worker = try scene.plan().action("service/worker").changes
        #expect(!worker.contains { $0.target == .field(.domains) })
        // The reader says it, and it is not said twice.
        #expect(scene.plan().diagnostics.count { $0.severity == .unsupported } == 11)
        var applied = try Scene(Self.file)
        try applied.change("service/site") { $0.redirects = ["acme.example"] }
        #expect(applied.plan().summary == [])
    }

    @Test func `a file with it is applied, and then there is nothing left to do`() async throws {
        try await ApplyWorld.run { world in
            let blueprint = Blueprint.text(Self.file)
            let report = try await world.apply(blueprint)
            #expect(report.failures == [])
            #expect(try await world.plan(blueprint).left == [])
            let site = try #require(world.fake.service(named: "site"))
            #expect(site.domains.map(\.name) == ["www.acme.example", "acme.example"])
            #expect(world.fake.schemaViolations == [])
        }
    }
}
