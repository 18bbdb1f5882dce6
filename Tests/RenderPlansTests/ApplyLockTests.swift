// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import FakeRender
import Render
import RenderPlans
import Synchronization
import TestKit
import Testing

/// Locks that can be taken away from whoever has them.
final class StealableLocks: FencedLocks {
    private let locks: InMemoryFencedLocks
    private let held = Mutex<[String: HeldLock]>([:])
    private let refused = Mutex(0)

    init(_ locks: InMemoryFencedLocks) { self.locks = locks }

    func acquire(_ name: String, holder: String) async throws -> LockOutcome {
        let outcome = await locks.acquire(name, holder: holder)
        if case .held(let lock) = outcome { held.withLock { $0[name] = lock } }
        return outcome
    }

    func renew(_ lock: HeldLock) async throws -> Bool {
        let isHeld = await locks.renew(lock)
        if !isHeld { refused.withLock { $0 += 1 } }
        return isHeld
    }

    /// How many renewals found the lock gone.
    var refusals: Int { refused.withLock { $0 } }
    func release(_ lock: HeldLock) async throws { await locks.release(lock) }

    /// What happens when a holder is taken for dead and another comes.
    func steal(_ prefix: String) async {
        let victims = held.withLock { held in held.values.filter { $0.name.hasPrefix(prefix) } }
        for lock in victims {
            await locks.release(lock)
            _ = await locks.acquire(lock.name, holder: "thief")
        }
    }
}

@Suite struct ApplyLockTests {
    @Test func `a second apply of the blueprint is refused with the name of the first`() async throws {
        try await ApplyWorld.run { world in
            let name = "blueprint:\(world.fake.ownerID):\(ApplyWorld.name)"
            _ = await world.locks.acquire(name, holder: "somebody")
            let plan = try await world.plan(ApplyFixtures.small())
            world.fake.forgetRequests()
            do {
                _ = try await world.applier(ApplyFixtures.small()).apply(plan, principal: "tester")
                Issue.record("two applies ran at once")
            } catch ApplyError.locked(let holder, let until) {
                #expect(holder == "somebody")
                #expect(Timestamp(until) != nil)
            }
            #expect(world.fake.requests.isEmpty)
        }
    }

    @Test func `of two applies at once one runs and nothing is made twice`() async throws {
        try await ApplyWorld.run { world in
            let blueprint = ApplyFixtures.suite
            let plan = try await world.plan(blueprint)
            let refused = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        do {
                            _ = try await world.applier(blueprint).apply(plan, principal: "tester")
                            return false
                        } catch {
                            return error is ApplyError
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(refused == 3)
            #expect(world.fake.duplicates == [])
            #expect(try await world.plan(blueprint).left == [])
        }
    }

    @Test func `an apply that loses its lock stops at once and the rest is done by a resumed one`() async throws {
        try await ApplyWorld.run { world in
            let blueprint = ApplyFixtures.suite
            let plan = try await world.plan(blueprint)
            let locks = StealableLocks(world.locks)
            let fake = world.fake
            fake.onRequest { request, moment in
                if request.operation == "create-key-value", moment == .beforeEffect { await locks.steal("blueprint:") }
            }
            let options = ApplyOptions(concurrency: 1)
            await #expect(throws: ApplyError.lockLost) {
                _ = try await world.applier(blueprint, locks: locks)
                    .apply(plan, principal: "tester", options: options)
            }
            let writes = fake.requests.filter { $0.method != "GET" }
            #expect(writes.last?.operation == "create-key-value")
            fake.onRequest(nil)
            await locks.steal("blueprint:")
            let name = "blueprint:\(fake.ownerID):\(ApplyWorld.name)"
            await world.locks.release(
                HeldLock(name: name, holder: "thief", fence: await world.locks.fence(of: name) ?? 0))
            let open = await world.journal.unfinished(ownerID: fake.ownerID, blueprint: ApplyWorld.name)
            let record = try #require(open.first)
            let report = try await world.applier(blueprint).resume(record.id, plan: plan, principal: "tester")
            #expect(report.failures == [])
            #expect(fake.duplicates == [])
            #expect(try await world.plan(blueprint).left == [])
        }
    }

    @Test func `a lock that cannot be renewed cancels what is under way`() async throws {
        try await ApplyWorld.run { start in
            var world = start
            world.timing.renewEvery = .milliseconds(1)
            let blueprint = ApplyFixtures.small()
            let plan = try await world.plan(blueprint)
            let locks = StealableLocks(world.locks)
            world.fake.onRequest { request, moment in
                guard request.operation == "create-postgres", moment == .afterEffect else { return }
                await locks.steal("blueprint:")
            }
            world.fake.faults.add(.delay(.seconds(20)), on: .operation("create-service"), .always)
            let applier = world.applier(blueprint, locks: locks)
            let clock = ContinuousClock()
            let start = clock.now
            await #expect(throws: ApplyError.lockLost) { _ = try await applier.apply(plan, principal: "tester") }
            #expect(clock.now - start < .seconds(10))
        }
    }

    @Test func `a service whose lock is lost is not written to any more`() async throws {
        try await ApplyWorld.run { start in
            var world = start
            try await world.apply(ApplyFixtures.small())
            world.timing.renewEvery = .milliseconds(1)
            let locks = StealableLocks(world.locks)
            let web = try #require(world.fake.service(named: "web"))
            world.fake.onRequest { request, moment in
                guard request.operation == "update-env-var", request.parameters["serviceId"] == web.id,
                    moment == .afterEffect
                else { return }
                await locks.steal("service:\(web.id)")
                // Long enough for a renewal to find out.
                try? await eventually { locks.refusals > 0 }
            }
            let changed = ApplyFixtures.small { $0.replace("value: one", with: "value: two") }
            let report = try await world.applier(changed, locks: locks)
                .apply(try await world.plan(changed), principal: "tester")
            #expect(report.failures.count == 1)
            #expect(report.failures.first?.contains("lock of the service was lost") == true)
            #expect(report.deploys.map(\.resource.name) == ["worker"])
        }
    }

    @Test func `a service that the monitor works on is not touched`() async throws {
        try await ApplyWorld.run { world in
            try await world.apply(ApplyFixtures.small())
            let web = try #require(world.fake.service(named: "web"))
            _ = await world.locks.acquire("service:\(web.id)", holder: "monitor")
            let changed = ApplyFixtures.small { $0.replace("value: one", with: "value: two") }
            let report = try await world.apply(changed)
            #expect(report.failures.count == 1)
            #expect(report.failures.first?.contains("monitor works on the service") == true)
            #expect(report.outcome(of: "service/worker") == .updated)
            #expect(world.fake.env(service: web.id)["MODE"]?.reveal() == "one")
        }
    }
}
