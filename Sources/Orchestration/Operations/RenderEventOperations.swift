// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Keeping of what renderctl-svc tells.
package struct RenderEventOperations: Sendable {
    private let commit: GroupCommit

    package init(commit: GroupCommit) { self.commit = commit }

    /// Keeps each event once, in order; answers how many were new.
    package func tell(_ reports: [RenderReport], in workspaceID: ID<Workspace>) async throws -> Int {
        try await commit.submit(TellRenderEvents(workspaceID: workspaceID, reports: reports))
    }
}
