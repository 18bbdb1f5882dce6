// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Two orchestrators over one database, at the same work.
@Suite struct TwoKernelTests {
    private static let keys = ["a", "b", "c", "d"]
    private static let places = 2

    /// What the workers saw: who carried which run out, and how many of a key at the same time.
    private struct Record: Sendable {
        var carriedOut: [ID<WorkTask>: Int] = [:]
        var held: [String: Int] = [:]
        var most: [String: Int] = [:]
        var failures: [String] = []
    }

    @Test func `no run is handed out twice, and no limit is exceeded`() async throws {
        try await KernelFixture.withTwo { first, second in try await race([first, second]) }
    }

    @Test func `what comes after many starts once, whoever records their ends`() async throws {
        try await KernelFixture.withTwo { first, second in try await fanIn([first, second]) }
    }

    /// Sixteen runs end in two orchestrators at once, and both settle what came after them.
    private func fanIn(_ kernels: [KernelFixture]) async throws {
        let kernel = kernels[0]
        for fails in [false, true] {
            var before: [WorkTask] = []
            for _ in 0..<16 { before.append(try await kernel.order()) }
            let joined = try await kernel.order { $0.after = before }
            let behind = try await kernel.order { $0.after = [joined] }
            let tolerant = try await kernel.order {
                $0.after = before
                $0.policy = .run
            }
            let runs = try await kernel.hold(try await kernel.openSession())
            #expect(runs.count == 16)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, run) in runs.enumerated() {
                    let kernel = kernels[index % 2]
                    group.addTask {
                        if fails && index == 7 {
                            try await kernel.fail(run, retryable: false)
                        } else {
                            try await kernel.end(run)
                        }
                        try await kernel.settle(limit: 3)
                    }
                }
                try await group.waitForAll()
            }
            for kernel in kernels { try await kernel.settle() }
            #expect(try await kernel.task(joined.id).status == (fails ? .failed : .queued))
            #expect(try await kernel.task(behind.id).status == (fails ? .failed : .scheduled))
            #expect(try await kernel.task(tolerant.id).status == .queued)
            for task in [joined, tolerant] {
                let events = try await kernel.number(
                    """
                    SELECT count(*) AS n FROM evt_events
                    WHERE task_id = \(task.id) AND event_type IN ('task.unblocked', 'run.failed')
                    """)
                #expect(events == 1, "settled once")
            }
            try await kernel.changeNow(tolerant, .cancel(reason: nil))
            if !fails {
                try await kernel.changeNow(behind, .cancel(reason: nil))
                try await kernel.changeNow(joined, .cancel(reason: nil))
            }
        }
        try await kernel.expectSound()
    }

    private func race(_ kernels: [KernelFixture]) async throws {
        let kernel = kernels[0]
        try await kernel.setLimit("customer", Self.places)
        let runs = 240
        let record = Shared(Record())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<runs {
                let kernel = kernels[number % 2]
                _ = try await kernel.order { order in
                    order.limits = [LimitUse(name: "customer", key: Self.keys[number % 4])]
                    order.labels = number % 3 == 0 ? ["gpu"] : []
                    order.priority = number % 5
                }
            }
            for number in 0..<8 {
                let kernel = kernels[number % 2]
                let session = try await kernel.openSession()
                let queues = number % 3 == 0 ? ["echo", "#gpu"] : ["echo"]
                group.addTask {
                    try await work(kernel, session, queues, until: runs, record)
                }
            }
            try await group.waitForAll()
        }
        let seen = record.withLock { $0 }
        #expect(seen.carriedOut.count == runs)
        #expect(seen.carriedOut.values.allSatisfy { $0 == 1 }, "a run was carried out twice")
        #expect(seen.most.values.max() ?? 0 <= Self.places, "\(seen.most)")
        #expect(seen.failures.isEmpty, "\(seen.failures.prefix(3))")
        for table in ["run_queue", "parked_runs", "leases", "lease_limits"] {
            #expect(try await kernel.count(table) == 0, "\(table)")
        }
        #expect(
            try await kernel.number("SELECT count(*) AS n FROM evt_events WHERE event_type = 'run.claimed'")
                == runs + kernel.number("SELECT count(*) AS n FROM evt_events WHERE event_type = 'run.released'"))
        try await kernel.expectSound()
    }

    private func work(
        _ kernel: KernelFixture, _ session: ID<WorkerSession>, _ queues: [String], until runs: Int,
        _ record: Shared<Record>
    ) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(60)
        while clock.now < deadline, record.withLock({ $0.carriedOut.count }) < runs {
            let claimed = try await kernel.hold(session, queues, limit: 3)
            record.withLock { record in
                for run in claimed {
                    let key = run.task.limits[0].key
                    record.held[key, default: 0] += 1
                    record.most[key] = max(record.most[key, default: 0], record.held[key, default: 0])
                }
            }
            for (index, run) in claimed.enumerated() {
                // Before the commit, since the place may be another's from then on.
                record.withLock { $0.held[run.task.limits[0].key, default: 0] -= 1 }
                do {
                    try await kernel.begin(run)
                    if index == 2, run.lease.epoch == 1 {
                        try await kernel.end(run, .released(reason: nil))
                        continue
                    }
                    try await kernel.end(run)
                    record.withLock { $0.carriedOut[run.task.id, default: 0] += 1 }
                } catch {
                    record.withLock { $0.failures.append("\(error)") }
                }
            }
        }
    }
}
