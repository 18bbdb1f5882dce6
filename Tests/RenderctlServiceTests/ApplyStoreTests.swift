// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Logging
import Postgres
import Store
import TestKit
import Testing

/// Beginning, succeeding and ending applies, as the database has it.
@Suite struct ApplyStoreTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let name = RenderApplyStore.lockName(ownerID: "tea-1", blueprint: "default")

    private struct World {
        let applies: RenderApplyStore
        let locks: RenderLockStore
        let outbox: RenderOutboxStore

        func lock(_ holder: String) async throws -> Int64 {
            guard case .held(let fence) = try await locks.acquire(ApplyStoreTests.name, holder: holder) else {
                throw Problem(.conflict, "The lock is held.")
            }
            return fence
        }

        /// What waits to be told, oldest first.
        func told() async throws -> [String] { try await outbox.take(limit: 100).map(\.type) }
    }

    private static func run(life: Duration = .seconds(30), _ body: (World) async throws -> Void) async throws {
        try await withDatabase { url in
            try await RenderctlSchema.preparation.run(owner: url, app: url, logger: quiet)
            var configuration = PostgresConfiguration(url: url)
            configuration.role = RenderctlSchema.appRole
            configuration.searchPath = RenderctlSchema.name
            let pool = PostgresPool(configuration, logger: quiet)
            do {
                for id in ["plan_00000001", "plan_00000002"] {
                    try await RenderPlanStore(pool: pool).keep(
                        StoredPlan(
                            id: id, ownerID: "tea-1", blueprint: "default", principal: "user:admin",
                            outcome: "changes", source: "services: []", options: ["entered": []], document: "{}",
                            createdAt: .now()))
                }
                try await body(
                    World(
                        applies: RenderApplyStore(pool: pool), locks: RenderLockStore(pool: pool, life: life),
                        outbox: RenderOutboxStore(pool: pool)))
            } catch {
                await pool.shutdown()
                throw error
            }
            await pool.shutdown()
        }
    }

    private static func apply(_ id: String, of planID: String = "plan_00000001") -> NewApply {
        NewApply(
            id: id, planID: planID, ownerID: "tea-1", blueprint: "default", principal: "user:admin", startedAt: .now())
    }

    private static func event(_ type: String) -> OutboxEvent {
        OutboxEvent(
            id: .timeOrdered(), type: type, principal: "user:admin", traceID: String(repeating: "a", count: 32),
            body: [:], occurredAt: .now())
    }

    @Test func `a successor begins in the moment in which the first apply ends`() async throws {
        try await Self.run { world in
            let fence = try await world.lock("a")
            let started = Self.event("render.apply_started")
            #expect(try await world.applies.begin(Self.apply("apply_1"), fence: fence, telling: [started]) == .begun)
            let beginning = try await world.applies.begin(
                Self.apply("apply_2", of: "plan_00000002"), replacing: [("apply_1", "apply_2 goes on.")],
                carryingOn: ["apply_1"], fence: fence,
                telling: [Self.event("render.apply_finished"), Self.event("render.apply_started")])
            #expect(beginning == .begun)
            let first = try #require(try await world.applies.apply("apply_1"))
            #expect(first.status == "abandoned")
            #expect(first.successor == "apply_2")
            #expect(first.message == "apply_2 goes on.")
            #expect(first.endedAt != nil)
            #expect(try await world.applies.unfinished().map(\.id) == ["apply_2"])
            #expect(
                try await world.told()
                    == ["render.apply_started", "render.apply_finished", "render.apply_started"])
        }
    }

    @Test func `one that only takes the place of another is not its successor`() async throws {
        try await Self.run { world in
            let fence = try await world.lock("a")
            #expect(try await world.applies.begin(Self.apply("apply_1"), fence: fence) == .begun)
            let beginning = try await world.applies.begin(
                Self.apply("apply_2"), replacing: [("apply_1", "apply_2 took its place.")], fence: fence)
            #expect(beginning == .begun)
            #expect(try await world.applies.apply("apply_1")?.status == "abandoned")
            #expect(try await world.applies.apply("apply_1")?.successor == nil)
        }
    }

    @Test func `whoever lost the lock succeeds nothing, and nothing of it is written or told`() async throws {
        try await Self.run { world in
            let lost = try await world.lock("a")
            #expect(try await world.applies.begin(Self.apply("apply_1"), fence: lost) == .begun)
            try await world.locks.release(Self.name, fence: lost)
            func succeed(fence: Int64, of earlier: [String] = ["apply_1"]) async throws -> RenderApplyStore.Beginning {
                try await world.applies.begin(
                    Self.apply("apply_2"), replacing: earlier.map { ($0, "apply_2 goes on.") }, carryingOn: earlier,
                    fence: fence, telling: [Self.event("render.apply_finished")])
            }
            #expect(try await succeed(fence: lost) == .refused)
            let held = try await world.lock("b")
            #expect(try await succeed(fence: lost) == .refused)
            #expect(try await succeed(fence: held + 1) == .refused)
            #expect(try await world.applies.apply("apply_2") == nil)
            #expect(try await world.applies.apply("apply_1")?.status == "running")
            #expect(try await world.applies.apply("apply_1")?.message == nil)
            #expect(try await world.told() == [])
            // One that has ended has no successor any more, and one that is not there has none either.
            #expect(try await world.applies.end("apply_1", status: "failed", message: "It failed.", fence: held))
            #expect(try await succeed(fence: held) == .refused)
            #expect(try await succeed(fence: held, of: ["apply_0"]) == .refused)
            #expect(try await world.applies.apply("apply_1")?.status == "failed")
            #expect(try await world.applies.apply("apply_2") == nil)
            #expect(try await world.told() == [])
        }
    }

    @Test func `an end is told once, and by nobody who lost the lock`() async throws {
        try await Self.run { world in
            let fence = try await world.lock("a")
            #expect(try await world.applies.begin(Self.apply("apply_1"), fence: fence) == .begun)
            func end(_ status: String, fence: Int64) async throws -> Bool {
                try await world.applies.end(
                    "apply_1", status: status, message: status, fence: fence,
                    telling: Self.event("render.apply_finished"))
            }
            #expect(try await !end("failed", fence: fence + 1))
            #expect(try await world.told() == [])
            #expect(try await end("succeeded", fence: fence))
            #expect(try await end("failed", fence: fence))
            #expect(try await world.applies.apply("apply_1")?.status == "succeeded")
            #expect(try await world.applies.apply("apply_1")?.message == "succeeded")
            #expect(try await world.told() == ["render.apply_finished"])
        }
    }

    @Test func `an apply is nobody's once its lock is free or its lease has run out`() async throws {
        try await Self.run(life: .milliseconds(400)) { world in
            func orphans(_ owner: String? = nil, except known: [String] = []) async throws -> [String] {
                try await world.applies.orphaned(ownerID: owner, except: known, limit: 10)
                    .map { "\($0.id) \($0.isReleased ? "released" : "expired")" }
            }
            let fence = try await world.lock("a")
            #expect(try await world.applies.begin(Self.apply("apply_1"), fence: fence) == .begun)
            #expect(try await world.locks.renew(Self.name, fence: fence))
            #expect(try await orphans() == [])
            try await eventually { try await orphans() == ["apply_1 expired"] }
            try await world.locks.release(Self.name, fence: fence)
            #expect(try await orphans() == ["apply_1 released"])
            #expect(try await orphans("tea-1") == ["apply_1 released"])
            #expect(try await orphans("tea-2") == [])
            #expect(try await orphans(except: ["apply_1"]) == [])
            let next = try await world.lock("b")
            #expect(try await world.applies.end("apply_1", status: "abandoned", fence: next))
            try await world.locks.release(Self.name, fence: next)
            #expect(try await orphans() == [])
        }
    }

    @Test func `an old apply is dropped though it succeeded another that is dropped as well`() async throws {
        try await Self.run { world in
            let fence = try await world.lock("a")
            var last: String?
            for number in 0..<(RenderApplyStore.mostKept + 3) {
                let id = "apply_\(number)"
                let earlier = last.map { [($0, "goes on")] } ?? []
                let beginning = try await world.applies.begin(
                    Self.apply(id), replacing: earlier, carryingOn: earlier.map(\.0), fence: fence)
                #expect(beginning == .begun)
                last = id
            }
            try await world.applies.prune()
            #expect(try await world.applies.apply("apply_2") == nil)
            #expect(try await world.applies.apply("apply_3")?.successor == "apply_4")
            #expect(try await world.applies.unfinished().map(\.id) == [last])
        }
    }
}
