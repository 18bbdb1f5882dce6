// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// Ends the sessions of silent workers and queues all they held for the next epoch; fails runs of workers outside that
/// take longer than they may. Answers how many leases it did away
/// with.
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
        var count = 0
        for ended in state.endedLeases {
            let held = ended.held
            if let aggregate = try? state.task(held.taskID), let event = try? event(ended, aggregate, at: state.now) {
                state.record(event, on: held.taskID, by: actor)
                count += 1
            } else if state.drop(held) {
                count += 1
            }
        }
        return count
    }

    /// Too long is a failure of the run; silence, and no sign of progress, only cost its worker the lease.
    private func event(
        _ ended: EndedLease, _ aggregate: TaskAggregate, at now: Timestamp
    ) throws(TaskError) -> TaskEvent {
        let lease = ended.held.lease
        return switch ended.cause {
        case .sessionEnded: try aggregate.release(lease, reason: "The worker has ended its session.")
        case .sessionLost: try aggregate.loseLease(lease)
        case .timeOver: try aggregate.timeOut(lease, at: now, jitter: .random(in: 0...1))
        case .noProgress: try aggregate.loseLease(lease)
        }
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> Int { 0 }
}
