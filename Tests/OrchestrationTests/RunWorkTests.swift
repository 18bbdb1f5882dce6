// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// What a worker outside does with a run, in order and out of it.
@Suite struct RunWorkTests {
    @Test func `claimed, started and completed are three events under one epoch`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.order()
            let run = try await kernel.holdOne(try await kernel.openSession())
            #expect(run.run.status == .running && run.run.claimedAt != nil && run.run.startedAt == nil)
            #expect(run.task.attempts == 1 && run.lease.epoch == 1)
            #expect(try await kernel.begin(run).run.startedAt != nil)
            let done = try await kernel.end(run)
            #expect(done.task.status == .completed && done.run.finishedAt != nil)
            #expect(
                try await kernel.events().suffix(4).map(\.event.type) == [
                    "task.created", "run.claimed", "run.started", "run.completed",
                ])
            for event in try await kernel.events().suffix(3) {
                #expect(try JSONValue.parse(event.event.body)["epoch"] == 1)
            }
            #expect(try await kernel.task(task.id).result == Array("1".utf8))
            try await kernel.expectSound()
        }
    }

    @Test func `starting twice changes nothing the second time`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order()
            let run = try await kernel.holdOne(try await kernel.openSession())
            let first = try await kernel.begin(run)
            let before = try await kernel.everything()
            let second = try await kernel.begin(run)
            #expect(first == second)
            #expect(try await kernel.everything() == before)
            try await kernel.expectSound()
        }
    }

    @Test func `a run that was never started can be completed, and is started anew in its next epoch`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order()
            let run = try await kernel.holdOne(try await kernel.openSession())
            #expect(try await kernel.end(run).task.status == .completed)
            // The second is started, given back, and not yet started by whoever has it then.
            _ = try await kernel.order()
            let first = try await kernel.holdOne(try await kernel.openSession())
            try await kernel.begin(first)
            try await kernel.end(first, .released(reason: nil))
            let second = try await kernel.holdOne(try await kernel.openSession())
            #expect(second.lease.epoch == 2 && second.run.startedAt == nil)
            #expect(try await kernel.begin(second).run.startedAt != nil)
            try await kernel.expectSound()
        }
    }

    // MARK: Fences

    enum Action: String, CaseIterable { case start, complete, fail, failForGood, release }
    enum Fault: String, CaseIterable {
        case oldEpoch, comingEpoch, forgedToken, tokenOfOtherRun, tokenOfOldEpoch, lost, ended
    }

    @Test(arguments: Action.allCases, Fault.allCases)
    func `without the lease as it is now nothing changes`(action: Action, fault: Fault) async throws {
        try await KernelFixture.with { kernel in
            let (dead, run) = try await kernel.holdAgain()
            let session = run.lease.workerSessionID
            #expect(run.lease.epoch == 2)
            let other = Lease(runID: .make(), epoch: 2, workerSessionID: session)
            let signer = KernelFixture.signer
            func proof(_ epoch: Int, _ token: Secret<String>) -> LeaseProof {
                LeaseProof(runID: run.lease.runID, epoch: epoch, token: token, signer: signer)
            }
            let wrong: LeaseProof
            switch fault {
            case .oldEpoch: wrong = KernelFixture.proof(dead)
            case .comingEpoch:
                wrong = proof(
                    3, signer.token(of: Lease(runID: run.lease.runID, epoch: 3, workerSessionID: session)))
            case .forgedToken: wrong = proof(2, Secret(String(repeating: "a", count: 64)))
            case .tokenOfOtherRun: wrong = proof(2, signer.token(of: other))
            case .tokenOfOldEpoch: wrong = proof(2, signer.token(of: dead.lease))
            case .lost:
                wrong = KernelFixture.proof(run)
                _ = try await kernel.pool.query("UPDATE worker_sessions SET expires_at = now() - interval '1 second'")
                #expect(try await kernel.rescue() == 1)
            case .ended:
                wrong = KernelFixture.proof(run)
                try await kernel.end(run)
            }
            let before = try await kernel.everything()
            let problem = await #expect(throws: Problem.self) {
                switch action {
                case .start: try await kernel.begin(run, wrong)
                case .complete: try await kernel.end(run, .completed(Array("2".utf8)), wrong)
                case .fail, .failForGood:
                    let failure = RunFailure(code: "late", message: "", isRetryable: action == .fail)
                    try await kernel.end(run, .failed(failure, leastPause: .zero), wrong)
                case .release: try await kernel.end(run, .released(reason: nil), wrong)
                }
            }
            #expect(problem?.code == "stale_lease" && problem?.kind == .conflict)
            #expect(problem?.details["current_epoch"] == 2)
            #expect(try await kernel.everything() == before)
            try await kernel.expectSound()
        }
    }

    @Test func `a lease of one run is none of another, nor of the run that follows a failure`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order()
            _ = try await kernel.order()
            let runs = try await kernel.hold(try await kernel.openSession())
            let before = try await kernel.everything()
            let crossed = await #expect(throws: Problem.self) {
                try await kernel.end(runs[0], .released(reason: nil), KernelFixture.proof(runs[1]))
            }
            #expect(crossed?.code == "stale_lease")
            #expect(try await kernel.everything() == before)
            try await kernel.fail(runs[0], retryable: true)
            let late = await #expect(throws: Problem.self) { try await kernel.end(runs[0]) }
            #expect(late?.code == "stale_lease")
            try await kernel.expectSound()
        }
    }

    @Test func `a cancelled run is nobody's any more`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.order()
            let session = try await kernel.openSession()
            let run = try await kernel.holdOne(session)
            try await kernel.begin(run)
            try await kernel.changeNow(task, .cancel(reason: "not needed"))
            let problem = await #expect(throws: Problem.self) { try await kernel.end(run) }
            #expect(problem?.code == "stale_lease")
            #expect(try await kernel.read(LeaseStore.held(by: session, in: KernelFixture.workspace)).isEmpty)
            try await kernel.expectSound()
        }
    }

    // MARK: Giving back and failing

    @Test func `giving a run back costs no attempt, however often`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.order { $0.retry.maxAttempts = 1 }
            let session = try await kernel.openSession()
            for epoch in 1...4 {
                let run = try await kernel.holdOne(session)
                #expect(run.lease.epoch == epoch && run.task.attempts == 1)
                #expect(try await kernel.end(run, .released(reason: "again")).task.attempts == 0)
            }
            #expect(try await kernel.task(task.id).status == .queued)
            try await kernel.end(try await kernel.holdOne(session))
            try await kernel.expectSound()
        }
    }

    @Test func `a retryable failure makes a new run, the last one fails the task`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.order { $0.retry.maxAttempts = 2 }
            let session = try await kernel.openSession()
            let first = try await kernel.holdOne(session)
            try await kernel.fail(first, retryable: true)
            #expect(try await kernel.task(task.id).status == .scheduled)
            #expect(try await kernel.promote() == 1)
            let second = try await kernel.holdOne(session)
            #expect(second.lease.runID != first.lease.runID && second.lease.epoch == 1 && second.run.number == 2)
            try await kernel.fail(second, retryable: true)
            #expect(try await kernel.task(task.id).status == .failed)
            try await kernel.expectSound()
        }
    }

    @Test func `the pause that a worker asks for is kept`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.order()
            let run = try await kernel.holdOne(try await kernel.openSession())
            let failure = RunFailure(code: "busy", message: "", isRetryable: true)
            try await kernel.end(run, .failed(failure, leastPause: .seconds(600)))
            #expect(try await kernel.promote() == 0)
            let wait = try #require(try await kernel.task(task.id).runAt) - .now()
            #expect(wait > .seconds(590) && wait < .seconds(601))
            try await kernel.expectSound()
        }
    }

    // MARK: Time

    @Test func `a run outside that takes too long fails and may be tried again`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.order()
            let run = try await kernel.holdOne(try await kernel.openSession())
            #expect(try await kernel.rescue() == 0)
            // The database's clock decides, whatever that of the orchestrator says.
            _ = try await kernel.pool.query("UPDATE leases SET timeout_at = clock_timestamp() - interval '1 ms'")
            #expect(try await kernel.pulse().hasOrphans)
            #expect(try await kernel.rescue() == 1)
            let failed = try await kernel.task(task.id)
            #expect(failed.status == .scheduled && failed.error?.code == "timeout" && failed.attempts == 1)
            #expect(failed.runID != run.lease.runID)
            #expect(try await !kernel.pulse().hasOrphans)
            try await kernel.expectSound()
        }
    }

    @Test func `the time of a run begins with its claim`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order { $0.timeoutSeconds = 600 }
            _ = try await kernel.holdOne(try await kernel.openSession())
            #expect(
                try await kernel.number(
                    """
                    SELECT count(*) AS n FROM leases WHERE timeout_at
                    BETWEEN clock_timestamp() + interval '590 s' AND clock_timestamp() + interval '600 s'
                    """) == 1)
        }
    }

    @Test func `progress that was promised and not made loses the lease, not the run`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.order()
            let session = try await kernel.openSession()
            let run = try await kernel.holdOne(session)
            let extended = try await kernel.read(
                LeaseStore.extend(run.lease, in: KernelFixture.workspace, by: .seconds(5)))
            #expect(extended != nil)
            #expect(try await kernel.rescue() == 0)
            _ = try await kernel.read(
                LeaseStore.extend(run.lease, in: KernelFixture.workspace, by: .milliseconds(-1)))
            #expect(try await kernel.rescue() == 1)
            let queued = try await kernel.task(task.id)
            #expect(queued.status == .queued && queued.attempts == 1 && queued.runID == run.lease.runID)
            let again = try await kernel.holdOne(session)
            #expect(again.lease.epoch == 2)
            // The next holder has promised nothing.
            #expect(try await kernel.rescue() == 0)
            #expect(
                try await kernel.read(LeaseStore.extend(run.lease, in: KernelFixture.workspace, by: .seconds(5)))
                    == nil)
            try await kernel.expectSound()
        }
    }

    @Test func `a run that waits for something outside is not late`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order()
            _ = try await kernel.holdOne(try await kernel.openSession())
            _ = try await kernel.pool.query("UPDATE leases SET timeout_at = '-infinity'")
            _ = try await kernel.pool.query("UPDATE leases SET waiting_since = now()")
            #expect(try await !kernel.pulse().hasOrphans)
            #expect(try await kernel.rescue() == 0)
            #expect(try await kernel.count("leases") == 1)
        }
    }

    // MARK: Claims

    @Test func `claims that come together each get their share`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<30 { _ = try await kernel.order() }
            // Held up together at first, so that one flush carries many of them.
            let runs = try await withThrowingTaskGroup(of: [ClaimedRun].self) { group in
                for _ in 0..<30 {
                    let session = try await kernel.openSession()
                    group.addTask { try await kernel.hold(session, limit: 1) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(runs.allSatisfy { $0.count == 1 }, "\(runs.map(\.count))")
            #expect(Set(runs.flatMap { $0 }.map(\.lease.runID)).count == 30)
            try await kernel.expectSound()
        }
    }

    @Test func `what is left over of cancelled tasks hides nothing`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<50 {
                let task = try await kernel.order()
                try await kernel.changeNow(task, .cancel(reason: nil))
            }
            let live = try await kernel.order()
            let runs = try await kernel.hold(try await kernel.openSession(), limit: 1)
            #expect(runs.map(\.task.id) == [live.id])
            #expect(try await kernel.count("run_queue") == 0)
            try await kernel.expectSound()
        }
    }
}
