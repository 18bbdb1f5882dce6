// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Store

/// A run that a worker has just got hold of, with all it needs to carry it out.
package struct ClaimedRun: Sendable {
    package let lease: Lease
    /// With its input.
    package let task: WorkTask
    package let run: Run
}

/// Hands ready runs to a worker session, within each agent's concurrency.
package struct ClaimRuns: Command {
    /// What a worker would take of one queue.
    package struct Wish: Sendable {
        /// An agent's name, or `QueuedRun.queue(ofLabel:)`.
        package let queue: String
        package let limit: Int
        package let watermarks: QueueStore.Watermarks

        package init(queue: String, limit: Int, watermarks: QueueStore.Watermarks = QueueStore.Watermarks()) {
            self.queue = queue
            self.limit = limit
            self.watermarks = watermarks
        }
    }

    /// What becomes of a run that is handed out.
    package enum Purpose: Sendable {
        /// It starts at once; its time limit is the engine's own matter.
        case start
        /// It is held for a worker outside, until that says that it starts.
        case hold
        /// It is held for a worker outside and starts at once.
        case holdStarted

        var isOutside: Bool { self != .start }
    }

    package enum Outcome: Sendable {
        /// The runs, how far each queue has been claimed now, and the queues in which something may be left.
        case claimed([ClaimedRun], seen: [String: QueueStore.Watermarks], left: Set<String>)
        /// The answer was lost; these leases were taken.
        case recalled([(lease: Lease, taskID: ID<WorkTask>)])
    }

    package let workspaceID: ID<Workspace>
    package let session: ID<WorkerSession>
    package let wishes: [Wish]
    /// Runs of an agent that may be held at the same time by all workers together; agents that are not named get none.
    package let concurrency: [String: Int]
    package let purpose: Purpose
    /// Runs to hand out at most.
    package let limit: Int
    package let actor: Principal

    package init(
        workspaceID: ID<Workspace>, session: ID<WorkerSession>, wishes: [Wish], concurrency: [String: Int],
        purpose: Purpose = .start, limit: Int, actor: Principal
    ) {
        self.workspaceID = workspaceID
        self.session = session
        self.wishes = wishes
        self.concurrency = concurrency
        self.purpose = purpose
        self.limit = limit
        self.actor = actor
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        for wish in wishes {
            needs.claim(
                QueueStore.Claimable(queue: wish.queue, limit: min(wish.limit, limit), watermarks: wish.watermarks))
        }
        needs.concurrency = concurrency
        // An engine learns by its beat that its session is over; a worker outside is told by its claim.
        if purpose.isOutside { needs.sessions = [session] }
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Outcome {
        if purpose.isOutside, !state.sessions.contains(session) { throw WorkerOperations.sessionExpired }
        var open: [String: Int] = [:]
        for wish in wishes { open[wish.queue] = wish.limit }
        var claimed: [ClaimedRun] = []
        var seen: [String: QueueStore.Watermarks] = [:]
        var left: [QueuedRun] = []
        func agentHasPlace(_ queued: QueuedRun) -> Bool {
            state.held[queued.agent, default: 0] < concurrency[queued.agent, default: 0]
        }
        func isWanted(_ queued: QueuedRun) -> Bool { claimed.count < limit && open[queued.queue, default: 0] > 0 }
        func take(_ queued: QueuedRun, _ aggregate: TaskAggregate) {
            guard let run = claim(queued, aggregate, &state) else { return }
            claimed.append(run)
            open[queued.queue, default: 0] -= 1
            state.held[queued.agent, default: 0] += 1
        }
        for queued in state.ready {
            guard isWanted(queued), agentHasPlace(queued) else {
                left.append(queued)
                if !agentHasPlace(queued) { state.passed.insert(queued.level) }
                continue
            }
            // Beyond an entry that stays nothing may count as seen, or it would be forgotten.
            if !state.passed.contains(queued.level) {
                seen[queued.queue, default: QueueStore.Watermarks()][queued.priority] = queued.queueID
            }
            guard let aggregate = readyTask(queued, state) else {
                state.discard(queued)
                continue
            }
            if !state.park(queued) { take(queued, aggregate) }
        }
        state.ready = left
        let waiting = Set(left.map(\.queue))
        // Of the queues that were asked for: what is left of others is not this worker's.
        let behind = Set(wishes.map(\.queue).filter { waiting.contains($0) || !state.exhausted.contains($0) })
        for queued in state.unqueued where !behind.contains(queued.queue) {
            guard isWanted(queued), agentHasPlace(queued), let aggregate = readyTask(queued, state) else { continue }
            take(queued, aggregate)
        }
        return .claimed(claimed, seen: seen, left: behind)
    }

    /// Nil when the entry is left over: the task was cancelled, or moved on under another entry; and when the room is
    /// archived, which queues the run again when it is restored.
    private func readyTask(_ queued: QueuedRun, _ state: FlushState) -> TaskAggregate? {
        guard state.rows.rooms[queued.roomID]?.archivedAt == nil, let aggregate = try? state.task(queued.taskID),
            aggregate.run.id == queued.runID,
            aggregate.task.status == .queued
        else { return nil }
        return aggregate
    }

    private func claim(
        _ queued: QueuedRun, _ aggregate: TaskAggregate, _ state: inout FlushState
    ) -> ClaimedRun? {
        if queued.queueID > 0 { state.dequeue(queued) }
        guard let event = try? purpose == .hold ? aggregate.claim(by: session) : aggregate.start(by: session)
        else { return nil }
        state.record(event, on: queued.taskID, by: actor, isTimed: purpose.isOutside)
        guard let started = try? state.task(queued.taskID) else { return nil }
        return ClaimedRun(
            lease: Lease(runID: queued.runID, epoch: started.run.epoch, workerSessionID: session), task: started.task,
            run: started.run)
    }

    package func memo(of outcome: Outcome) -> [UInt8]? {
        guard case .claimed(let runs, _, _) = outcome, !runs.isEmpty else { return nil }
        return JSONValue.array(
            runs.map { run in
                [
                    .string(run.lease.runID.rawValue), JSONValue(run.lease.epoch), .string(run.task.id.rawValue),
                ]
            }
        ).bytes
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Outcome {
        let entries = (try? JSONValue.parse(memo ?? []))?.array ?? []
        return .recalled(
            entries.compactMap { entry in
                guard let parts = entry.array, parts.count == 3, let run = parts[0].string, let epoch = parts[1].int,
                    let task = parts[2].string
                else { return nil }
                return (
                    Lease(runID: ID(trusted: run), epoch: epoch, workerSessionID: session), ID<WorkTask>(trusted: task)
                )
            })
    }
}
