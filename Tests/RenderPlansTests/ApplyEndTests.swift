// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import FakeRender
import Render
import RenderPlans
import Synchronization
import TestKit
import Testing

/// Deploys, pruning, what is left behind, and what is told.
@Suite struct ApplyEndTests {
    private static let changed = ApplyFixtures.small {
        $0.replace("value: one", with: "value: two", maxReplacements: 1)
    }
    private static let withoutWorker = ApplyFixtures.small { text in
        if let start = text.firstRange(of: "  - type: worker") { text.removeSubrange(start.lowerBound...) }
    }

    @Test func `a deploy that could not be started is in the next plan, though nothing on Render shows it`()
        async throws
    {
        try await ApplyWorld.run { world in
            try await world.apply(ApplyFixtures.small())
            world.fake.faults.add(.answer(status: 402), on: .operation("create-deploy"), .always)
            let report = try await world.apply(Self.changed)
            #expect(report.failures.count == 1)
            world.fake.faults.clear()
            let plan = try await world.plan(Self.changed)
            #expect(plan.left == ["update service/web"])
            #expect(plan.actions.first { $0.address.name == "web" }?.deploy == .deployOnly)
            let second = try await world.apply(Self.changed)
            #expect(second.failures == [])
            #expect(second.deploys.map(\.resource.name) == ["web"])
            #expect(try await world.plan(Self.changed).left == [])
        }
    }

    @Test func `while the newest build is not live a change builds instead of starting an old one again`() async throws
    {
        try await ApplyWorld.run({ $0.pace = .steps }) { world in
            try await world.apply(ApplyFixtures.small())
            let report = try await world.apply(Self.changed)
            #expect(report.failures == [])
            #expect(report.deploys.map(\.mode) == [.build])
            #expect(report.deploys.allSatisfy { $0.id != nil })
        }
    }

    @Test func `an apply that waits tells of each deploy until it is live`() async throws {
        try await ApplyWorld.run({ $0.pace = .steps }) { world in
            let fake = world.fake
            fake.onRequest { request, moment in
                if request.operation == "retrieve-deploy", moment == .beforeEffect { fake.advance() }
            }
            let told = Mutex<[ApplyProgress]>([])
            let blueprint = ApplyFixtures.small()
            let report = try await world.applier(blueprint).apply(
                try await world.plan(blueprint), principal: "tester",
                options: ApplyOptions(waitForDeploys: .seconds(600))
            ) { progress in told.withLock { $0.append(progress) } }
            #expect(report.failures == [])
            #expect(report.deploys.map(\.status) == ["live", "live"])
            let progress = told.withLock { $0 }
            guard case .began = progress.first, progress.last == .ended(.succeeded) else {
                Issue.record("\(progress)")
                return
            }
            let statuses = progress.compactMap { if case .deploy(_, _, let status) = $0 { status } else { nil } }
            #expect(statuses.contains("build_in_progress"))
            #expect(statuses.count { $0 == "live" } == 2)
        }
    }

    @Test func `a deploy that is not live in time fails its service`() async throws {
        try await ApplyWorld.run({ $0.pace = .steps }) { world in
            let report = try await world.apply(
                ApplyFixtures.small(), .testing, ApplyOptions(waitForDeploys: .seconds(30)))
            #expect(report.status == .failed)
            #expect(report.failures.count == 2)
        }
    }

    @Test func `what is ours and not in the file is deleted only when asked for, suspended first`() async throws {
        try await ApplyWorld.run { world in
            try await world.apply(ApplyFixtures.small())
            var options = PlanOptions.testing
            options.prunesResources = true
            let kept = try await world.apply(Self.withoutWorker, options)
            #expect(kept.outcome(of: "service/worker") == .kept(reason: "pruning was not asked for"))
            world.fake.forgetRequests()
            let report = try await world.apply(Self.withoutWorker, options, ApplyOptions(prune: true))
            #expect(report.failures == [])
            #expect(report.outcome(of: "service/worker") == .pruned)
            #expect(world.fake.service(named: "worker") == nil)
            let writes = world.fake.requests.filter { $0.method != "GET" }.compactMap(\.operation)
            #expect(writes == ["suspend-service", "delete-service"])
            #expect(try await world.plan(Self.withoutWorker, options).left == [])
        }
    }

