// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

extension Agent.Kind: WireEnum {}

/// The registry of agents.
package enum AgentsAPI {
    package static let list = Endpoint<ListAgentsInput, Page<AgentView>>(
        "listAgents", .get, "/agents", .peopleAndServices(.readAgents), "Lists the registered agents by name.",
        tag: "agents")

    package static let get = Endpoint<AgentNameInput, AgentView>(
        "getAgent", .get, "/agents/{name}", .peopleAndServices(.readAgents), "Reads one agent.", tag: "agents")

    package static let register = Endpoint<RegisterAgentInput, RegisteredAgentView>(
        "registerAgent", .put, "/agents/{name}", .peopleAndServices(.registerAgents),
        "Registers an agent, or changes its definition.",
        description: """
            The answer holds the token that the agent will be called with, or, for kind `worker`, the one that programs
            claim its runs with.
            """, tag: "agents")

    package static let beat = Endpoint<AgentNameInput, NoContent>(
        "beatAgent", .post, "/agents/{name}/heartbeat", .services(.registerAgents),
        "Says that an agent is alive.", tag: "agents", success: [204], isIdempotent: true)

    package static let catalogue: [AnyEndpoint] = [list.route, get.route, register.route, beat.route]
}

/// `GET /agents`.
package struct ListAgentsInput: WireInput {
    package let workspaceID: ID<Workspace>

    package init(_ reader: inout InputReader) { workspaceID = reader.workspace() }
}

/// Names an agent in a path.
package struct AgentNameInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let name: String

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        name = reader.path("name", "The agent.", .string(.name, max: 63))
    }
}

/// `PUT /agents/{name}`.
package struct RegisterAgentInput: WireInput {
    package static let wireName = "AgentDefinition"

    package let workspaceID: ID<Workspace>
    package let name: String
    package let kind: Agent.Kind
    package let description: String
    /// There exactly for the kinds that are called.
    package let endpoint: String?
    package let inputSchema: JSONValue
    package let concurrency: Int
    package let heartbeatSeconds: Int?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        name = reader.path("name", "The agent.", .string(.name, max: 63))
        kind = reader.member(
            "kind",
            """
            `http`: its endpoint is called; `worker`: programs claim its runs; `builtin`: the engine carries them out by \
            itself, as `noop` does, which answers at once when it was called.
            """, .choice(Agent.Kind.self))
        description = reader.member("description", "What it does.", .string(.text, max: 2000), default: "")
        endpoint = reader.optional(
            "endpoint", "The http or https URL that runs are posted to: required for kind `http`, and for no other.",
            .string(.httpURL, min: 8, max: 2000))
        inputSchema = reader.member(
            "input_schema", "JSON Schema 2020-12 of the input.", .anything, default: JSONValue.bool(true))
        concurrency = reader.member(
            "concurrency", "Runs it takes at the same time.", .integer(1...10_000), default: 16)
        heartbeatSeconds = reader.optional(
            "heartbeat_seconds", "How often it reports itself; null when it does not.", .integer(1...3600))
        switch (kind, endpoint) {
        case (.http, nil): reader.refuse("/endpoint", "is required for kind http")
        case (.worker, .some): reader.refuse("/endpoint", "must be absent for kind worker, which is not called")
        case (.builtin, .some): reader.refuse("/endpoint", "must be absent for kind builtin, which has none")
        case (.builtin, nil) where BuiltinAgent(rawValue: name) == nil:
            let names = BuiltinAgent.allCases.map(\.rawValue).joined(separator: ", ")
            reader.refuse("/kind", "is builtin, but no agent of this name is built in; there is: \(names)")
        default: break
        }
    }
}

/// An agent with what is known of its life.
package struct AgentView: WireObject {
    package static let wireName = "Agent"

    package let agent: Agent
    package let lastSeenAt: Timestamp?
    package let isSilent: Bool

    package init(_ agent: Agent, lastSeenAt: Timestamp?, isSilent: Bool) {
        self.agent = agent
        self.lastSeenAt = lastSeenAt
        self.isSilent = isSilent
    }

    package static let fields: [Field<AgentView>] = fields(of: { $0 })

    static func fields<Owner>(of view: @escaping @Sendable (Owner) -> AgentView) -> [Field<Owner>] {
        [
            Field("name", "Names the agent.") { view($0).agent.name },
            Field("kind", "How it is reached.") { view($0).agent.kind },
            Field("description", "What it does.") { view($0).agent.description },
            Field("endpoint", "Where runs are posted to; null but for kind `http`.") { view($0).agent.endpoint },
            Field("input_schema", "JSON Schema of the input.") { WireJSON(trusted: view($0).agent.inputSchema) },
            Field("concurrency", "Runs it takes at the same time.") { view($0).agent.concurrency },
            Field("heartbeat_seconds", "How often it reports itself; null when it does not.") {
                view($0).agent.heartbeatSeconds
            },
            Field("last_seen_at", "When it last reported itself; null when never.") { view($0).lastSeenAt },
            Field("silent", "Whether it has missed three heartbeats; its runs wait then.") { view($0).isSilent },
            Field("created_at", "When it was first registered.") { view($0).agent.createdAt },
            Field("updated_at", "When its definition changed last.") { view($0).agent.updatedAt },
        ]
    }
}

/// An agent as it was registered, with the token that belongs to its kind.
package struct RegisteredAgentView: WireObject {
    package static let wireName = "RegisteredAgent"

    package let view: AgentView
    package let token: Secret<String>?
    package let workerToken: Secret<String>?

    /// The agent, with the token it is called with and the token its workers show; nil where its kind has none.
    package init(_ view: AgentView, token: Secret<String>?, workerToken: Secret<String>?) {
        self.view = view
        self.token = token
        self.workerToken = workerToken
    }

    package static let fields: [Field<RegisteredAgentView>] =
        AgentView.fields(of: \.view) + [
            Field("token", "What calls of the agent carry as `Authorization: Bearer`; null but for kind `http`.") {
                $0.token?.reveal()
            },
            Field("worker_token", "What its workers send as `Authorization: Bearer`; null but for kind `worker`.") {
                $0.workerToken?.reveal()
            },
        ]
}

extension TextPattern {
    /// An http or https URL without credentials and fragment.
    package static let httpURL = TextPattern(
        #"^https?://[A-Za-z0-9.\-\[\]:]{1,253}(/[!-"$-~]*)?$"#,
        words: "an http or https URL without credentials and fragment"
    ) { text in
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return false }
        let rest = text.dropFirst(scheme.count).utf8
        let host = rest.prefix { $0 != UInt8(ascii: "/") }
        let path = rest.dropFirst(host.count)
        return (1...253).contains(host.count)
            && host.allSatisfy { byte in
                Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                    || ".-[]:".utf8.contains(byte)
            } && path.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }
    }
}
