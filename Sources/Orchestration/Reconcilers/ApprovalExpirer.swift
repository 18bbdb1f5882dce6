// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Ends approvals that nobody answered in time; sleeps until the next is due, in whichever workspace.
package final class ApprovalExpirer: Sendable {
    private static let batch = 500

    private let commit: GroupCommit
    private let actor: Principal
    private let due = DueWorkspaces(tolerance: .milliseconds(20))

    package init(commit: GroupCommit, actor: Principal) {
        self.commit = commit
        self.actor = actor
    }

    /// Learns of an open approval; says whether it is due before all that were known of its workspace.
    package func learn(_ workspaceID: ID<Workspace>, dueIn wait: Duration) -> Bool {
        due.learn(workspaceID, dueIn: wait)
    }

    /// One pass: ends what is due and says how long to sleep; nil when nothing waits.
    package func pass() async throws -> Duration? {
        for workspaceID in due.take() {
            let command = ExpireApprovals(workspaceID: workspaceID, limit: Self.batch, actor: actor)
            while try await commit.submit(command) == Self.batch {}
        }
        return due.wait
    }
}
