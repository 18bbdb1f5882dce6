// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Logging
import Synchronization

/// Takes back the runs of workers that went silent.
package final class RunRescuer: Sendable {
    private static let batch = 128

    private let commit: GroupCommit
    private let actor: Principal
    private let logger: Logger
    /// Workspaces in which somebody went silent.
    private let waiting = Mutex<Set<ID<Workspace>>>([])

    package init(commit: GroupCommit, actor: Principal, logger: Logger) {
        self.commit = commit
        self.actor = actor
        self.logger = logger
    }

    /// Learns of a workspace with silent workers.
    package func learn(of workspaceID: ID<Workspace>) { _ = waiting.withLock { $0.insert(workspaceID) } }

    /// One pass over the workspaces that were learnt of; waits for the next kick of the pulse.
    package func pass() async throws -> Duration? {
        let workspaces = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        var released = 0
        for workspaceID in workspaces.sorted() { released += try await rescue(workspaceID) }
        if released > 0 {
            logger.warning("released the runs of silent workers", metadata: ["runs": "\(released)"])
        }
        return nil
    }

    private func rescue(_ workspaceID: ID<Workspace>) async throws -> Int {
        var released = 0
        while true {
            let found = try await commit.submit(
                ReleaseOrphanedRuns(workspaceID: workspaceID, limit: Self.batch, actor: actor))
            released += found
            if found < Self.batch { return released }
        }
    }
}
