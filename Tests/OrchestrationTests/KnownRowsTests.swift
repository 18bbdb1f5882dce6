// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// What a lane knows from its flushes before, alone and beside another orchestrator.
@Suite struct KnownRowsTests {
    /// Does so much that the kernel decides on what it knows: its last flushes have found the log as they had left it.
    private func settleDown(_ kernel: KernelFixture) async throws {
        for _ in 0..<4 { _ = try await kernel.order() }
    }

    @Test func `what is known is not read again`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.order()
            let run = try await kernel.holdOne(try await kernel.openSession())
            try await settleDown(kernel)
            // Nobody is told of it, so nobody can know but by looking.
            try await kernel.withOwner { owner in
                _ = try await owner.query("UPDATE proj_tasks SET created_by = 'user:x' WHERE task_id = \(task.id)")
                _ = try await owner.query("REVOKE SELECT ON proj_rooms FROM tutti_orchestrator_app")
            }
            for _ in 0..<20 { _ = try await kernel.order() }
            #expect(try await kernel.begin(run).task.createdBy == KernelFixture.actor)
            try await kernel.withOwner { owner in
                _ = try await owner.query("UPDATE proj_tasks SET created_by = \(task.createdBy)")
                _ = try await owner.query("GRANT SELECT ON proj_rooms TO tutti_orchestrator_app")
            }
            try await kernel.end(run)
            try await kernel.expectSound()
        }
    }

    @Test func `a room that was found by its key is not kept as it was found before the lock`() async throws {
        try await KernelFixture.withTwo { kernel, other in
            let make: @Sendable () async throws -> ID<Room> = {
                try await kernel.commit.submit(
                    CreateRoom(
                        workspaceID: KernelFixture.workspace, name: "Lobby",
                        idempotency: Idempotency(key: "k", hash: [1]), actor: KernelFixture.actor,
                        traceID: KernelFixture.trace)
                ).id
            }
            let room = try await make()
            _ = try await other.order()
            try await settleDown(kernel)
            // The other one archives it, and has not yet committed when it is found by its key.
            try await kernel.holdUp(
                [
                    KernelFixture.Stage(
                        run: { _ = try await other.change(room, isArchived: true) },
                        isHeldUp: { try await KernelFixture.waiting($0) == 1 }),
                    KernelFixture.Stage(
                        run: { _ = try await make() }, isHeldUp: { try await KernelFixture.waiting($0) == 2 }
                    ),
                ])
            try await settleDown(kernel)
            let refused = await #expect(throws: Problem.self) { _ = try await kernel.order { $0.roomID = room } }
            #expect(refused?.code == "room_archived")
            try await kernel.expectSound()
        }
    }

    @Test func `a run that another orchestrator has ended is not ended again`() async throws {
        try await KernelFixture.withTwo { kernel, other in
            let task = try await kernel.order()
            let run = try await kernel.holdOne(try await kernel.openSession())
            try await kernel.begin(run)
            try await settleDown(kernel)
            try await other.changeNow(task, .cancel(reason: nil))
            let refused = await #expect(throws: Problem.self) { try await kernel.end(run) }
            #expect(refused?.code == "stale_lease")
            #expect(try await kernel.task(task.id).status == .cancelled)
            try await kernel.expectSound()
        }
    }

    @Test func `nothing begins in a room that another orchestrator has archived`() async throws {
        try await KernelFixture.withTwo { kernel, other in
            let room = try await kernel.openRoom()
            for _ in 0..<4 { _ = try await kernel.order { $0.roomID = room } }
            _ = try await other.change(room, isArchived: true)
            let refused = await #expect(throws: Problem.self) {
                _ = try await kernel.order { $0.roomID = room }
            }
            #expect(refused?.code == "room_archived")
            _ = try await other.change(room, isArchived: false)
            _ = try await kernel.order { $0.roomID = room }
            try await kernel.expectSound()
        }
    }

    @Test func `what people were asked for through another orchestrator ends with the run`() async throws {
        try await KernelFixture.withTwo { kernel, other in
            _ = try await kernel.order()
            let run = try await kernel.holdOne(try await kernel.openSession())
            try await kernel.begin(run)
            try await settleDown(kernel)
            let asked = try await other.requestApproval(.run(run.task.runID, run.task.id), kind: "external.write")
            try await kernel.end(run)
            #expect(try await kernel.approval(asked.id).status == .cancelled)
            let again = try await kernel.claimOne()
            try await settleDown(kernel)
            let own = try await kernel.requestApproval(.run(again.task.runID, again.task.id), kind: "external.write")
            try await settleDown(kernel)
            try await kernel.finish(again)
            #expect(try await kernel.approval(own.id).status == .cancelled)
            try await kernel.expectSound()
        }
    }

    /// Orders runs while somebody claims, so that most flushes have both; answers what was claimed.
    private func orderAndClaim(
        _ kernel: KernelFixture, _ session: ID<WorkerSession>, _ count: Int = 1, concurrency: Int = 1000
    ) async throws -> [ClaimedRun] {
        try await withThrowingTaskGroup(of: [ClaimedRun].self) { group in
            for _ in 0..<count {
                group.addTask {
                    _ = try await kernel.order()
                    return []
                }
                group.addTask { try await kernel.claim(session, concurrency: concurrency) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// As `settleDown`, so that it also knows the queue to hold nothing.
    private func drain(_ kernel: KernelFixture, _ session: ID<WorkerSession>) async throws {
        for _ in 0..<4 {
            for run in try await orderAndClaim(kernel, session, 4) { try await kernel.finish(run) }
            for run in try await kernel.claim(session) { try await kernel.finish(run) }
        }
    }

    /// What a claim takes that is in one flush with an order.
    private func orderAndClaimInOneFlush(
        _ kernel: KernelFixture, _ session: ID<WorkerSession>
    ) async throws -> [ClaimedRun] {
        let claimed = Shared<[ClaimedRun]>([])
        try await kernel.inOneFlush(
            [
                { _ = try await kernel.order() },
                {
                    let runs = try await kernel.claim(session)
                    claimed.withLock { $0 += runs }
                },
            ])
        return claimed.withLock { $0 }
    }

    /// The same; nil when it had to look at what it may not see.
    private func claimedUnseen(_ kernel: KernelFixture, _ session: ID<WorkerSession>) async throws -> [ClaimedRun]? {
        do {
            return try await orderAndClaimInOneFlush(kernel, session)
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            return nil
        }
    }

    @Test func `a claim does not look into a queue that holds nothing, and finds what is made with it`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            // Whoever looks has to know who is paused. Once a second everybody looks.
            let claimed = try await eventually(within: .seconds(30)) {
                try await drain(kernel, session)
                try await kernel.withOwner {
                    _ = try await $0.query("REVOKE SELECT ON proj_queues FROM tutti_orchestrator_app")
                }
                let claimed = try await claimedUnseen(kernel, session)
                try await kernel.withOwner {
                    _ = try await $0.query("GRANT SELECT ON proj_queues TO tutti_orchestrator_app")
                }
                return claimed
            }
            #expect(claimed.count == 1)
            for run in claimed { try await kernel.finish(run) }
            #expect(try await kernel.count("leases") == 0)
            try await kernel.expectSound()
        }
    }

    @Test func `what another orchestrator has queued is claimed first`() async throws {
        try await KernelFixture.withTwo { kernel, other in
            let session = try await kernel.openSession()
            try await drain(kernel, session)
            let task = try await other.order { $0.priority = 9 }
            let claimed = try await orderAndClaim(kernel, session)
            #expect(claimed.contains { $0.task.id == task.id })
            for run in claimed { try await kernel.finish(run) }
            try await kernel.expectSound()
        }
    }

    @Test func `what came out of a line without an event is claimed, too`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            try await kernel.setLimit("customer", 1)
            for _ in 0..<2 { _ = try await kernel.order { $0.limits = [LimitUse(name: "customer", key: "a")] } }
            let first = try #require(try await kernel.claim(session).first)
            #expect(try await kernel.claim(session).isEmpty)
            #expect(try await kernel.count("parked_runs") == 1)
            try await kernel.setLimit("customer", 2)
            try await drain(kernel, session)
            #expect(try await kernel.count("parked_runs") == 1)
            try await kernel.unparkWhatMay()
            #expect(try await kernel.count("parked_runs") == 0)
            let runs = try await orderAndClaimInOneFlush(kernel, session)
            #expect(runs.count == 2)
            #expect(runs.contains { !$0.task.limits.isEmpty })
            for run in runs + [first] { try await kernel.finish(run) }
            try await kernel.expectSound()
        }
    }

    @Test func `a queue that another orchestrator has paused stays closed`() async throws {
        try await KernelFixture.withTwo { kernel, other in
            let session = try await kernel.openSession()
            try await drain(kernel, session)
            try await other.changeQueue("echo", .paused(reason: nil))
            #expect(try await orderAndClaim(kernel, session, 4).isEmpty)
            try await other.changeQueue("echo", .resumed)
            #expect(try await kernel.claim(session).count == 4)
            try await kernel.expectSound()
        }
    }

    @Test func `places that another orchestrator has taken or given back count`() async throws {
        try await KernelFixture.withTwo { kernel, other in
            let session = try await kernel.openSession()
            try await drain(kernel, session)
            for _ in 0..<2 { _ = try await other.order() }
            let taken = try await other.claim(session)
            #expect(taken.count == 2)
            #expect(try await orderAndClaim(kernel, session, concurrency: 2).isEmpty)
            try await other.finish(taken[0])
            #expect(try await kernel.claim(session, concurrency: 2).count == 1)
            try await other.finish(taken[1])
            try await kernel.expectSound()
        }
    }

    @Test(arguments: 1...4)
    func `two orchestrators that do whatever comes to mind agree with the log`(seed: UInt64) async throws {
        try await KernelFixture.withTwo { first, second in
            var random = SeededGenerator(seed: seed)
            var kernel = first
            var tasks: [WorkTask] = []
            var held: [ClaimedRun] = []
            let session = try await first.openSession()
            for _ in 0..<250 {
                // Long enough with one of them that it begins to believe what it knows.
                if Int.random(in: 0..<6, using: &random) == 0 { kernel = Bool.random(using: &random) ? first : second }
                do {
                    switch Int.random(in: 0..<9, using: &random) {
                    case 0...2:
                        let labels = Bool.random(using: &random) ? ["gpu"] : []
                        let after = tasks.randomElement(using: &random).map { [$0] } ?? []
                        let waits = Int.random(in: 0..<5, using: &random) == 0
                        tasks.append(
                            try await kernel.order { order in
                                order.labels = labels
                                if waits { order.after = after }
                            })
                    case 3: held += try await kernel.hold(session, limit: 2, concurrency: ["echo": 5])
                    case 4:
                        held += try await orderAndClaim(kernel, session, 2, concurrency: 5)
                        #expect(try await kernel.count("leases") <= 5)
                    case 5:
                        if let run = held.randomElement(using: &random) { try await kernel.begin(run) }
                    case 6:
                        if let run = held.popLast() {
                            if Bool.random(using: &random) {
                                try await kernel.end(run)
                            } else {
                                try await kernel.fail(run, retryable: Bool.random(using: &random))
                            }
                        }
                    case 7:
                        if let task = tasks.randomElement(using: &random) {
                            let edit = TaskEdit(priority: Int.random(in: 0...9, using: &random))
                            try await kernel.changeNow(
                                task, Bool.random(using: &random) ? .cancel(reason: nil) : .edit(edit))
                        }
                    default:
                        try await kernel.settle()
                        try await kernel.promote()
                    }
                } catch is Problem {
                    // Refused as it should be, such as the end of a run that was cancelled meanwhile.
                }
            }
            try await first.expectSound()
            let times = try await first.events().map(\.event.occurredAt)
            #expect(times == times.sorted(), "time goes back")
            #expect(times.count > 150)
        }
    }
}
