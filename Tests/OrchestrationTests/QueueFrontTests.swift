// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Claims of a backlog, whose first runs a lane has read ahead.
@Suite struct QueueFrontTests {
    private static let size = 4

    /// Has a lane know what stands in front of a queue: the first claim finds more than it takes, the second one reads ahead.
    /// Answers the tasks in the order in which they are to be claimed.
    private func readAhead(_ kernel: KernelFixture, _ session: ID<WorkerSession>) async throws -> [WorkTask] {
        var tasks: [WorkTask] = []
        for _ in 0..<6 * Self.size { tasks.append(try await kernel.order { $0.priority = 5 }) }
        for _ in 0..<2 {
            let runs = try await kernel.claim(session, limit: Self.size)
            #expect(runs.map(\.task.id) == tasks.prefix(Self.size).map(\.id))
            for run in runs { try await kernel.finish(run) }
            tasks.removeFirst(Self.size)
        }
        return tasks
    }

    /// Claims all there is and ends it; answers the tasks in the order in which they were claimed.
    private func drain(_ kernel: KernelFixture, _ session: ID<WorkerSession>) async throws -> [ID<WorkTask>] {
        var claimed: [ID<WorkTask>] = []
        while true {
            let runs = try await kernel.claim(session, limit: Self.size)
            if runs.isEmpty { return claimed }
            claimed += runs.map(\.task.id)
            for run in runs { try await kernel.finish(run) }
        }
    }

    /// What a claim takes where it may not see which queues are paused, as whoever looks has to; nil when it looked. Once a second
    /// everybody looks.
    private func unseen(
        _ kernel: KernelFixture, _ claim: @Sendable () async throws -> [ClaimedRun]
    ) async throws -> [ClaimedRun]? {
        try await kernel.withOwner {
            _ = try await $0.query("REVOKE SELECT ON proj_queues FROM tutti_orchestrator_app")
        }
        let claimed: [ClaimedRun]?
        do {
            claimed = try await claim()
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            claimed = nil
        }
        try await kernel.withOwner { _ = try await $0.query("GRANT SELECT ON proj_queues TO tutti_orchestrator_app") }
        return claimed
    }

