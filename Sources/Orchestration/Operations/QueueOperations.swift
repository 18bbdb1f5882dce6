// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Store

/// What may be done to the queues of agents.
package struct QueueOperations: Sendable {
    let core: OperationsCore
    let directory: AgentDirectory

    package init(core: OperationsCore, directory: AgentDirectory) {
        self.core = core
        self.directory = directory
    }

    /// Nothing more of the agent is handed out; what runs goes on.
    package func pause(
        _ agent: String, reason: String?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> QueueDepth {
        try await change(agent, .paused(reason: reason), in: workspaceID, by: caller)
    }

    /// Handing out goes on.
    package func resume(
        _ agent: String, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> QueueDepth {
        try await change(agent, .resumed, in: workspaceID, by: caller)
    }

    private func change(
        _ agent: String, _ event: QueueEvent, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> QueueDepth {
        guard try await directory.entry(agent, in: workspaceID) != nil else { throw Problem.notFound("agent", agent) }
        try await core.commit.submit(
            ChangeQueue(
                workspaceID: workspaceID, agent: agent, event: event, actor: caller.principal,
                traceID: caller.traceID))
        guard let depth = try await core.read(AgentQueueStore.depth(of: agent, in: workspaceID)) else {
            throw Problem.notFound("agent", agent)
        }
        return depth
    }

    /// The queues of all agents, by name.
    package func list(
        in workspaceID: ID<Workspace>, after agent: String, limit: Int
    ) async throws -> (queues: [QueueDepth], next: String?) {
        let page = try await core.read(AgentQueueStore.depths(in: workspaceID, after: agent, limit: limit + 1))
            .page(limit)
        return (page.items, page.last?.queue.agent)
    }
}