    @Test func `nothing is deleted beyond the limit, and never what holds data`() async throws {
        try await ApplyWorld.run { world in
            try await world.apply(ApplyFixtures.small())
            var options = PlanOptions.testing
            options.prunesResources = true
            let plan = try await world.plan(Self.withoutWorker, options)
            await #expect(throws: ApplyError.tooManyPruned(count: 1, limit: 0)) {
                _ = try await world.applier(Self.withoutWorker, options)
                    .apply(plan, principal: "tester", options: ApplyOptions(prune: true, pruneLimit: 0))
            }
            let worker = try #require(world.fake.service(named: "worker"))
            // A plan that was made by somebody less careful.
            let database = try #require(world.fake.databases.first)
            let careless = Plan(
                id: "plan_careless", ownerID: plan.ownerID, blueprint: plan.blueprint,
                actions: [
                    PlanAction(
                        address: ResourceAddress(.postgres, "db"), serviceType: nil, verb: .prune,
                        liveID: database.id, changes: [], dependsOn: [], layer: 0, deploy: .none, position: nil)
                ], diagnostics: [], observed: [:])
            let report = try await world.applier(Self.withoutWorker)
                .apply(careless, principal: "tester", options: ApplyOptions(prune: true))
            #expect(report.outcome(of: "postgres/db") == .kept(reason: "what holds data is never deleted"))
            #expect(world.fake.databases.count == 1)
            #expect(world.fake.service(worker.id) != nil)
        }
    }

    @Test func `a killed apply whose plan is gone is settled and its service stays ours`() async throws {
        try await ApplyWorld.run { world in
            let blueprint = ApplyFixtures.small()
            let plan = try await world.plan(blueprint)
            // The word after the creation of a service is never written: 1 begins, 2 to 5 are for the first layer.
            let journal = KillingJournal(world.journal, at: 4, before: true)
            await #expect(throws: Killed.self) {
                _ = try await world.applier(blueprint, journal: journal)
                    .apply(plan, principal: "tester", options: ApplyOptions(concurrency: 1))
            }
            let open = await world.journal.unfinished(ownerID: world.fake.ownerID, blueprint: ApplyWorld.name)
            let record = try #require(open.first)
            let report = try await world.applier(blueprint).resume(record.id, plan: nil, principal: "tester")
            #expect(report.status == .abandoned)
            #expect(await world.journal.read(record.id)?.steps.allSatisfy { $0.outcome != nil } == true)
            let applied = await world.applied()
            for service in world.fake.services {
                #expect(applied.resources[ResourceAddress(.service, service.name)]?.id == service.id)
            }
            await #expect(throws: ApplyError.ended(applyID: record.id, status: .abandoned)) {
                _ = try await world.applier(blueprint).resume(record.id, plan: plan, principal: "tester")
            }
            #expect(try await world.apply(blueprint).failures == [])
            #expect(world.fake.duplicates == [])
            #expect(try await world.plan(blueprint).left == [])
        }
    }

    @Test func `a group changed before the apply was killed still leads to the deploys of its users`() async throws {
        try await ApplyWorld.run { world in
            func blueprint(_ value: String) -> Blueprint {
                .text(
                    """
                    envVarGroups:
                      - name: shared
                        envVars: [{ key: REGION, value: \(value) }]
                    services:
                      - type: worker
                        name: worker
                        runtime: node
                        buildCommand: npm ci
                        startCommand: node worker.js
                        envVars: [{ fromGroup: shared }]
                    """)
            }
            try await world.apply(blueprint("eu"))
            let plan = try await world.plan(blueprint("us"))
            // 1 begins, 2 and 3 are the word before and after the variable of the group.
            let journal = KillingJournal(world.journal, at: 3, before: false)
            await #expect(throws: Killed.self) {
                _ = try await world.applier(blueprint("us"), journal: journal).apply(plan, principal: "tester")
            }
            let open = await world.journal.unfinished(ownerID: world.fake.ownerID, blueprint: ApplyWorld.name)
            let record = try #require(open.first)
            _ = try await world.applier(blueprint("us")).resume(record.id, plan: nil, principal: "tester")
            #expect(try await world.plan(blueprint("us")).left == ["update service/worker"])
            let report = try await world.apply(blueprint("us"))
            #expect(report.deploys.map(\.resource.name) == ["worker"])
            #expect(try await world.plan(blueprint("us")).left == [])
        }
    }

    @Test func `an apply of another plan settles the one that was killed before it`() async throws {
        try await ApplyWorld.run { world in
            let first = ApplyFixtures.small()
            let plan = try await world.plan(first)
            let journal = KillingJournal(world.journal, at: 5, before: false)
            await #expect(throws: Killed.self) {
                _ = try await world.applier(first, journal: journal).apply(plan, principal: "tester")
            }
            let open = await world.journal.unfinished(ownerID: world.fake.ownerID, blueprint: ApplyWorld.name)
            let report = try await world.apply(Self.changed)
            #expect(report.settled == open.map(\.id))
            #expect(report.failures == [])
            #expect(world.fake.duplicates == [])
            #expect(try await world.plan(Self.changed).left == [])
        }
    }

    @Test func `a cancelled apply can be gone on with`() async throws {
        try await ApplyWorld.run { world in
            let blueprint = ApplyFixtures.suite
            let plan = try await world.plan(blueprint)
            let applier = world.applier(blueprint)
            let reached = AsyncStream.makeStream(of: Void.self)
            world.fake.onRequest { request, moment in
                if request.operation == "create-service", moment == .afterEffect { reached.continuation.yield() }
            }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await applier.apply(plan, principal: "tester") }
                for await _ in reached.stream { break }
                group.cancelAll()
            }
            world.fake.onRequest(nil)
            let open = await world.journal.unfinished(ownerID: world.fake.ownerID, blueprint: ApplyWorld.name)
            let record = try #require(open.first)
            #expect(try await applier.resume(record.id, plan: plan, principal: "tester").failures == [])
            #expect(world.fake.duplicates == [])
            #expect(try await world.plan(blueprint).left == [])
        }
    }

    @Test func `no secret is in a report, a journal, a ledger or what is told`() async throws {
        try await ApplyWorld.run { world in
            let blueprint = ApplyFixtures.small { $0.replace("value: one", with: "value: canary-7f3a") }
            let told = Mutex<[String]>([])
            world.fake.faults.add(.answer(status: 400), on: .operation("update-env-var"), .times(1))
            _ = try await world.apply(ApplyFixtures.small())
            let report = try await world.applier(blueprint).apply(
                try await world.plan(blueprint), principal: "tester"
            ) { progress in told.withLock { $0.append("\(progress) \(JSONValue.object(progress.json).text)") } }
            let record = try #require(await world.journal.read(report.applyID))
            let text = [
                report.text, JSONValue.object(report.json).text, "\(report)", "\(record)", "\(await world.applied())",
                told.withLock { $0.joined() },
            ].joined()
            #expect(!text.contains("canary-7f3a"))
            let database = try #require(world.fake.databases.first)
            #expect(!text.contains(database.password.reveal()))
            #expect(report.json["status"]?.string == report.status.rawValue)
        }
    }
}