    @Test func `of a backlog more is read than is claimed, and the next claims do not look`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            try await eventually(within: .seconds(30)) {
                let tasks = try await readAhead(kernel, session)
                let runs = try await unseen(kernel) { try await kernel.claim(session, limit: Self.size) }
                if let runs {
                    #expect(runs.map(\.task.id) == tasks.prefix(Self.size).map(\.id))
                    #expect(runs.allSatisfy { $0.task.input == tasks[0].input })
                    for run in runs { try await kernel.finish(run) }
                }
                let rest = try await drain(kernel, session)
                #expect(rest == tasks.dropFirst(runs?.count ?? 0).map(\.id))
                return runs != nil
            }
            try await kernel.expectSound()
        }
    }

    @Test func `workers outside need not be looked for either, until their session is over`() async throws {
        try await KernelFixture.with { kernel in
            let (session, ended) = (try await kernel.openSession(), try await kernel.openSession())
            try await eventually(within: .seconds(30)) {
                let tasks = try await readAhead(kernel, session)
                for session in [ended, session] { _ = try await kernel.hold(session, limit: Self.size) }
                let runs = try await unseen(kernel) { try await kernel.hold(session, limit: Self.size) }
                let taken = Set(runs.map { $0.map(\.task.id) } ?? [])
                #expect(taken.isSubset(of: tasks.map(\.id)))
                _ = try await drain(kernel, session)
                return runs?.count == Self.size
            }
            _ = try await readAhead(kernel, session)
            _ = try await kernel.hold(ended, limit: 1)
            try await kernel.endSession(ended)
            let refused = await #expect(throws: Problem.self) { _ = try await kernel.hold(ended, limit: 1) }
            #expect(refused?.code == "session_expired")
            #expect(try await kernel.hold(session, limit: 1).count == 1)
            try await kernel.expectSound()
        }
    }

    @Test func `what is made meanwhile has its place by its priority`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            var tasks = try await readAhead(kernel, session)
            let last = try await kernel.order { $0.priority = 4 }
            let same = try await kernel.order { $0.priority = 5 }
            let first = try await kernel.order { $0.priority = 6 }
            tasks = [first] + tasks + [same, last]
            #expect(try await drain(kernel, session) == tasks.map(\.id))
            try await kernel.expectSound()
        }
    }

    @Test func `what happens to a run that was read ahead is not overlooked`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            var tasks = try await readAhead(kernel, session)
            try await kernel.changeNow(tasks.remove(at: 1), .cancel(reason: nil))
            let preferred = tasks.remove(at: 5)
            try await kernel.changeNow(preferred, .edit(TaskEdit(priority: 9)))
            tasks.insert(preferred, at: 0)
            let claimed = try await kernel.claim(session, limit: Self.size)
            #expect(claimed.map(\.task.id) == tasks.prefix(Self.size).map(\.id))
            try await kernel.changeQueue("echo", .paused(reason: nil))
            #expect(try await kernel.claim(session).isEmpty)
            try await kernel.changeQueue("echo", .resumed)
            #expect(try await drain(kernel, session) == tasks.dropFirst(Self.size).map(\.id))
            try await kernel.expectSound()
        }
    }

    @Test func `what people were asked for about a run that is claimed later ends with it`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            let tasks = try await readAhead(kernel, session)
            var asked: [Approval] = []
            for task in [tasks[1], tasks[tasks.count - 1]] {
                asked.append(try await kernel.requestApproval(.run(task.runID, task.id), kind: "external.write"))
            }
            #expect(try await drain(kernel, session) == tasks.map(\.id))
            for approval in asked { #expect(try await kernel.approval(approval.id).status == .cancelled) }
            try await kernel.expectSound()
        }
    }

    @Test func `an agent holds no more of a backlog than it may`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            let tasks = try await readAhead(kernel, session)
            let first = try await kernel.claim(session, limit: Self.size, concurrency: Self.size + 1)
            let second = try await kernel.claim(session, limit: Self.size, concurrency: Self.size + 1)
            #expect((first + second).map(\.task.id) == tasks.prefix(Self.size + 1).map(\.id))
            #expect(try await kernel.claim(session, concurrency: Self.size + 1).isEmpty)
            try await kernel.finish(first[0])
            #expect(try await kernel.claim(session, concurrency: Self.size + 1).count == 1)
            try await kernel.expectSound()
        }
    }

    @Test func `what another orchestrator does to what was read ahead is found out`() async throws {
        try await KernelFixture.withTwo { kernel, other in
            let session = try await kernel.openSession()
            var tasks = try await readAhead(kernel, session)
            #expect(try await other.claim(session, limit: 1).map(\.task.id) == [tasks.removeFirst().id])
            #expect(try await kernel.claim(session, limit: 1).map(\.task.id) == [tasks.removeFirst().id])
            try await kernel.expectSound()
        }
        try await KernelFixture.withTwo { kernel, other in
            let session = try await kernel.openSession()
            var tasks = try await readAhead(kernel, session)
            try await other.changeNow(tasks.removeFirst(), .cancel(reason: nil))
            #expect(try await kernel.claim(session, limit: 1).map(\.task.id) == [tasks.removeFirst().id])
            try await other.changeQueue("echo", .paused(reason: nil))
            #expect(try await kernel.claim(session, limit: 1).isEmpty)
            try await kernel.expectSound()
        }
    }

    @Test(arguments: 1...4)
    func `whatever comes to mind is done to a backlog, claims take what comes first`(seed: UInt64) async throws {
        try await KernelFixture.with { kernel in
            var random = SeededGenerator(seed: seed)
            let session = try await kernel.openSession()
            var tasks: [WorkTask] = []
            var held: [ClaimedRun] = []
            for _ in 0..<40 { tasks.append(try await kernel.order()) }
            for _ in 0..<200 {
                do {
                    switch Int.random(in: 0..<10, using: &random) {
                    case 0, 1:
                        let priority = Int.random(in: 3...6, using: &random)
                        let labels = Int.random(in: 0..<6, using: &random) == 0 ? ["gpu"] : []
                        tasks.append(
                            try await kernel.order { order in
                                order.priority = priority
                                order.labels = labels
                            })
                    case 2:
                        guard let task = tasks.randomElement(using: &random) else { break }
                        let edit = TaskEdit(priority: Int.random(in: 3...6, using: &random))
                        try await kernel.changeNow(
                            task, Bool.random(using: &random) ? .cancel(reason: nil) : .edit(edit))
                    case 3, 4:
                        guard let run = held.popLast() else { break }
                        if Bool.random(using: &random) {
                            try await kernel.finish(run)
                        } else {
                            try await kernel.finish(run, .released(reason: "no more"))
                        }
                    default:
                        let limit = Int.random(in: 1...4, using: &random)
                        let ready = try await kernel.ready(limit)
                        var runs: [ClaimedRun] = []
                        // A claim that comes upon entries that are left over, of runs that are held, takes less.
                        for _ in 0..<10 where runs.count < ready.count {
                            runs += try await kernel.claim(session, limit: limit - runs.count)
                        }
                        #expect(runs.map(\.task.id) == ready)
                        held += runs
                    }
                } catch is Problem {
                    // Refused as it should be, such as an edit of what has ended.
                }
            }
            try await kernel.expectSound()
        }
    }
}

extension KernelFixture {
    /// The tasks that come first in the queue, as the database has it.
    fileprivate func ready(_ limit: Int) async throws -> [ID<WorkTask>] {
        try await withOwner { owner in
            let rows = try await owner.query(
                """
                SELECT task_id FROM (
                    SELECT DISTINCT ON (task_id) task_id, q.priority, q.queue_id
                    FROM run_queue q JOIN proj_tasks t USING (task_id)
                    WHERE q.queue = 'echo' AND t.status = 'queued' AND t.run_id = q.run_id
                    ORDER BY task_id, q.priority DESC, q.queue_id
                ) AS first
                ORDER BY priority DESC, queue_id LIMIT \(limit)
                """)
            return try rows.map { try $0.value("task_id") }
        }
    }
}
