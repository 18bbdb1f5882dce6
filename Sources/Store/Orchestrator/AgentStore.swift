// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// An agent with what is known of its life.
package struct AgentPresence: Sendable {
    package let agent: Agent
    /// When it last reported itself; nil when never.
    package let lastSeenAt: Timestamp?
    /// Whether it has been silent for three of its own intervals, by the database's clock.
    package let isSilent: Bool
}

/// `proj_agents` and `agent_heartbeats`.
package enum AgentStore {
    /// Agents of a workspace by name.
    package static func list(
        in workspaceID: ID<Workspace>, after name: String = "", limit: Int
    ) -> Statement<[AgentPresence]> {
        Statement(
            """
            \(select) WHERE a.workspace_id = \(workspaceID) AND a.agent > \(name) ORDER BY a.agent LIMIT \(limit)
            """
        ) { rows in try rows.map(read) }
    }

    package static func agent(_ name: String, in workspaceID: ID<Workspace>) -> Statement<AgentPresence?> {
        Statement("\(select) WHERE a.workspace_id = \(workspaceID) AND a.agent = \(name)") { rows in
            try rows.first.map(read)
        }
    }

    package static func upsert(_ agents: [Agent]) -> SQL {
        """
        INSERT INTO proj_agents (
            agent, workspace_id, kind, description, endpoint, input_schema, concurrency, heartbeat_seconds,
            created_at, updated_at)
        SELECT agent, workspace_id, kind, description, endpoint, convert_from(input_schema, 'UTF8')::json,
            concurrency, heartbeat_seconds, created_at, updated_at
        FROM unnest(
            \(agents.map(\.name)), \(agents.map(\.workspaceID)), \(agents.map(\.kind)),
            \(agents.map(\.description)), \(agents.map(\.endpoint)), \(agents.map(\.inputSchema)),
            \(agents.map { Int32($0.concurrency) }), \(agents.map { $0.heartbeatSeconds.map(Int32.init) }),
            \(agents.map(\.createdAt)), \(agents.map(\.updatedAt)))
            AS a (agent, workspace_id, kind, description, endpoint, input_schema, concurrency, heartbeat_seconds,
                created_at, updated_at)
        ON CONFLICT ON CONSTRAINT proj_agents_pkey DO UPDATE SET
            kind = excluded.kind, description = excluded.description, endpoint = excluded.endpoint,
            input_schema = excluded.input_schema, concurrency = excluded.concurrency,
            heartbeat_seconds = excluded.heartbeat_seconds, updated_at = excluded.updated_at
        """
    }

    /// Records a sign of life; says whether there is such an agent.
    package static func beat(_ name: String, in workspaceID: ID<Workspace>) -> Statement<Bool> {
        Statement(
            """
            INSERT INTO agent_heartbeats AS h (agent, workspace_id, beats, last_seen_at)
            SELECT agent, workspace_id, 1, clock_timestamp() FROM proj_agents
            WHERE workspace_id = \(workspaceID) AND agent = \(name)
            ON CONFLICT ON CONSTRAINT agent_heartbeats_pkey
                DO UPDATE SET beats = h.beats + 1, last_seen_at = excluded.last_seen_at
            """
        ) { rows in rows.affected > 0 }
    }

    private static let select: SQL = """
        SELECT a.agent, a.workspace_id, a.kind, a.description, a.endpoint, a.input_schema, a.concurrency,
            a.heartbeat_seconds, a.created_at, a.updated_at, h.last_seen_at,
            coalesce(a.heartbeat_seconds IS NOT NULL AND (h.last_seen_at IS NULL OR h.last_seen_at
                < clock_timestamp() - make_interval(secs => 3 * a.heartbeat_seconds)), false) AS is_silent
        FROM proj_agents a LEFT JOIN agent_heartbeats h ON h.workspace_id = a.workspace_id AND h.agent = a.agent
        """

    private static func read(_ row: PostgresRow) throws -> AgentPresence {
        AgentPresence(
            agent: Agent(
                workspaceID: try row.value("workspace_id"), name: try row.value("agent"),
                kind: try row.value("kind"), description: try row.value("description"),
                endpoint: try row.value("endpoint"), inputSchema: try row.value("input_schema"),
                concurrency: try row.value("concurrency"), heartbeatSeconds: try row.value("heartbeat_seconds"),
                createdAt: try row.value("created_at"), updatedAt: try row.value("updated_at")),
            lastSeenAt: try row.value("last_seen_at"), isSilent: try row.value("is_silent"))
    }
}
