// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Synchronization

/// Queues runs whose time has come; sleeps until the next is due.
package final class RunPromoter: Sendable {
    private static let batch = 1000

    private let workspaceID: ID<Workspace>
    private let commit: GroupCommit
    private let actor: Principal
    /// When the next delayed run is due, as far as known here.
    private let nextDue = Mutex<ContinuousClock.Instant?>(nil)

    package init(workspaceID: ID<Workspace>, commit: GroupCommit, actor: Principal) {
        self.workspaceID = workspaceID
        self.commit = commit
        self.actor = actor
    }

    /// Learns of a delayed run; says whether it is due before all that were known.
    package func learn(dueIn wait: Duration) -> Bool {
        let due = ContinuousClock().now + wait
        return nextDue.withLock { next in
            // Within a moment of each other they are the same run, seen by two clocks.
            if let known = next, known <= due + .milliseconds(20) { return false }
            next = due
            return true
        }
    }

    /// One pass: promotes what is due and says how long to sleep.
    package func pass() async throws -> Duration? {
        let now = ContinuousClock().now
        guard let due = nextDue.withLock({ $0 }) else { return nil }
        if due > now { return due - now }
        nextDue.withLock { $0 = nil }
        while try await commit.submit(PromoteDueRuns(workspaceID: workspaceID, limit: Self.batch, actor: actor))
            == Self.batch
        {}
        return nextDue.withLock { $0 }.map { max(.zero, $0 - ContinuousClock().now) }
    }
}
