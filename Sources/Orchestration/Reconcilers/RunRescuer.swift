// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Logging

/// Takes back the runs of workers that went silent.
package struct RunRescuer: Sendable {
    private static let batch = 128

    private let workspaceID: ID<Workspace>
    private let commit: GroupCommit
    private let actor: Principal
    private let logger: Logger

    package init(workspaceID: ID<Workspace>, commit: GroupCommit, actor: Principal, logger: Logger) {
        self.workspaceID = workspaceID
        self.commit = commit
        self.actor = actor
        self.logger = logger
    }

    /// One pass; waits for the next kick of the pulse.
    package func pass() async throws -> Duration? {
        var released = 0
        while true {
            let found = try await commit.submit(
                ReleaseOrphanedRuns(workspaceID: workspaceID, limit: Self.batch, actor: actor))
            released += found
            if found < Self.batch { break }
        }
        if released > 0 {
            logger.warning("released the runs of silent workers", metadata: ["runs": "\(released)"])
        }
        return nil
    }
}
