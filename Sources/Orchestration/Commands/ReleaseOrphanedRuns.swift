// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// Ends the sessions of silent workers and queues all they held for the next epoch; fails runs of workers outside that
/// take longer than they may. Answers how many runs it found.
package struct ReleaseOrphanedRuns: Command {
    package let workspaceID: ID<Workspace>
    package let limit: Int
    package let actor: Principal

    package init(workspaceID: ID<Workspace>, limit: Int, actor: Principal) {
        self.workspaceID = workspaceID
        self.limit = limit
        self.actor = actor
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.orphanLimit = limit
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Int {
        for orphan in state.orphans {
            let wasEnded = state.endedSessions.contains(orphan.lease.workerSessionID)
            guard let aggregate = try? state.task(orphan.taskID),
                let event = try? wasEnded
                    ? aggregate.release(orphan.lease, reason: "The worker has ended its session.")
                    : aggregate.loseLease(orphan.lease)
            else { continue }
            state.record(event, on: orphan.taskID, by: actor)
        }
        for overdue in state.overdue {
            guard let aggregate = try? state.task(overdue.taskID), aggregate.task.status == .running,
                let event = try? overrun(overdue, aggregate, at: state.now)
            else { continue }
            state.record(event, on: overdue.taskID, by: actor)
        }
        return state.orphans.count + state.overdue.count
    }

    /// Too long is a failure of the run; no sign of progress only costs its worker the lease.
    private func overrun(
        _ held: HeldLease, _ aggregate: TaskAggregate, at now: Timestamp
    ) throws(TaskError) -> TaskEvent {
        if let timeout = held.timeoutAt, timeout <= now {
            return try aggregate.timeOut(held.lease, at: now, jitter: .random(in: 0...1))
        }
        return try aggregate.loseLease(held.lease)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> Int { 0 }
}
