// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
import Testing

@Suite struct TaskAggregateTests {
    private let session = ID<WorkerSession>(trusted: "ses_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    private let time = Timestamp(microseconds: 1_000_000)

    private func queued(maxAttempts: Int = 3) -> TaskAggregate {
        var retry = TaskRetryPolicy.standard
        retry.maxAttempts = maxAttempts
        let task = makeTask(retry: retry)
        return TaskAggregate(
            task: task,
            run: Run(
                id: task.runID, workspaceID: task.workspaceID, taskID: task.id, number: 1, status: .queued, epoch: 0,
                createdAt: task.createdAt))
    }

    private func lease(_ aggregate: TaskAggregate) -> Lease {
        Lease(runID: aggregate.run.id, epoch: aggregate.run.epoch, workerSessionID: session)
    }

    private func started(maxAttempts: Int = 3) throws -> TaskAggregate {
        var aggregate = queued(maxAttempts: maxAttempts)
        aggregate.apply(try aggregate.start(by: session), as: UUID(), at: time)
        return aggregate
    }

    @Test func `the table of transitions names every status and leads out of each that is not completed`() {
        #expect(Set(TaskStatus.transitions.keys) == Set(TaskStatus.allCases))
        for status in TaskStatus.allCases where status != .completed {
            #expect(!(TaskStatus.transitions[status] ?? []).isEmpty, "\(status)")
            #expect(!status.mayBecome(status))
        }
        #expect(TaskStatus.transitions[.completed] == [])
    }

    @Test(arguments: TaskStatus.allCases) func `what the table forbids is refused`(status: TaskStatus) throws {
        let task = makeTask(status: status)
        let aggregate = TaskAggregate(
            task: task,
            run: Run(
                id: task.runID, workspaceID: task.workspaceID, taskID: task.id, number: 1,
                status: RunStatus(rawValue: status.rawValue) ?? .queued, epoch: 1, workerSessionID: session,
                createdAt: task.createdAt))
        #expect(((try? aggregate.cancel(reason: nil)) != nil) == (status.mayBecome(.cancelled)))
        #expect(((try? aggregate.completeByHand(result: [])) != nil) == (status.mayBecome(.completed)))
        #expect(((try? aggregate.start(by: session)) != nil) == (status.mayBecome(.running)))
        #expect(((try? aggregate.retryByHand()) != nil) == ((status.isFinal && status.mayBecome(.queued))))
        #expect(((try? aggregate.edit(TaskEdit(priority: 1))) != nil) == (status.isEditable))
    }

    @Test func `every event raises the version by one`() throws {
        var aggregate = try started()
        #expect(aggregate.task.version == 2)
        aggregate.apply(try aggregate.complete(lease(aggregate), result: Array("1".utf8)), as: UUID(), at: time)
        #expect(aggregate.task.version == 3 && aggregate.task.finishedAt == time && aggregate.run.status == .completed)
    }

    @Test func `only the newest epoch of the holder may have an effect`() throws {
        let aggregate = try started()
        let good = lease(aggregate)
        let stale = [
            Lease(runID: good.runID, epoch: good.epoch - 1, workerSessionID: session),
            Lease(runID: good.runID, epoch: good.epoch + 1, workerSessionID: session),
            Lease(runID: .make(), epoch: good.epoch, workerSessionID: session),
            Lease(runID: good.runID, epoch: good.epoch, workerSessionID: .make()),
        ]
        for lease in stale {
            #expect(throws: TaskError.staleLease(current: 1)) { try aggregate.complete(lease, result: []) }
            #expect(throws: TaskError.staleLease(current: 1)) { try aggregate.loseLease(lease) }
        }
    }

    @Test func `a retry is a new run, a lost lease is the same run with the next epoch`() throws {
        var aggregate = try started()
        let first = aggregate.run.id
        aggregate.apply(try aggregate.loseLease(lease(aggregate)), as: UUID(), at: time)
        #expect(aggregate.run.id == first && aggregate.task.status == .queued)
        aggregate.apply(try aggregate.start(by: session), as: UUID(), at: time)
        #expect(aggregate.run.epoch == 2 && aggregate.task.attempts == 2)
        let failure = RunFailure(code: "busy", message: "", isRetryable: true)
        aggregate.apply(try aggregate.fail(lease(aggregate), with: failure, at: time, jitter: 1), as: UUID(), at: time)
        #expect(aggregate.run.id != first && aggregate.run.number == 2 && aggregate.task.status == .scheduled)
        #expect(aggregate.task.runAt == time + .seconds(2), "the second pause is twice the first")
    }

    @Test func `no attempt is left after the last`() throws {
        var aggregate = try started(maxAttempts: 1)
        let failure = RunFailure(code: "busy", message: "", isRetryable: true)
        aggregate.apply(try aggregate.fail(lease(aggregate), with: failure, at: time, jitter: 0), as: UUID(), at: time)
        #expect(aggregate.task.status == .failed && aggregate.task.error == failure)
        #expect(aggregate.becomeDue(run: aggregate.run.id) == nil)
    }

    @Test func `pauses grow to the limit and are spread over their upper half`() {
        let policy = TaskRetryPolicy(maxAttempts: 10, initialSeconds: 1, maxSeconds: 10, factor: 2)
        #expect((1...6).map { policy.pause(after: $0, jitter: 1) } == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
        #expect(policy.pause(after: 3, jitter: 0) == .seconds(2))
        #expect(policy.pause(after: 1000, jitter: 1) == .seconds(10))
    }
}
