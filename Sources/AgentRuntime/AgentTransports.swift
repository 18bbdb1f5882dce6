// SPDX-License-Identifier: Apache-2.0

import Common
package import Domain

/// The way to agents of every kind that an engine calls.
package struct AgentTransports: AgentTransport {
    private let http: any AgentTransport

    /// `http` reaches the agents that have an endpoint.
    package init(http: any AgentTransport) { self.http = http }

    package func call(_ call: AgentCall) async -> AgentAnswer {
        guard call.agent.kind == .builtin else { return await http.call(call) }
        switch BuiltinAgent(rawValue: call.agent.name) {
        case .noop: return .completed(JSONValue.object(["received_at": .string(Timestamp.now().description)]).bytes)
        case nil:
            // An engine of another release may not have it.
            let message = "This engine has no agent \(call.agent.name) built in."
            return .failed(
                RunFailure(code: "agent_unknown", message: message, isRetryable: true), leastPause: .zero)
        }
    }

    package func cancel(_ call: AgentCall) async {
        if call.agent.kind == .http { await http.cancel(call) }
    }
}
