// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Goes on with tasks whose dependencies have been settled, by whichever orchestrator.
package struct DependencySettler: Sendable {
    private static let batch = 500

    private let workspaceID: ID<Workspace>
    private let commit: GroupCommit
    private let actor: Principal

    package init(workspaceID: ID<Workspace>, commit: GroupCommit, actor: Principal) {
        self.workspaceID = workspaceID
        self.commit = commit
        self.actor = actor
    }

    /// One pass; waits for the next kick.
    package func pass() async throws -> Duration? {
        while try await commit.submit(
            SettleDependencies(workspaceID: workspaceID, limit: Self.batch, actor: actor)) == Self.batch
        {}
        return nil
    }
}
