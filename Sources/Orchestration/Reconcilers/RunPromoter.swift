// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Synchronization

/// Queues runs whose time has come; sleeps until the next is due.
package final class RunPromoter: Sendable {
    private static let batch = 1000

    private let commit: GroupCommit
    private let actor: Principal
    /// When each workspace's next delayed run is due, as far as known here.
    private let nextDue = Mutex<[ID<Workspace>: ContinuousClock.Instant]>([:])

    package init(commit: GroupCommit, actor: Principal) {
        self.commit = commit
        self.actor = actor
    }

    /// Learns of a delayed run; says whether it is due before all that were known of its workspace.
    package func learn(dueIn wait: Duration, in workspaceID: ID<Workspace>) -> Bool {
        let due = ContinuousClock().now + wait
        return nextDue.withLock { next in
            // Within a moment of each other they are the same run, seen by two clocks.
            if let known = next[workspaceID], known <= due + .milliseconds(20) { return false }
            next[workspaceID] = due
            return true
        }
    }

    /// One pass: promotes what is due and says how long to sleep.
    package func pass() async throws -> Duration? {
        let now = ContinuousClock().now
        let due = nextDue.withLock { next in
            let due = next.filter { $0.value <= now }.keys
            for workspaceID in due { next[workspaceID] = nil }
            return due.sorted()
        }
        for workspaceID in due {
            while try await commit.submit(PromoteDueRuns(workspaceID: workspaceID, limit: Self.batch, actor: actor))
                == Self.batch
            {}
        }
        return nextDue.withLock { $0.values.min() }.map { max(.zero, $0 - ContinuousClock().now) }
    }
}
