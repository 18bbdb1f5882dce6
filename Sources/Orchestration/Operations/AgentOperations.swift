// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
import Store

/// What may be done to the registry of agents.
package struct AgentOperations: Sendable {
    let pool: PostgresPool
    let commit: GroupCommit
    let directory: AgentDirectory

    package init(pool: PostgresPool, commit: GroupCommit, directory: AgentDirectory) {
        self.pool = pool
        self.commit = commit
        self.directory = directory
    }

    /// Registers an agent or changes its definition. Registering is a sign of life, too.
    package func register(
        name: String, kind: Agent.Kind, description: String, endpoint: String?, inputSchema: JSONValue,
        concurrency: Int, heartbeatSeconds: Int?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> AgentDirectory.Entry {
        do {
            _ = try JSONSchema(inputSchema)
        } catch {
            let field = "/input_schema" + error.location.drop { $0 == "#" }
            throw Problem.invalid(field, error.message)
        }
        let now = Timestamp.now()
        _ = try await commit.submit(
            RegisterAgent(
                agent: Agent(
                    workspaceID: workspaceID, name: name, kind: kind, description: description, endpoint: endpoint,
                    inputSchema: inputSchema.bytes, concurrency: concurrency, heartbeatSeconds: heartbeatSeconds,
                    createdAt: now, updatedAt: now),
                actor: caller.principal, traceID: caller.traceID))
        try await beat(name, in: workspaceID)
        directory.invalidate(workspaceID)
        return try await agent(name, in: workspaceID)
    }

    /// Notes that an agent is alive.
    package func beat(_ name: String, in workspaceID: ID<Workspace>) async throws {
        let statement = AgentStore.beat(name, in: workspaceID)
        guard try statement.decode(try await pool.query(statement.sql)) else { throw Problem.notFound("agent", name) }
    }

    package func agent(_ name: String, in workspaceID: ID<Workspace>) async throws -> AgentDirectory.Entry {
        guard let entry = try await directory.entry(name, in: workspaceID) else {
            throw Problem.notFound("agent", name)
        }
        return entry
    }

    /// All agents by name.
    package func list(in workspaceID: ID<Workspace>) async throws -> [AgentDirectory.Entry] {
        try await directory.entries(in: workspaceID)
    }
}
