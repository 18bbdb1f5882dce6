// SPDX-License-Identifier: Apache-2.0

package import Common

/// The queue of one agent's ready runs: whether it is handed out.
package struct AgentQueue: Sendable, Equatable {
    package let workspaceID: ID<Workspace>
    package let agent: String
    /// Since when nothing is handed out; nil while it runs.
    package var pausedAt: Timestamp?
    package var pausedBy: Principal?
    package var reason: String?
    package var version: Int
    package var updatedAt: Timestamp

    package init(
        workspaceID: ID<Workspace>, agent: String, pausedAt: Timestamp?, pausedBy: Principal?, reason: String?,
        version: Int, updatedAt: Timestamp
    ) {
        self.workspaceID = workspaceID
        self.agent = agent
        self.pausedAt = pausedAt
        self.pausedBy = pausedBy
        self.reason = reason
        self.version = version
        self.updatedAt = updatedAt
    }
}
