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
    }

    package enum Outcome: Sendable {
        /// The runs, and how far each queue has been claimed now.
        case claimed([ClaimedRun], seen: [String: QueueStore.Watermarks])
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
        needs.claimable = wishes.map {
            QueueStore.Claimable(queue: $0.queue, limit: min($0.limit, limit), watermarks: $0.watermarks)
        }
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Outcome {
        var open: [String: Int] = [:]
        for wish in wishes { open[wish.queue] = wish.limit }
        var claimed: [ClaimedRun] = []
        var seen: [String: QueueStore.Watermarks] = [:]
        var left: [QueuedRun] = []
        for queued in state.ready {
            let places = concurrency[queued.agent, default: 0] - state.held[queued.agent, default: 0]
            guard claimed.count < limit, open[queued.queue, default: 0] > 0, places > 0 else {
                left.append(queued)
                continue
            }
            seen[queued.queue, default: QueueStore.Watermarks()][queued.priority] = queued.queueID
            if state.park(queued) { continue }
            state.dequeue(queued)
            guard let run = claim(queued, &state) else { continue }
            claimed.append(run)
            open[queued.queue, default: 0] -= 1
            state.held[queued.agent, default: 0] += 1
        }
        state.ready = left
        return .claimed(claimed, seen: seen)
    }

    /// Nil when the entry is stale: the task was cancelled, or moved on under another entry; and when the room is archived,
    /// which queues the run again when it is restored.
    private func claim(_ queued: QueuedRun, _ state: inout FlushState) -> ClaimedRun? {
        guard state.rows.rooms[queued.roomID]?.archivedAt == nil, let aggregate = try? state.task(queued.taskID),
            aggregate.run.id == queued.runID,
            let event = try? purpose == .start ? aggregate.start(by: session) : aggregate.claim(by: session)
        else { return nil }
        state.record(event, on: queued.taskID, by: actor)
        guard let started = try? state.task(queued.taskID) else { return nil }
        return ClaimedRun(
            lease: Lease(runID: queued.runID, epoch: started.run.epoch, workerSessionID: session), task: started.task,
            run: started.run)
    }

    package func memo(of outcome: Outcome) -> [UInt8]? {
        guard case .claimed(let runs, _) = outcome, !runs.isEmpty else { return nil }
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
