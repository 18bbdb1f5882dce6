// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Registers an agent, or changes its definition; an equal definition records nothing.
package struct RegisterAgent: Command {
    package let agent: Agent
    package let actor: Principal
    package let traceID: String

    package init(agent: Agent, actor: Principal, traceID: String) {
        self.agent = agent
        self.actor = actor
        self.traceID = traceID
    }

    package var workspaceID: ID<Workspace> { agent.workspaceID }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.workspace(workspaceID)]
        needs.agents = [agent.name]
        return needs
    }

    /// The agent as it now stands.
    package func decide(_ state: inout FlushState) throws(Problem) -> Agent {
        let previous = state.agents[agent.name]
        if let previous, previous.hasSameDefinition(as: agent) { return previous }
        let registered = Agent(
            workspaceID: agent.workspaceID, name: agent.name, kind: agent.kind, description: agent.description,
            endpoint: agent.endpoint, inputSchema: agent.inputSchema, concurrency: agent.concurrency,
            heartbeatSeconds: agent.heartbeatSeconds, createdAt: previous?.createdAt ?? state.now,
            updatedAt: state.now)
        state.register(registered, by: actor, traceID: traceID)
        return registered
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Agent {
        guard let registered = state.agents[agent.name] else { throw .notFound("agent", agent.name) }
        return registered
    }
}
