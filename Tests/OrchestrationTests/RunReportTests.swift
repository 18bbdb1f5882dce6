// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// What workers outside say in the end: many at once, and again when the answer was lost.
@Suite struct RunReportTests {
    private static let worker = caller("worker")
    private static let result = Array(#"{"sum":1,"of":[1.0]}"#.utf8)
    private static let failure = RunFailure(code: "broken", message: "It broke.", isRetryable: true)

    private static func caller(_ name: String) -> Caller {
        Caller(principal: Principal(.agent, name), audience: .agent, traceID: KernelFixture.trace, requestID: "r1")
    }

    private func operations(_ kernel: KernelFixture) -> RunOperations {
        let directory = AgentDirectory(pool: kernel.pool)
        return RunOperations(
            core: OperationsCore(pool: kernel.pool, commit: kernel.commit),
            tasks: TaskOperations(pool: kernel.pool, commit: kernel.commit, directory: directory),
            directory: directory, waiters: ClaimWaiters(), leaseSigner: KernelFixture.signer)
    }

    private func tell(
        _ kernel: KernelFixture, _ run: ClaimedRun, _ ending: RunEnding, proof: LeaseProof? = nil,
        by caller: Caller = worker
    ) async throws -> RunOfTask {
        try await operations(kernel).finish(
            RunReport(proof ?? KernelFixture.proof(run), ending), in: KernelFixture.workspace, by: caller)
    }

    private func tellAll(
        _ kernel: KernelFixture, _ reports: [(run: ClaimedRun, ending: RunEnding)]
    ) async throws -> [Result<RunOfTask, Problem>] {
        try await operations(kernel).finish(
            reports.map { RunReport(KernelFixture.proof($0.run), $0.ending) }, in: KernelFixture.workspace,
            by: Self.worker)
    }

    private func expectStale(
        _ location: SourceLocation = #_sourceLocation, _ call: () async throws -> RunOfTask
    ) async {
        let problem = await #expect(throws: Problem.self, sourceLocation: location) { try await call() }
        #expect(problem?.kind == .conflict && problem?.code == "stale_lease", sourceLocation: location)
    }

    // MARK: Claims that start

    @Test func `a claim may start what it claims, by one event and with the run's time watched`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order { $0.timeoutSeconds = 600 }
            let session = try await kernel.openSession()
            let run = try #require(try await kernel.hold(session, purpose: .holdStarted).first)
            #expect(run.run.status == .running && run.run.epoch == 1 && run.lease.epoch == 1)
            #expect(run.run.startedAt != nil && run.run.startedAt == run.run.claimedAt && run.task.attempts == 1)
            #expect(try await kernel.events().suffix(2).map(\.event.type) == ["task.created", "run.started"])
            #expect(
                try await kernel.number(
                    """
                    SELECT count(*) AS n FROM leases WHERE timeout_at
                    BETWEEN clock_timestamp() + interval '590 s' AND clock_timestamp() + interval '600 s'
                    """) == 1)
            let before = try await kernel.everything()
            #expect(try await kernel.begin(run).run.startedAt == run.run.startedAt)
            #expect(try await kernel.everything() == before)
            try await kernel.end(run)
            try await kernel.expectSound()
        }
    }

    @Test func `a claim that starts is refused to a session that is over`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order()
            let session = try await kernel.openSession()
            try await kernel.endSession(session)
            let before = try await kernel.everything()
            let problem = await #expect(throws: Problem.self) {
                _ = try await kernel.hold(session, purpose: .holdStarted)
            }
            #expect(problem?.code == "session_expired")
            #expect(try await kernel.everything() == before)
        }
    }

    // MARK: Many at once

    @Test func `reports that come together are recorded together, and a stale one spoils no other`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<5 { _ = try await kernel.order() }
            let session = try await kernel.openSession()
            let runs = try await kernel.hold(session, purpose: .holdStarted)
            try #require(runs.count == 5)
            try await kernel.end(runs[1], .released(reason: nil))
            let taken = try await kernel.holdOne(try await kernel.openSession())
            #expect(taken.lease.runID == runs[1].lease.runID)
            let flushes = kernel.commit.figures.flushes
            let outcomes = try await tellAll(
                kernel,
                [
                    (runs[0], .completed(Self.result)), (runs[1], .completed(Self.result)),
                    (runs[2], .failed(Self.failure, leastPause: .zero)), (runs[3], .released(reason: "later")),
                    (runs[4], .completed(Self.result)),
                ])
            #expect(kernel.commit.figures.flushes == flushes + 1)
            try #require(outcomes.count == 5)
            let found = outcomes.map { try? $0.get() }
            #expect(found.map { $0?.run.status } == [.completed, nil, .failed, .queued, .completed])
            #expect(found[2]?.run.id == runs[2].lease.runID && found[2]?.task.status == .scheduled)
            guard case .failure(let problem) = outcomes[1] else {
                Issue.record("it is somebody else's")
                return
            }
            #expect(problem.code == "stale_lease" && problem.details["current_epoch"] == 2)
            #expect(try await kernel.task(taken.task.id).status == .running)
            try await kernel.end(taken)
            try await kernel.expectSound()
        }
    }

    @Test func `a run that there is not is told so beside the others`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order()
            let run = try await kernel.holdOne(try await kernel.openSession())
            let nobody = LeaseProof(
                runID: .make(), epoch: 1, token: KernelFixture.signer.token(of: run.lease),
                signer: KernelFixture.signer)
            let outcomes = try await operations(kernel).finish(
                [
                    RunReport(nobody, .completed(Self.result)),
                    RunReport(KernelFixture.proof(run), .completed(Self.result)),
                ],
                in: KernelFixture.workspace, by: Self.worker)
            #expect(throws: Problem.self) { try outcomes[0].get() }
            #expect(try outcomes[1].get().run.status == .completed)
            try await kernel.expectSound()
        }
    }

    // MARK: Again

    @Test func `a report that is told again is answered with the run, and nothing is recorded twice`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<3 { _ = try await kernel.order() }
            let runs = try await kernel.hold(try await kernel.openSession())
            let endings: [RunEnding] = [
                .completed(Self.result), .failed(Self.failure, leastPause: .seconds(9)),
                .failed(RunFailure(code: "no", message: "", isRetryable: false), leastPause: .zero),
            ]
            var first: [Run] = []
            for (run, ending) in zip(runs, endings) { first.append(try await tell(kernel, run, ending).run) }
            let before = try await kernel.everything()
            // The same value, spelled otherwise.
            let spelled = RunEnding.completed(Array(#"{"of":[1],"sum":1e0}"#.utf8))
            #expect(try await tell(kernel, runs[0], spelled).run == first[0])
            for (index, ending) in endings.enumerated() {
                #expect(try await tell(kernel, runs[index], ending).run == first[index])
            }
            let again = try await tellAll(kernel, Array(zip(runs, endings)).map { (run: $0, ending: $1) })
            #expect(again.map { try? $0.get().run } == first)
            #expect(try await kernel.everything() == before)
            try await kernel.expectSound()
        }
    }

    @Test func `a report is known again after its task went on`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.order {
                $0.retry = TaskRetryPolicy(
                    maxAttempts: 1, initialSeconds: 0, maxSeconds: 0, factor: 1)
            }
            let run = try await kernel.holdOne(try await kernel.openSession())
            _ = try await tell(kernel, run, .failed(Self.failure, leastPause: .zero))
            try await kernel.changeNow(try await kernel.task(task.id), .retry)
            let next = try await kernel.holdOne(try await kernel.openSession())
            #expect(next.lease.runID != run.lease.runID)
            _ = try await tell(kernel, next, .completed(Self.result))
            let found = try await tell(kernel, run, .failed(Self.failure, leastPause: .zero))
            #expect(found.run.id == run.lease.runID && found.run.status == .failed)
            await expectStale { try await tell(kernel, run, .completed(Self.result)) }
            try await kernel.expectSound()
        }
    }

    @Test func `another ending, another lease and another caller are refused as ever`() async throws {
        try await KernelFixture.with { kernel in
            let (dead, run) = try await kernel.holdAgain()
            let session = run.lease.workerSessionID
            _ = try await tell(kernel, run, .completed(Self.result))
            let before = try await kernel.everything()
            await expectStale { try await tell(kernel, run, .completed(Array("2".utf8))) }
            await expectStale { try await tell(kernel, run, .failed(Self.failure, leastPause: .zero)) }
            await expectStale { try await tell(kernel, run, .released(reason: nil)) }
            await expectStale { try await tell(kernel, run, .completed(Self.result), by: Self.caller("other")) }
            // The run was another's before, and is over now: that one's lease proves nothing.
            await expectStale { try await tell(kernel, dead, .completed(Self.result)) }
            let signer = KernelFixture.signer
            let wrong = [
                Secret(String(repeating: "a", count: 64)), signer.token(of: dead.lease),
                signer.token(of: Lease(runID: .make(), epoch: 2, workerSessionID: session)),
            ]
            for token in wrong {
                let proof = LeaseProof(runID: run.lease.runID, epoch: 2, token: token, signer: signer)
                await expectStale { try await tell(kernel, run, .completed(Self.result), proof: proof) }
            }
            let early = LeaseProof(runID: run.lease.runID, epoch: 1, token: signer.token(of: run.lease), signer: signer)
            await expectStale { try await tell(kernel, run, .completed(Self.result), proof: early) }
            #expect(try await kernel.everything() == before)
            try await kernel.expectSound()
        }
    }

    @Test func `a report that comes again after another worker took over is refused`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order()
            let session = try await kernel.openSession()
            let old = try await kernel.holdOne(session)
            try await kernel.endSession(session)
            #expect(try await kernel.rescue() == 1)
            let run = try await kernel.holdOne(try await kernel.openSession())
            await expectStale { try await tell(kernel, old, .completed(Self.result)) }
            _ = try await tell(kernel, run, .completed(Self.result))
            await expectStale { try await tell(kernel, old, .completed(Self.result)) }
            #expect(try await tell(kernel, run, .completed(Self.result)).run.epoch == 2)
            try await kernel.expectSound()
        }
    }

    @Test func `what others did to a run is not taken for its worker's report`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<2 { _ = try await kernel.order() }
            let runs = try await kernel.hold(try await kernel.openSession())
            try #require(runs.count == 2)
            try await kernel.changeNow(runs[0].task, .complete(result: Self.result))
            await expectStale { try await tell(kernel, runs[0], .completed(Self.result)) }
            _ = try await kernel.pool.query("UPDATE leases SET timeout_at = clock_timestamp() - interval '1 ms'")
            #expect(try await kernel.rescue() == 1)
            let error = try #require(try await kernel.task(runs[1].task.id).error)
            #expect(error.code == "timeout")
            await expectStale { try await tell(kernel, runs[1], .failed(error, leastPause: .zero)) }
            try await kernel.expectSound()
        }
    }

    @Test func `a report that is redacted is not known any more`() {
        let event = Event(
            "run.completed",
            EventContext(
                workspaceID: KernelFixture.workspace, stream: .room(Room.defaultID), actor: Self.worker.principal,
                traceID: KernelFixture.trace, occurredAt: .now()),
            body: Array(#"{"redacted":true}"#.utf8))
        #expect(!RunEnding.completed(Array("null".utf8)).isRecorded(by: event))
    }
}
