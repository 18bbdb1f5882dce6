// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store
import Synchronization

/// What workers outside do with runs: claim, start, report, give back.
extension RunOperations {
    /// What a worker would take.
    package struct ClaimRequest: Sendable {
        package let session: ID<WorkerSession>
        package let agents: [String]
        package let labels: [String]
        package let limit: Int
        /// How long to wait for work to appear.
        package let wait: Duration

        package init(
            session: ID<WorkerSession>, agents: [String], labels: [String], limit: Int, wait: Duration
        ) {
            self.session = session
            self.agents = agents
            self.labels = labels
            self.limit = limit
            self.wait = wait
        }

        var queues: Set<String> { Set(agents).union(labels.map(QueuedRun.queue(ofLabel:))) }
    }

    /// Hands out ready runs, at once or as soon as there are any, within the wait; none after it.
    package func claim(
        _ request: ClaimRequest, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> [ClaimedRun] {
        let deadline = ContinuousClock().now + request.wait
        while true {
            let wakes = waiters.wakes(of: workspaceID, request.queues)
            // A claim is a sign of life, too.
            try await beat(request.session, in: workspaceID)
            let runs = try await claimOnce(request, in: workspaceID, by: caller)
            let left = deadline - ContinuousClock().now
            guard runs.isEmpty, left > .zero else { return runs }
            await waiters.wait(
                workspaceID, for: request.queues, since: wakes, atMost: min(left, WorkerOperations.beat))
            try Task.checkCancellation()
        }
    }

    private func beat(_ session: ID<WorkerSession>, in workspaceID: ID<Workspace>) async throws {
        let alive = try await core.read(
            LeaseStore.beat([session], in: workspaceID, lifetime: WorkerOperations.lifetime))
        if alive.isEmpty { throw WorkerOperations.sessionExpired }
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
            purpose: .hold, limit: request.limit, actor: caller.principal)
        switch try await core.commit.submit(command) {
        case .claimed(let runs, let seen):
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

    /// The worker says what became of its run.
    package func finish(
        _ proof: LeaseProof, _ ending: FinishRun.Ending, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> RunOfTask {
        let place = try await core.place(of: proof.runID, in: workspaceID)
        let aggregate = try await core.commit.submit(
            FinishRun(
                workspaceID: workspaceID, roomID: place.roomID, taskID: place.taskID, holder: .worker(proof),
                ending: ending, actor: caller.principal))
        // A failure that is tried again has made a new run; the caller asked about its own.
        return RunOfTask(run: aggregate.runs.first { $0.id == proof.runID } ?? aggregate.run, task: aggregate.task)
    }

    /// The worker has made progress and promises more within `patience`; answers when its time is over then.
    package func reportProgress(
        _ proof: LeaseProof, within patience: Duration, in workspaceID: ID<Workspace>
    ) async throws -> Timestamp? {
        _ = try await core.place(of: proof.runID, in: workspaceID)
        let held = try await core.read(LeaseStore.lease(ofRun: proof.runID, in: workspaceID))
        guard let held, proof.fits(held.lease),
            let deadline = try await core.read(LeaseStore.extend(held.lease, in: workspaceID, by: patience))
        else { throw Problem(TaskError.staleLease(current: held?.lease.epoch ?? 0)) }
        return deadline
    }
}

/// How far the queues have been claimed by workers outside, by any of them through this orchestrator.
final class ClaimMarks: Sendable {
    private struct Key: Hashable {
        let workspaceID: ID<Workspace>
        let queue: String
    }

    /// How often a queue is read from its beginning: places are not handed out in commit order, so one below a watermark may
    /// have appeared late.
    private static let rescanPeriod: Duration = .seconds(1)

    private let state = Mutex<[Key: (marks: QueueStore.Watermarks, since: ContinuousClock.Instant)]>([:])

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
            for (queue, marks) in seen {
                let key = Key(workspaceID: workspaceID, queue: queue)
                state[key, default: (QueueStore.Watermarks(), .now)].marks.advance(to: marks)
            }
        }
    }
}
