// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Queues runs whose time has come; sleeps until the next is due.
package final class RunPromoter: Sendable {
    private static let batch = 1000

    private let commit: GroupCommit
    private let actor: Principal
    private let due = DueWorkspaces(tolerance: .milliseconds(20))

    package init(commit: GroupCommit, actor: Principal) {
        self.commit = commit
        self.actor = actor
    }

    /// Learns of a delayed run; says whether it is due before all that were known of its workspace.
    package func learn(_ workspaceID: ID<Workspace>, dueIn wait: Duration) -> Bool {
        due.learn(workspaceID, dueIn: wait)
    }

    /// One pass: promotes what is due and says how long to sleep.
    package func pass() async throws -> Duration? {
        for workspaceID in due.take() {
            while try await commit.submit(PromoteDueRuns(workspaceID: workspaceID, limit: Self.batch, actor: actor))
                == Self.batch
            {}
        }
        return due.wait
    }
}
