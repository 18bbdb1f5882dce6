// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite struct LeaseTests {
    private func release(_ kernel: KernelFixture) async throws -> Int {
        try await kernel.commit.submit(
            ReleaseOrphanedRuns(workspaceID: KernelFixture.workspace, limit: 100, actor: KernelFixture.actor))
    }

    @Test func `a silent worker's run goes to the next epoch, and its late answer changes nothing`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.createTask()
            let dead = try #require(
                try await kernel.claim(try await kernel.openSession(lifetime: .milliseconds(-1))).first)
            #expect(try await release(kernel) == 1)
            let alive = try #require(try await kernel.claim(try await kernel.openSession()).first)
            #expect(alive.lease.runID == dead.lease.runID && alive.lease.epoch == 2)
            let problem = await #expect(throws: Problem.self) {
                try await kernel.finish(dead, .completed(Array(#""late""#.utf8)))
            }
            #expect(problem?.code == "stale_lease")
            #expect(try await kernel.task(task.id).status == .running)
            try await kernel.finish(alive)
            #expect(try await kernel.task(task.id).result == Array(#"{"ok":true}"#.utf8))
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a run that is given back and claimed again in one flush is held`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 5)
            let task = try await kernel.order {
                $0.priority = 5
                $0.limits = [LimitUse(name: "customer", key: "a")]
            }
            // Its first entry of the queue is left over, and is still there when the run is given back.
            _ = try await kernel.changeNow(task, .edit(TaskEdit(priority: 9)))
            let session = try await kernel.openSession()
            let first = try #require(try await kernel.claim(session, limit: 1).first)
            let again = Shared<[ClaimedRun]>([])
            try await kernel.inOneFlush([
                { try await kernel.end(first, .released(reason: nil)) },
                {
                    let runs = try await kernel.claim(session, limit: 1)
                    again.withLock { $0 += runs }
                },
            ])
            let second = try #require(again.withLock { $0.first })
            #expect(second.lease.runID == first.lease.runID && second.lease.epoch == first.lease.epoch + 1)
            #expect(try await kernel.count("leases") == 1)
            #expect(try await kernel.count("lease_limits") == 1)
            try await kernel.finish(second)
            #expect(try await kernel.count("leases") == 0)
            #expect(try await kernel.count("lease_limits") == 0)
            try await kernel.expectSound()
        }
    }

    @Test func `a lost lease uses up an attempt, and the last one fails the task`() async throws {
        try await KernelFixture.with { kernel in
            var once = TaskRetryPolicy.standard
            once.maxAttempts = 1
            let task = try await kernel.createTask(retry: once)
            _ = try await kernel.claim(try await kernel.openSession(lifetime: .milliseconds(-1)))
            #expect(try await release(kernel) == 1)
            let failed = try await kernel.task(task.id)
            #expect(failed.status == .failed && failed.error?.code == "lease_lost")
        }
    }

    @Test func `a session that beats keeps its runs`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.createTask()
            let session = try await kernel.openSession(lifetime: .milliseconds(-1))
            let run = try #require(try await kernel.claim(session).first)
            let beat = LeaseStore.beat([session], in: KernelFixture.workspace, lifetime: .seconds(60))
            #expect(try beat.decode(try await kernel.pool.query(beat.sql)) == [session])
            #expect(try await release(kernel) == 0)
            try await kernel.finish(run)
        }
    }

    @Test func `a failure is retried after a pause, up to the attempts allowed`() async throws {
        try await KernelFixture.with { kernel in
            let retry = TaskRetryPolicy(maxAttempts: 2, initialSeconds: 0, maxSeconds: 0, factor: 1)
            let task = try await kernel.createTask(retry: retry)
            let session = try await kernel.openSession()
            let failure = RunFailure(code: "busy", message: "Come back.", isRetryable: true)
            let first = try #require(try await kernel.claim(session).first)
            try await kernel.finish(first, .failed(failure, leastPause: .zero))
            let waiting = try await kernel.task(task.id)
            #expect(waiting.status == .scheduled && waiting.error?.code == "busy" && waiting.runID != first.lease.runID)
            let promote = PromoteDueRuns(workspaceID: KernelFixture.workspace, limit: 10, actor: KernelFixture.actor)
            #expect(try await kernel.commit.submit(promote) == 1)
            let second = try #require(try await kernel.claim(session).first)
            #expect(second.run.number == 2)
            try await kernel.finish(second, .failed(failure, leastPause: .zero))
            #expect(try await kernel.task(task.id).status == .failed)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a failure that is not retryable ends the task at once`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.createTask()
            let run = try #require(try await kernel.claim(try await kernel.openSession()).first)
            let failure = RunFailure(code: "refused", message: "No.", isRetryable: false)
            try await kernel.finish(run, .failed(failure, leastPause: .zero))
            let failed = try await kernel.task(task.id)
            #expect(failed.status == .failed && failed.attempts == 1)
            let again = try await kernel.change(failed, .retry)
            #expect(again.status == .queued && again.attempts == 0)
            #expect(try await kernel.claim(try await kernel.openSession()).count == 1)
        }
    }

    @Test func `without the epoch's guard a late answer would win`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.createTask()
            let dead = try #require(
                try await kernel.claim(try await kernel.openSession(lifetime: .milliseconds(-1))).first)
            #expect(try await release(kernel) == 1)
            _ = try #require(try await kernel.claim(try await kernel.openSession()).first)
            try await kernel.commit.submit(UnfencedCompletion(run: dead))
            // The same late answer that the guard refuses above has overwritten the living epoch's run here.
            #expect(try await kernel.task(task.id).result == Array(#""late""#.utf8))
        }
    }
}

/// Completion as it would be without the fence: the test double that shows what the guard is for.
private struct UnfencedCompletion: Command {
    let run: ClaimedRun

    var workspaceID: ID<Workspace> { KernelFixture.workspace }
    var needs: CommandNeeds { CommandNeeds(task: run.task.id, in: run.task.roomID) }

    func decide(_ state: inout FlushState) throws(Problem) {
        state.record(.completed(result: Array(#""late""#.utf8)), on: run.task.id, by: KernelFixture.actor)
    }
}
