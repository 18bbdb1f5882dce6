// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Synchronization

/// Ends approvals that nobody answered in time; sleeps until the next is due, in whichever workspace.
package final class ApprovalExpirer: Sendable {
    private static let batch = 500

    private let commit: GroupCommit
    private let actor: Principal
    /// When the next approval of each workspace is due, as far as known here.
    private let nextDue = Mutex<[ID<Workspace>: ContinuousClock.Instant]>([:])

    package init(commit: GroupCommit, actor: Principal) {
        self.commit = commit
        self.actor = actor
    }

    /// Learns of an open approval; says whether it is due before all that were known of its workspace.
    package func learn(_ workspaceID: ID<Workspace>, dueIn wait: Duration) -> Bool {
        let due = ContinuousClock().now + wait
        return nextDue.withLock { next in
            // Within a moment of each other they are the same approval, seen by two clocks.
            if let known = next[workspaceID], known <= due + .milliseconds(20) { return false }
            next[workspaceID] = due
            return true
        }
    }

    /// One pass: ends what is due and says how long to sleep; nil when nothing waits.
    package func pass() async throws -> Duration? {
        let now = ContinuousClock().now
        let due = nextDue.withLock { next in
            let due = next.filter { $0.value <= now }.keys
            for workspaceID in due { next[workspaceID] = nil }
            return due
        }
        for workspaceID in due {
            let command = ExpireApprovals(workspaceID: workspaceID, limit: Self.batch, actor: actor)
            while try await commit.submit(command) == Self.batch {}
        }
        return nextDue.withLock { $0.values.min() }.map { max(.zero, $0 - ContinuousClock().now) }
    }
}
