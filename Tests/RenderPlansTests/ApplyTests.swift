// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import FakeRender
import Render
import RenderPlans
import TestKit
import Testing

@Suite struct ApplyTests {
    @Test func `a whole suite is made from nothing and a second plan has nothing to do`() async throws {
        try await ApplyWorld.run { world in
            let report = try await world.apply(ApplyFixtures.suite)
            #expect(report.failures == [])
            #expect(report.status == .succeeded)
            #expect(try await world.plan(ApplyFixtures.suite).left == [])
            #expect(world.fake.duplicates == [])
            let deploys = world.deployCounts
            let second = try await world.apply(ApplyFixtures.suite)
            #expect(second.failures == [])
            #expect(second.deploys == [])
            #expect(world.deployCounts == deploys)
            #expect(world.fake.schemaViolations == [])
        }
    }

    @Test func `a new service has its variables in the deploy that Render starts by itself`() async throws {
        try await ApplyWorld.run { world in
            let report = try await world.apply(ApplyFixtures.small())
            #expect(report.failures == [])
            #expect(world.deployCounts == ["web": 1, "worker": 1])
            #expect(report.deploys.map(\.isFirst) == [true, true])
            let web = try #require(world.fake.service(named: "web"))
            #expect(world.fake.env(service: web.id)["DATABASE_URL"]?.reveal().hasPrefix("postgres") == true)
        }
    }

    @Test func `services that refer to each other get exactly one further deploy where it is needed`() async throws {
        try await ApplyWorld.run { world in
            let report = try await world.apply(ApplyFixtures.suite)
            let further = report.deploys.filter { !$0.isFirst }
            // The cycle is broken at one of the two.
            #expect(further.map(\.resource.name) == ["api"])
            #expect(further.allSatisfy { $0.mode == .build })
            #expect(world.deployCounts.values.sorted() == [1, 1, 1, 2])
            let api = try #require(world.fake.service(named: "api"))
            let indexer = try #require(world.fake.service(named: "indexer"))
            #expect(world.fake.env(service: api.id)["WORKER_HOST"]?.reveal() == "indexer:10000")
            #expect(world.fake.env(service: indexer.id)["API_HOST"]?.reveal() == "api")
        }
    }

    @Test func `a changed variable is written alone and starts again what was built`() async throws {
        try await ApplyWorld.run { world in
            try await world.apply(ApplyFixtures.small())
            world.fake.forgetRequests()
            let changed = ApplyFixtures.small { $0.replace("value: one", with: "value: two", maxReplacements: 1) }
            let report = try await world.apply(changed)
            #expect(report.failures == [])
            #expect(report.outcome(of: "service/web") == .updated)
            #expect(report.outcome(of: "service/worker") == .unchanged)
            #expect(report.deploys.map(\.mode) == [.deployOnly])
            let writes = world.fake.requests.filter { $0.method != "GET" }
            #expect(writes.map(\.method) == ["PUT", "POST"])
            #expect(try await world.plan(changed).left == [])
        }
    }

    @Test func `siblings go on when one fails and who depends on it is skipped and named`() async throws {
        try await ApplyWorld.run { world in
            world.fake.faults.add(.answer(status: 402), on: .operation("create-postgres"), .always)
            let report = try await world.apply(ApplyFixtures.small())
            #expect(report.status == .failed)
            guard case .failed = report.outcome(of: "postgres/db") else {
                Issue.record("\(report.text)")
                return
            }
            #expect(report.outcome(of: "service/web") == .skipped(because: ResourceAddress(.postgres, "db")))
            #expect(report.outcome(of: "service/worker") == .created)
            world.fake.faults.clear()
            let second = try await world.apply(ApplyFixtures.small())
            #expect(second.failures == [])
            #expect(world.fake.duplicates == [])
            #expect(try await world.plan(ApplyFixtures.small()).left == [])
        }
    }

    @Test func `a value that reads back different fails its resource by the name of the field`() async throws {
        try await ApplyWorld.run { world in
            try await world.apply(ApplyFixtures.small())
            let fake = world.fake
            fake.onRequest { request, moment in
                guard request.operation == "update-service", moment == .afterEffect,
                    let id = request.parameters["serviceId"]
                else { return }
                fake.edit(service: id) { $0.details["plan"] = "starter" }
            }
            let changed = ApplyFixtures.small {
                $0.replace("name: web\n", with: "name: web\n    plan: standard\n", maxReplacements: 1)
            }
            let report = try await world.apply(changed)
            #expect(report.failures.count == 1)
            #expect(report.failures.first?.contains("plan read back different") == true)
            fake.onRequest(nil)
            #expect(try await world.apply(changed).failures == [])
        }
    }

    @Test func `reads that lag behind are waited for`() async throws {
        try await ApplyWorld.run { world in
            try await world.apply(ApplyFixtures.small())
            world.fake.lag(reads: 3)
            let changed = ApplyFixtures.small {
                $0.replace("name: web\n", with: "name: web\n    plan: standard\n", maxReplacements: 1)
            }
            let plan = try await world.plan(changed)
            #expect(try await world.applier(changed).apply(plan, principal: "tester").failures == [])
        }
    }

    @Test func `a stale plan is refused with what has moved`() async throws {
        try await ApplyWorld.run { world in
            try await world.apply(ApplyFixtures.small())
            let changed = ApplyFixtures.small { $0.replace("value: one", with: "value: two") }
            let plan = try await world.plan(changed)
            let web = try #require(world.fake.service(named: "web"))
            world.fake.setEnv(service: web.id, "MODE", "three")
            world.fake.forgetRequests()
            do {
                _ = try await world.applier(changed).apply(plan, principal: "tester")
                Issue.record("a stale plan was applied")
            } catch ApplyError.stale(let fields) {
                #expect(fields.map { "\($0.resource).\($0.path)" } == ["service/web.env.MODE"])
            }
            #expect(world.fake.requests.allSatisfy { $0.method == "GET" })
        }
    }

    @Test func `a blocked plan is refused before anything is read or written`() async throws {
        try await ApplyWorld.run { world in
            let blueprint = Blueprint.text(
                """
                services:
                  - type: web
                    name: web
                    runtime: node
                    buildCommand: a
                    startCommand: b
                    envVars: [{ key: TOKEN, sync: false }]
                """)
            let plan = try await world.plan(blueprint)
            world.fake.forgetRequests()
            await #expect(throws: ApplyError.self) {
                _ = try await world.applier(blueprint).apply(plan, principal: "tester")
            }
            #expect(world.fake.requests.isEmpty)
        }
    }
}
