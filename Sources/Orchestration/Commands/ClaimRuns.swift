// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Store

/// A run that a worker has just got hold of, with all it needs to carry it out.
package struct ClaimedRun: Sendable {
    package let lease: Lease
    /// With its input.
    package let task: WorkTask
    package let runNumber: Int
}

/// Hands ready runs to a worker session, within each agent's concurrency.
package struct ClaimRuns: Command {
    /// What a worker would take of one agent's runs.
    package struct Wish: Sendable {
        package let agent: String
        package let limit: Int
        /// Runs of the agent that may be held at the same time by all workers together.
        package let concurrency: Int
        package let watermarks: QueueStore.Watermarks

        package init(
            agent: String, limit: Int, concurrency: Int, watermarks: QueueStore.Watermarks = QueueStore.Watermarks()
        ) {
            self.agent = agent
            self.limit = limit
            self.concurrency = concurrency
            self.watermarks = watermarks
        }
    }

    package enum Outcome: Sendable {
        /// The runs, and how far each agent's queue has been claimed now.
        case claimed([ClaimedRun], seen: [String: QueueStore.Watermarks])
        /// The answer was lost; these leases were taken.
        case recalled([(lease: Lease, taskID: ID<WorkTask>)])
    }

    package let workspaceID: ID<Workspace>
    package let session: ID<WorkerSession>
    package let wishes: [Wish]
    /// Runs to hand out at most.
    package let limit: Int
    package let actor: Principal

    package init(
        workspaceID: ID<Workspace>, session: ID<WorkerSession>, wishes: [Wish], limit: Int, actor: Principal
    ) {
        self.workspaceID = workspaceID
        self.session = session
        self.wishes = wishes
        self.limit = limit
        self.actor = actor
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.claimable = wishes.map {
            QueueStore.Claimable(agent: $0.agent, limit: min($0.limit, limit), watermarks: $0.watermarks)
        }
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Outcome {
        var open: [String: Int] = [:]
        for wish in wishes { open[wish.agent] = min(wish.limit, wish.concurrency - state.held[wish.agent, default: 0]) }
        var claimed: [ClaimedRun] = []
        var seen: [String: QueueStore.Watermarks] = [:]
        var left: [QueuedRun] = []
        for queued in state.ready {
            guard claimed.count < limit, open[queued.agent, default: 0] > 0 else {
                left.append(queued)
                continue
            }
            state.dequeue(queued)
            seen[queued.agent, default: QueueStore.Watermarks()][queued.priority] = queued.queueID
            guard let run = claim(queued, &state) else { continue }
            claimed.append(run)
            open[queued.agent, default: 0] -= 1
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
            let event = try? aggregate.start(by: session), case .started(let epoch, _) = event
        else { return nil }
        state.record(event, on: queued.taskID, by: actor)
        guard let started = try? state.task(queued.taskID) else { return nil }
        return ClaimedRun(
            lease: Lease(runID: queued.runID, epoch: epoch, workerSessionID: session), task: started.task,
            runNumber: started.run.number)
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
