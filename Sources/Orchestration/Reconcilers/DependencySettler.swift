// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Synchronization

/// Goes on with tasks whose dependencies have been settled, by whichever orchestrator.
package final class DependencySettler: Sendable {
    private static let batch = 500

    private let commit: GroupCommit
    private let actor: Principal
    /// Workspaces in which dependencies have been settled.
    private let waiting = Mutex<Set<ID<Workspace>>>([])

    package init(commit: GroupCommit, actor: Principal) {
        self.commit = commit
        self.actor = actor
    }

    /// Learns of a workspace in which dependencies have been settled.
    package func learn(of workspaceID: ID<Workspace>) { _ = waiting.withLock { $0.insert(workspaceID) } }

    /// One pass over the workspaces that were learnt of; waits for the next kick.
    package func pass() async throws -> Duration? {
        let workspaces = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting.sorted()
        }
        for workspaceID in workspaces {
            while try await commit.submit(
                SettleDependencies(workspaceID: workspaceID, limit: Self.batch, actor: actor)) == Self.batch
            {}
        }
        return nil
    }
}
