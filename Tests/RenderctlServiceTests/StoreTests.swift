// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Logging
import Postgres
import Store
import TestKit
import Testing

@Suite struct RenderctlStoreTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func withStores(_ body: (PostgresPool, String) async throws -> Void) async throws {
        try await withDatabase { url in
            try await RenderctlSchema.preparation.run(owner: url, app: url, logger: Self.quiet)
            var configuration = PostgresConfiguration(url: url)
            configuration.role = RenderctlSchema.appRole
            configuration.searchPath = RenderctlSchema.name
            let pool = PostgresPool(configuration, logger: Self.quiet)
            do {
                try await body(pool, url)
            } catch {
                await pool.shutdown()
                throw error
            }
            await pool.shutdown()
        }
    }

    private func plan(_ id: String, in pool: PostgresPool) async throws {
        try await RenderPlanStore(pool: pool).keep(
            StoredPlan(
                id: id, ownerID: "tea-1", blueprint: "default", principal: "user:admin", outcome: "changes",
                source: "services: []", options: ["entered": []], document: "{}", createdAt: .now()))
    }

    private func apply(_ id: String, of planID: String = "plan_12345678") -> NewApply {
        NewApply(
            id: id, planID: planID, ownerID: "tea-1", blueprint: "default", principal: "user:admin", startedAt: .now())
    }

    @Test func `the ledger remembers fields, forgets some, and begins anew with another resource`() async throws {
        try await withStores { pool, _ in
            let store = AppliedStore(pool: pool)
            func record(_ id: String, _ fields: [String: String?]) async throws {
                try await store.record(
                    ownerID: "tea-1", blueprint: "default", address: "service/a", id: id, fields: fields)
            }
            try await record("srv-1", ["plan": "f1", "env.A": "f2"])
            try await record("srv-1", ["plan": "f3", "env.A": nil])
            #expect(
                try await store.applied(ownerID: "tea-1", blueprint: "default")
                    == [AppliedRow(address: "service/a", resourceID: "srv-1", fields: ["plan": "f3"])])
            #expect(try await store.applied(ownerID: "tea-2", blueprint: "default") == [])
            try await record("srv-2", [:])
            #expect(try await store.applied(ownerID: "tea-1", blueprint: "default").first?.fields == [:])
            #expect(try await store.blueprint(ofResource: "srv-2")?.name == "default")
            try await store.forget(ownerID: "tea-1", blueprint: "default", address: "service/a")
            #expect(try await store.applied(ownerID: "tea-1", blueprint: "default") == [])
        }
    }

    @Test func `a lock has one holder, fences grow, and who lost it cannot renew`() async throws {
        try await withStores { pool, _ in
            let locks = RenderLockStore(pool: pool, life: .milliseconds(300))
            guard case .held(let first) = try await locks.acquire("l", holder: "a") else {
                Issue.record("the lock was free")
                return
            }
            guard case .taken(let other, _) = try await locks.acquire("l", holder: "b") else {
                Issue.record("the lock was held")
                return
            }
            #expect(other == "a")
            let second: Int64 = try await eventually {
                if case .held(let fence) = try await locks.acquire("l", holder: "b") { fence } else { nil }
            }
            #expect(second > first)
            #expect(try await !locks.renew("l", fence: first))
            #expect(try await locks.renew("l", fence: second))
            try await locks.release("l", fence: first)
            guard case .taken = try await locks.acquire("l", holder: "c") else {
                Issue.record("somebody else's release freed it")
                return
            }
            try await locks.release("l", fence: second)
            guard case .held(let third) = try await locks.acquire("l", holder: "c") else {
                Issue.record("the lock was given back")
                return
            }
            #expect(third > second)
        }
    }

    @Test func `whoever lost the lock writes nothing more into the journal`() async throws {
        try await withStores { pool, _ in
            try await plan("plan_12345678", in: pool)
            let (applies, locks) = (RenderApplyStore(pool: pool), RenderLockStore(pool: pool))
            let id = "apply_01ARZ3NDEKTSV4RRFFQ69G5FAV"
            let name = RenderApplyStore.lockName(ownerID: "tea-1", blueprint: "default")
            guard case .held(let fence) = try await locks.acquire(name, holder: "a") else { return }
            #expect(try await applies.begin(apply(id), fence: fence + 1) == .refused)
            #expect(try await applies.apply(id) == nil)
            #expect(try await applies.begin(apply(id), fence: fence) == .begun)
            #expect(try await applies.begin(apply(id), fence: fence) == .taken)
            func intend(_ fence: Int64) async throws -> Bool {
                try await applies.intend(
                    "service/a/create", resource: "service/a", detail: ["name": "a"], apply: id, fence: fence)
            }
            #expect(try await !intend(fence + 1))
            #expect(try await intend(fence))
            #expect(try await intend(fence), "again, after a restart")
            func conclude(_ fence: Int64) async throws -> Bool {
                try await applies.conclude(
                    "service/a/create", resource: "service/a", state: "done", result: ["id": "srv-1"], message: nil,
                    because: nil, apply: id, fence: fence)
            }
            #expect(try await !conclude(fence - 1))
            #expect(try await conclude(fence))
            #expect(try await applies.steps(of: id).map(\.state) == ["done"])
            #expect(try await applies.steps(of: id).first?.detail == ["name": "a"])
            #expect(try await applies.unfinished(ownerID: "tea-1", blueprint: "default").map(\.id) == [id])
            try await locks.release(name, fence: fence)
            #expect(try await !applies.end(id, status: "succeeded", fence: fence))
            guard case .held(let next) = try await locks.acquire(name, holder: "b") else { return }
            #expect(try await applies.end(id, status: "succeeded", fence: next))
            #expect(try await applies.apply(id)?.status == "succeeded")
            #expect(try await applies.unfinished() == [])
        }
    }

    @Test func `old plans and applies go, and the newest of each blueprint stays`() async throws {
        try await withStores { pool, _ in
            let (plans, applies) = (RenderPlanStore(pool: pool), RenderApplyStore(pool: pool))
            for number in 0..<(RenderPlanStore.mostKept + 5) { try await plan("plan_\(10_000_000 + number)", in: pool) }
            let (id, locks) = ("apply_01ARZ3NDEKTSV4RRFFQ69G5FAV", RenderLockStore(pool: pool))
            let name = RenderApplyStore.lockName(ownerID: "tea-1", blueprint: "default")
            guard case .held(let fence) = try await locks.acquire(name, holder: "a") else { return }
            #expect(try await applies.begin(apply(id, of: "plan_10000000"), fence: fence) == .begun)
            #expect(try await applies.end(id, status: "abandoned", message: "for a test", fence: fence))
            try await applies.prune()
            try await plans.prune()
            #expect(try await plans.plan("plan_10000000") != nil, "an apply that is kept has it")
            #expect(try await plans.plan("plan_10000001") == nil)
            #expect(try await plans.list(blueprint: "default", before: nil, limit: 500).count == 201)
            #expect(try await plans.lastApplied(ownerID: "tea-1", blueprint: "default")?.plan.id == "plan_10000000")
        }
    }

    @Test func `events wait in order, are tried ever more seldom, and go when they are told`() async throws {
        try await withStores { pool, _ in
            let outbox = RenderOutboxStore(pool: pool)
            let events = (0..<3).map { number in
                OutboxEvent(
                    id: UUID.timeOrdered(), type: "render.env_changed", principal: "user:admin",
                    traceID: String(repeating: "a", count: 32), body: ["number": JSONValue(number)],
                    occurredAt: Timestamp(microseconds: 1_000_000))
            }
            try await outbox.put(events)
            try await outbox.put([events[0]])
            #expect(try await outbox.figures().waiting == 3)
            #expect(try await outbox.take(limit: 2) == Array(events.prefix(2)))
            #expect(try await outbox.take(limit: 2) == [], "the oldest was tried a moment ago")
            try await outbox.delivered(events.prefix(2).map(\.id))
            #expect(try await outbox.take(limit: 2) == [events[2]])
            try await outbox.delivered([events[2].id])
            #expect(try await outbox.figures() == RenderOutboxStore.Figures())
        }
    }

    @Test func `what the monitor remembers is written only over what was read`() async throws {
        try await withStores { pool, _ async throws in
            let memory = MonitorMemoryStore(pool: pool)
            #expect(try await memory.save("service", key: "a", ["n": 1], over: 0, most: 2))
            #expect(try await !memory.save("service", key: "a", ["n": 9], over: 0, most: 2))
            #expect(try await memory.save("service", key: "a", ["n": 2], over: 1, most: 2))
            #expect(try await !memory.save("service", key: "a", ["n": 9], over: 1, most: 2))
            #expect(try await memory.entry("service", key: "a")?.body == ["n": 2])
            for key in ["b", "c"] { #expect(try await memory.save("service", key: key, [:], over: 0, most: 2)) }
            #expect(try await memory.entries("service", limit: 10).map(\.key) == ["c", "b"])
        }
    }

    @Test func `a request's key belongs to one body`() async throws {
        try await withStores { pool, _ in
            let requests = RenderRequestStore(pool: pool)
            let (one, other) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
            #expect(try await requests.claim("k", hash: one) == .new)
            #expect(try await requests.claim("k", hash: one) == .begun)
            #expect(try await requests.claim("k", hash: other) == .otherRequest)
            try await requests.answer("k", "dep-1")
            try await requests.release("k")
            #expect(try await requests.claim("k", hash: one) == .answered("dep-1"))
        }
    }

    @Test func `the running role may not change plans, nor look the fingerprints' key over`() async throws {
        try await withStores { pool, _ in
            try await plan("plan_12345678", in: pool)
            for sql in [
                "UPDATE plans SET source = ''", "UPDATE applies SET plan_id = ''", "DELETE FROM installation_keys",
                "UPDATE installation_keys SET secret = ''", "TRUNCATE outbox",
            ] as [SQL] {
                await #expect(throws: PostgresError.self) { _ = try await pool.query(sql) }
            }
        }
    }
}
