// SPDX-License-Identifier: Apache-2.0

package import Common

/// `agent.registered`: an agent's definition is new or changed. Its stream is the workspace.
package enum AgentEvent {
    package static let registered = "agent.registered"

    /// The whole definition as JSON.
    package static func body(_ agent: Agent) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", agent.name)
        writer.member("kind", agent.kind.rawValue)
        writer.member("description", agent.description)
        writer.optional("endpoint", agent.endpoint)
        writer.name("input_schema")
        writer.write(json: agent.inputSchema)
        writer.member("concurrency", agent.concurrency)
        if let seconds = agent.heartbeatSeconds { writer.member("heartbeat_seconds", seconds) }
        writer.endObject()
        return writer.bytes
    }

    /// The agent as the event leaves it; `previous` is what was registered before under the name.
    package static func agent(
        from body: JSONValue, in workspaceID: ID<Workspace>, previous: Agent?, at time: Timestamp
    ) throws(EventDecodingError) -> Agent {
        let reader = EventBody(type: registered, object: body.object ?? [:])
        guard let kind = Agent.Kind(rawValue: try reader.string("kind")) else {
            throw EventDecodingError(eventType: registered, member: "kind")
        }
        return Agent(
            workspaceID: workspaceID, name: try reader.string("name"), kind: kind,
            description: try reader.string("description"),
            endpoint: kind == .http ? try reader.string("endpoint") : nil,
            inputSchema: try reader.json("input_schema"), concurrency: try reader.int("concurrency"),
            heartbeatSeconds: reader.object["heartbeat_seconds"]?.int, createdAt: previous?.createdAt ?? time,
            updatedAt: time)
    }
}
