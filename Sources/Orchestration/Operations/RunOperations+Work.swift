// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres
import ServiceLifecycle
import Store
import Synchronization

/// What workers outside do with runs: claim, start, make progress. What they report in the end is in
/// `RunOperations+Reports.swift`.
extension RunOperations {
    /// What a worker would take.
    package struct ClaimRequest: Sendable {
        package let session: ID<WorkerSession>
        package let agents: [String]
        package let labels: [String]
        package let limit: Int
        /// How long to wait for work to appear.
        package let wait: Duration
        /// Whether the runs start with the claim.
        package let starts: Bool

        package init(
            session: ID<WorkerSession>, agents: [String], labels: [String], limit: Int, wait: Duration,
            starts: Bool = false
        ) {
            self.session = session
            self.agents = agents
            self.labels = labels
            self.limit = limit
            self.wait = wait
            self.starts = starts
        }

        var queues: Set<String> { Set(agents).union(labels.map(QueuedRun.queue(ofLabel:))) }
    }

    /// How often a claim that waits beats for its session.
    private static let beatPeriod: Duration = .seconds(5)

    /// Hands out ready runs, at once or as soon as there are any, within the wait; none after it, or when the daemon stops.
    /// What was claimed for a caller who went away meanwhile is given back.
    package func claim(
        _ request: ClaimRequest, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> [ClaimedRun] {
        let ticket = waiters.join(workspaceID, for: request.queues)
        defer { waiters.leave(ticket) }
        return try await withGracefulShutdownHandler {
            try await claim(request, ticket, in: workspaceID, by: caller)
        } onGracefulShutdown: {
            waiters.call(ticket)
        }
    }

    private func claim(
        _ request: ClaimRequest, _ ticket: ClaimWaiters.Ticket, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> [ClaimedRun] {
        let clock = ContinuousClock()
        let deadline = clock.now + request.wait
        // A claim is a sign of life, too.
        try await beat(request.session, in: workspaceID)
        var nextBeat = clock.now + Self.beatPeriod
        while true {
            let runs = try await claimOnce(request, in: workspaceID, by: caller)
            if Task.isCancelled {
                await giveBack(runs, in: workspaceID, by: caller)
                throw CancellationError()
            }
            guard runs.isEmpty else { return runs }
            var ending = ClaimWaiters.Ending.timeOver
            while ending == .timeOver {
                let now = clock.now
                guard now < deadline else { return [] }
                if now >= nextBeat {
                    try await beat(request.session, in: workspaceID)
                    nextBeat = now + Self.beatPeriod
                }
                ending = try await waiters.wait(ticket, atMost: min(deadline, nextBeat) - now)
            }
            if ending == .called { return [] }
        }
    }

    private func beat(_ session: ID<WorkerSession>, in workspaceID: ID<Workspace>) async throws {
        var batch = StatementBatch()
        batch.add("BEGIN")
        // A beat may be lost in a crash, so its commit need not wait for the disk.
        batch.add("SET LOCAL synchronous_commit = off")
        let alive = batch.add(LeaseStore.beat([session], in: workspaceID, lifetime: WorkerOperations.lifetime))
        batch.add("COMMIT")
        let statements = batch
        let isAlive = try await core.pool.withConnection { try await !statements.run(on: $0)(alive).isEmpty }
        if !isAlive { throw WorkerOperations.sessionExpired }
    }

    /// Nobody learned of these, so nobody would carry them out.
    private func giveBack(_ runs: [ClaimedRun], in workspaceID: ID<Workspace>, by caller: Caller) async {
        for run in runs {
            _ = try? await core.commit.submit(
                FinishRun(
                    workspaceID: workspaceID, roomID: run.task.roomID, taskID: run.task.id,
                    holder: .engine(run.lease), ending: .released(reason: "The worker went away while it claimed."),
                    actor: caller.principal), toItsEnd: true)
        }
    }

    private func claimOnce(
        _ request: ClaimRequest, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> [ClaimedRun] {
        let agents = try await directory.entries(in: workspaceID)
        let command = ClaimRuns(
            workspaceID: workspaceID, session: request.session,
            wishes: request.queues.map { queue in
                ClaimRuns.Wish(
                    queue: queue, limit: request.limit, watermarks: marks.watermarks(of: queue, in: workspaceID))
            },
            concurrency: Dictionary(uniqueKeysWithValues: agents.map { ($0.agent.name, $0.agent.concurrency) }),
            purpose: request.starts ? .holdStarted : .hold, limit: request.limit, actor: caller.principal)
        switch try await core.commit.submit(command, toItsEnd: true) {
        case .claimed(let runs, let seen, _):
            marks.advance(seen, in: workspaceID)
            return runs
        case .recalled(let leases):
            var runs: [ClaimedRun] = []
            for (lease, _) in leases {
                guard let found = try await core.read(TaskStore.run(lease.runID, in: workspaceID)) else { continue }
                runs.append(ClaimedRun(lease: lease, task: found.task, run: found.run))
            }
            return runs
        }
    }

    /// The worker begins with a run that it has claimed.
    package func start(
        _ proof: LeaseProof, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> RunOfTask {
        let place = try await core.place(of: proof.runID, in: workspaceID)
        let aggregate = try await core.commit.submit(
            StartRun(workspaceID: workspaceID, place: place, proof: proof, actor: caller.principal))
        return RunOfTask(run: aggregate.run, task: aggregate.task)
    }

    /// The worker has made progress and promises more within `patience`; answers when its time is over then.
    package func reportProgress(
        _ proof: LeaseProof, within patience: Duration, in workspaceID: ID<Workspace>
    ) async throws -> Timestamp? {
        let held = try await core.read(LeaseStore.lease(ofRun: proof.runID, in: workspaceID))
        guard let held, proof.fits(held.lease),
            let deadline = try await core.read(LeaseStore.extend(held.lease, in: workspaceID, by: patience))
        else {
            let current = try await run(proof.runID, in: workspaceID).run
            throw Problem(TaskError.staleLease(current: current.epoch))
        }
        return deadline
    }
}

/// How far the queues have been claimed by workers outside, by any of them through this orchestrator.
package final class ClaimMarks: Sendable {
    private struct Key: Hashable {
        let workspaceID: ID<Workspace>
        let queue: String
    }

    /// How often a queue is read from its beginning: places are not handed out in commit order, so one below a watermark may
    /// have appeared late.
    private static let rescanPeriod: Duration = .seconds(1)

    /// Queues that are remembered; labels come and go.
    private static let limit = 1000

    private let state = Mutex<[Key: (marks: QueueStore.Watermarks, since: ContinuousClock.Instant)]>([:])

    package init() {}

    /// Forgets a workspace, because entries that were passed over may now be claimed.
    func forget(_ workspaceID: ID<Workspace>) {
        state.withLock { state in state = state.filter { $0.key.workspaceID != workspaceID } }
    }

    var count: Int { state.withLock { $0.count } }

    func watermarks(of queue: String, in workspaceID: ID<Workspace>) -> QueueStore.Watermarks {
        state.withLock { state in
            let key = Key(workspaceID: workspaceID, queue: queue)
            guard let known = state[key] else { return QueueStore.Watermarks() }
            if ContinuousClock().now - known.since > Self.rescanPeriod {
                state[key] = nil
                return QueueStore.Watermarks()
            }
            return known.marks
        }
    }

    func advance(_ seen: [String: QueueStore.Watermarks], in workspaceID: ID<Workspace>) {
        state.withLock { state in
            if state.count > Self.limit {
                let oldest = ContinuousClock().now - Self.rescanPeriod
                state = state.filter { $0.value.since > oldest }
            }
            for (queue, marks) in seen {
                let key = Key(workspaceID: workspaceID, queue: queue)
                state[key, default: (QueueStore.Watermarks(), .now)].marks.advance(to: marks)
            }
        }
    }
}
