// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Logging
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Limits by key: what is held up, what comes back, and in which order.
@Suite struct LimitTests {
    private let acme = LimitUse(name: "customer", key: "acme")
    private let other = LimitUse(name: "customer", key: "other")

    @Test func `a key's runs are held up to its limit, each key by itself`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 2)
            for _ in 0..<5 { _ = try await kernel.order { $0.limits = [acme] } }
            for _ in 0..<5 { _ = try await kernel.order { $0.limits = [other] } }
            let session = try await kernel.openSession()
            let runs = try await kernel.hold(session)
            #expect(runs.filter { $0.task.limits == [acme] }.count == 2)
            #expect(runs.filter { $0.task.limits == [other] }.count == 2)
            #expect(try await kernel.count("parked_runs") == 6)
            #expect(try await kernel.count("run_queue") == 0)
            let pulse = try await kernel.pulse()
            #expect(pulse.hasParked && !pulse.hasReadyRuns)
            #expect(try await kernel.hold(session).isEmpty)
            try await kernel.expectSound()
        }
    }

    @Test(
        arguments: [
            "completed", "failed", "tried again", "released", "cancelled", "by hand", "too late", "no progress",
            "session ended", "lost",
        ])
    func `however a run ends, one comes back in its place`(ending: String) async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 1)
            for _ in 0..<4 { _ = try await kernel.order { $0.limits = [acme] } }
            let session = try await kernel.openSession()
            let held = try await kernel.holdOne(session)
            switch ending {
            case "completed": try await kernel.end(held)
            case "failed": try await kernel.fail(held, retryable: false)
            case "tried again": try await kernel.fail(held, retryable: true)
            case "too late", "no progress":
                let column: SQL = ending == "too late" ? "timeout_at" : "progress_at"
                _ = try await kernel.pool.query("UPDATE leases SET \(column) = clock_timestamp() - interval '1 ms'")
                #expect(try await kernel.rescue() == 1)
            case "session ended":
                try await kernel.endSession(session)
                #expect(try await kernel.rescue() == 1)
            case "released": try await kernel.end(held, .released(reason: nil))
            case "cancelled": try await kernel.changeNow(held.task, .cancel(reason: nil))
            case "by hand": try await kernel.changeNow(held.task, .complete(result: Array("1".utf8)))
            default:
                _ = try await kernel.pool.query("UPDATE worker_sessions SET expires_at = now() - interval '1 second'")
                #expect(try await kernel.rescue() == 1)
            }
            let next = try await kernel.hold(try await kernel.openSession())
            #expect(next.count == 1)
            #expect(try await kernel.count("lease_limits") == 1)
            try await kernel.expectSound()
        }
    }

    @Test func `parked runs come back by priority, then by age`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 1)
            let session = try await kernel.openSession()
            _ = try await kernel.order { $0.limits = [acme] }
            var held = try await kernel.holdOne(session)
            var expected: [(priority: Int, id: ID<WorkTask>)] = []
            for priority in [1, 9, 5, 9, 1, 5] {
                let task = try await kernel.order {
                    $0.limits = [acme]
                    $0.priority = priority
                }
                expected.append((priority, task.id))
            }
            #expect(try await kernel.hold(session).isEmpty)
            expected.sort { ($1.priority, $0.id.rawValue) < ($0.priority, $1.id.rawValue) }
            for (_, id) in expected {
                try await kernel.end(held)
                held = try await kernel.holdOne(session)
                #expect(held.task.id == id)
            }
            try await kernel.end(held)
            try await kernel.expectSound()
        }
    }

    @Test func `ten thousand runs of a busy key hold up nobody`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 1)
            _ = try await kernel.order { $0.limits = [acme] }
            let session = try await kernel.openSession()
            let held = try await kernel.holdOne(session)
            // As if ten thousand had been asked for: an entry in the queue is all that a claim sees of them.
            let busy = try await kernel.order { $0.limits = [acme] }
            _ = try await kernel.pool.query(
                """
                INSERT INTO run_queue (workspace_id, queue, priority, run_id, task_id, room_id, limits)
                SELECT workspace_id, queue, priority, 'run_' || n, task_id, room_id, limits
                FROM run_queue, generate_series(1, 9999) AS n
                """)
            let free = try await kernel.order()
            let clock = ContinuousClock()
            let start = clock.now
            let runs = try await kernel.hold(session, limit: 1)
            #expect(runs.map(\.task.id) == [free.id], "the first claim gets past all of them")
            #expect(clock.now - start < .seconds(10))
            #expect(try await kernel.count("parked_runs") == 10_000)
            #expect(try await kernel.count("run_queue") == 0)
            // The next claim does not meet them at all.
            let later = try await kernel.order()
            #expect(try await kernel.hold(session, limit: 1).map(\.task.id) == [later.id])
            // What is parked and is no run stands for runs that have ended: each passes its place on.
            try await kernel.end(held)
            _ = try await kernel.pool.query("DELETE FROM parked_runs WHERE run_id <> \(busy.runID)")
            _ = try await kernel.hold(session)
        }
    }

    @Test func `a parked run that ends leaves its line`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 1)
            let session = try await kernel.openSession()
            _ = try await kernel.order { $0.limits = [acme] }
            let held = try await kernel.holdOne(session)
            var waiting: [WorkTask] = []
            for _ in 0..<5 { waiting.append(try await kernel.order { $0.limits = [acme] }) }
            #expect(try await kernel.hold(session).isEmpty)
            for task in waiting.dropLast() { try await kernel.changeNow(task, .cancel(reason: nil)) }
            #expect(try await kernel.count("parked_runs") == 1)
            #expect(try await kernel.count("run_queue") == 0, "who was not held leaves no place")
            try await kernel.end(held)
            #expect(try await kernel.holdOne(session).task.id == waiting[4].id)
            try await kernel.expectSound()
        }
    }

    @Test func `a cancelled run in the way of a free place is passed over at once`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 1)
            let session = try await kernel.openSession()
            _ = try await kernel.order { $0.limits = [acme] }
            let held = try await kernel.holdOne(session)
            let first = try await kernel.order { $0.limits = [acme] }
            let second = try await kernel.order { $0.limits = [acme] }
            #expect(try await kernel.hold(session).isEmpty)
            try await kernel.end(held)
            // The first has come back into the queue, and is cancelled there.
            try await kernel.changeNow(first, .cancel(reason: nil))
            var runs = try await kernel.hold(session)
            if runs.isEmpty { runs = try await kernel.hold(session) }
            #expect(runs.map(\.task.id) == [second.id])
            try await kernel.expectSound()
        }
    }

    @Test func `a change of priority takes a parked run to its new place, once`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 1)
            let session = try await kernel.openSession()
            _ = try await kernel.order { $0.limits = [acme] }
            let held = try await kernel.holdOne(session)
            let first = try await kernel.order { $0.limits = [acme] }
            let raised = try await kernel.order { $0.limits = [acme] }
            #expect(try await kernel.hold(session).isEmpty)
            try await kernel.changeNow(raised, .edit(TaskEdit(priority: 9)))
            #expect(try await kernel.hold(session).isEmpty)
            #expect(try await kernel.count("parked_runs") == 2)
            try await kernel.end(held)
            let next = try await kernel.holdOne(session)
            #expect(next.task.id == raised.id)
            try await kernel.end(next)
            #expect(try await kernel.holdOne(session).task.id == first.id)
            #expect(try await kernel.count("parked_runs") == 0)
            try await kernel.expectSound()
        }
    }

    @Test func `a run with two limits needs a place under both, and wastes none`() async throws {
        try await KernelFixture.with { kernel in
            let gpu = LimitUse(name: "gpu", key: "all")
            try await kernel.setLimit("customer", 1)
            try await kernel.setLimit("gpu", 1)
            let session = try await kernel.openSession()
            _ = try await kernel.order { $0.limits = [acme] }
            let customer = try await kernel.holdOne(session)
            _ = try await kernel.order { $0.limits = [gpu] }
            let device = try await kernel.holdOne(session)
            let both = try await kernel.order { $0.limits = [acme, gpu] }
            let plain = try await kernel.order { $0.limits = [acme] }
            #expect(try await kernel.hold(session).isEmpty)
            // A place of the customer becomes free; who needs the device, too, cannot use it and must not keep it.
            try await kernel.end(customer)
            var runs = try await kernel.hold(session)
            if runs.isEmpty { runs = try await kernel.hold(session) }
            #expect(runs.map(\.task.id) == [plain.id])
            try await kernel.end(device)
            #expect(try await kernel.hold(session).isEmpty)
            try await kernel.end(runs[0])
            #expect(try await kernel.holdOne(session).task.id == both.id)
            #expect(try await kernel.count("lease_limits") == 2)
            try await kernel.expectSound()
        }
    }

    @Test func `limits that are raised or lifted let go of what they held up`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 1)
            let session = try await kernel.openSession()
            for _ in 0..<6 { _ = try await kernel.order { $0.limits = [acme] } }
            _ = try await kernel.holdOne(session)
            try await kernel.setLimit("customer", 3)
            #expect(try await kernel.unparkWhatMay().queues == ["echo", "echo"])
            #expect(try await kernel.hold(session).count == 2)
            try await kernel.removeLimit("customer")
            #expect(try await kernel.unparkWhatMay().queues.count == 3)
            #expect(try await kernel.hold(session).count == 3)
            #expect(try await kernel.count("parked_runs") == 0)
            try await kernel.expectSound()
        }
    }

    @Test func `a lowered limit lets runs end and hands out none before it has room`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 3)
            let session = try await kernel.openSession()
            for _ in 0..<6 { _ = try await kernel.order { $0.limits = [acme] } }
            let held = try await kernel.hold(session)
            #expect(held.count == 3)
            try await kernel.setLimit("customer", 1)
            for run in held.prefix(2) {
                try await kernel.end(run)
                #expect(try await kernel.hold(session).isEmpty)
                #expect(try await kernel.count("run_queue") == 0, "none comes back in vain")
            }
            try await kernel.end(held[2])
            #expect(try await kernel.hold(session).count == 1)
            try await kernel.expectSound()
        }
    }

    @Test func `setting a limit to what it is records nothing, lifting one that is none is refused`() async throws {
        try await KernelFixture.with { kernel in
            let first = try await kernel.setLimit("customer", 2, rate: .init(count: 5, seconds: 1))
            let before = try await kernel.everything()
            #expect(try await kernel.setLimit("customer", 2, rate: .init(count: 5, seconds: 1)) == first)
            #expect(try await kernel.everything() == before)
            try await kernel.removeLimit("customer")
            for name in ["customer", "unknown"] {
                let problem = await #expect(throws: Problem.self) { try await kernel.removeLimit(name) }
                #expect(problem?.kind == .notFound)
            }
            let again = try await kernel.setLimit("customer", 2)
            #expect(again.removedAt == nil && again.rate == nil && again.createdAt == first.createdAt)
            try await kernel.expectSound()
        }
    }

    // MARK: Rates

    @Test func `a rate lets a burst start and then as many as its time allows`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", rate: .init(count: 3, seconds: 3600))
            let session = try await kernel.openSession()
            for _ in 0..<10 { _ = try await kernel.order { $0.limits = [acme] } }
            for _ in 0..<2 { _ = try await kernel.order { $0.limits = [other] } }
            let burst = try await kernel.hold(session)
            #expect(burst.filter { $0.task.limits == [acme] }.count == 3 && burst.count == 5)
            // Ending them gives nothing back.
            for run in burst { try await kernel.end(run) }
            #expect(try await kernel.hold(session).isEmpty)
            #expect(try await kernel.count("run_queue") == 0)
            let early = try await kernel.unparkWhatMay()
            let wait = try #require(early.nextDue)
            #expect(early.queues.isEmpty && wait > .seconds(1100) && wait <= .seconds(1200))
            // A third of the time later there is one more, and not two.
            _ = try await kernel.pool.query("UPDATE limit_buckets SET refilled_at = refilled_at - interval '1201 s'")
            #expect(try await kernel.unparkWhatMay().queues == ["echo"])
            #expect(try await kernel.hold(session).count == 1)
            // However long nothing starts, a burst is no larger than the count.
            _ = try await kernel.pool.query("UPDATE limit_buckets SET refilled_at = refilled_at - interval '1 day'")
            #expect(try await kernel.unparkWhatMay().queues.count == 3)
            #expect(try await kernel.hold(session).count == 3)
            try await kernel.expectSound()
        }
    }

    @Test func `the time that a claim takes is not lost to the bucket`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", rate: .init(count: 1000, seconds: 1000))
            let session = try await kernel.openSession()
            for _ in 0..<4 {
                _ = try await kernel.order { $0.limits = [acme] }
                #expect(try await kernel.hold(session).count == 1)
            }
            // What is left and the time it was left at belong together, whatever happened between reading and writing.
            let row = try #require(
                try await kernel.pool.query(
                    """
                    SELECT tokens + extract(epoch FROM clock_timestamp() - refilled_at)::double precision AS now,
                        (SELECT extract(epoch FROM clock_timestamp() - min(claimed_at))::double precision
                            FROM leases) AS gone
                    FROM limit_buckets
                    """
                ).first)
            // 1000 at first, 4 taken; as much has come as time went by since the first was taken, and no second is lost.
            let expected = 996 + min(4, try row.value("gone", as: Double.self))
            #expect(abs(try row.value("now", as: Double.self) - expected) < 0.05)
        }
    }

    @Test func `with both, runs wait for a place and for the rate`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 1, rate: .init(count: 2, seconds: 3600))
            let session = try await kernel.openSession()
            for _ in 0..<5 { _ = try await kernel.order { $0.limits = [acme] } }
            let first = try await kernel.holdOne(session)
            #expect(try await kernel.hold(session).isEmpty)
            try await kernel.end(first)
            let second = try await kernel.holdOne(session)
            try await kernel.end(second)
            #expect(try await kernel.hold(session).isEmpty)
            #expect(try await kernel.count("run_queue") == 0)
            try await kernel.expectSound()
        }
    }

    @Test func `the unparker keeps pace with a rate`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", rate: .init(count: 2, seconds: 0.4))
            let session = try await kernel.openSession()
            for _ in 0..<12 { _ = try await kernel.order { $0.limits = [acme] } }
            let ready = Shared(0)
            let unparker = RunUnparker(pool: kernel.pool) { queues, _ in
                ready.withLock { $0 += queues.count }
            }
            let clock = ContinuousClock()
            let start = clock.now
            var claimed = try await kernel.hold(session).count
            #expect(claimed == 2)
            _ = unparker.learn(KernelFixture.workspace, dueIn: .zero)
            try await eventually(within: .seconds(20)) {
                _ = try await unparker.pass()
                claimed += try await kernel.hold(session).count
                return claimed == 12
            }
            // Ten more at five in a second.
            let took = clock.now - start
            #expect(took > .milliseconds(1900) && took < .seconds(4), "\(took)")
            #expect(try await kernel.count("parked_runs") == 0)
            try await kernel.expectSound()
        }
    }

    @Test func `every key is looked at, however many there are`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 1)
            _ = try await kernel.pool.query(
                """
                INSERT INTO parked_runs (workspace_id, limit_use, priority, run_id, task_id, room_id, agent)
                SELECT \(KernelFixture.workspace), 'customer:' || n, 5, 'run_' || n, 'task_' || n, 'room', 'echo'
                FROM generate_series(1, 2500) AS n
                """)
            let ready = Shared(0)
            let unparker = RunUnparker(pool: kernel.pool) { queues, _ in
                ready.withLock { $0 += queues.count }
            }
            _ = unparker.learn(KernelFixture.workspace, dueIn: .zero)
            _ = try await unparker.pass()
            #expect(ready.withLock { $0 } == 2500)
            #expect(try await kernel.count("parked_runs") == 0)
        }
    }
}
