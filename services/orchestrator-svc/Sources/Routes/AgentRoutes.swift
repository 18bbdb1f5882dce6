// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Orchestration
import ServiceKit

func answerAgents(_ router: inout EndpointRouter, _ agents: AgentOperations, internalKey: Secret<String>) {
    router.on(AgentsAPI.list) { input, _ in
        Page(items: try await agents.list(in: input.workspaceID).map(AgentView.init), nextCursor: nil)
    }
    router.on(AgentsAPI.get) { input, _ in AgentView(try await agents.agent(input.name, in: input.workspaceID)) }
    router.on(AgentsAPI.register) { input, context in
        let entry = try await agents.register(
            name: input.name, kind: input.kind, description: input.description, endpoint: input.endpoint,
            inputSchema: input.inputSchema, concurrency: input.concurrency, heartbeatSeconds: input.heartbeatSeconds,
            in: input.workspaceID, by: context.caller)
        return RegisteredAgentView(
            AgentView(entry),
            token: input.kind == .http ? AgentToken.make(agent: input.name, internalKey: internalKey) : nil,
            workerToken: input.kind == .worker ? WorkerToken.make(agent: input.name, internalKey: internalKey) : nil)
    }
    router.on(AgentsAPI.beat) { input, _ in
        try await agents.beat(input.name, in: input.workspaceID)
        return NoContent()
    }
}

extension AgentView {
    fileprivate init(_ entry: AgentDirectory.Entry) {
        self.init(entry.agent, lastSeenAt: entry.lastSeenAt, isSilent: entry.isSilent)
    }
}
