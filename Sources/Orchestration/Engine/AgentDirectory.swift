// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
import Store
import Synchronization

/// Agents as this daemon knows them, with their input schemas compiled. Reading one costs no query while it is fresh.
package final class AgentDirectory: Sendable {
    package struct Entry: Sendable {
        package let agent: Agent
        package let lastSeenAt: Timestamp?
        /// Whether it has stopped reporting itself; its runs then wait in the queue.
        package let isSilent: Bool
        /// Checks inputs; nil when the schema no longer compiles, and then every input is refused.
        package let inputSchema: JSONSchema?
    }

    /// How long a reading serves. Registrations by this daemon or seen in the log end it at once.
    private static let freshness: Duration = .seconds(2)
    /// How long it serves where there is no time to read: an agent that went silent meanwhile is called in vain.
    private static let staleness: Duration = .seconds(10)
    /// Agents of one workspace.
    package static let limit = 1000

    private struct Reading {
        let entries: [String: Entry]
        let time: ContinuousClock.Instant
    }

    private let pool: PostgresPool
    private let readings = Mutex<[ID<Workspace>: Reading]>([:])

    package init(pool: PostgresPool) { self.pool = pool }

    /// The agent of that name, or nil.
    package func entry(_ name: String, in workspaceID: ID<Workspace>) async throws -> Entry? {
        if let known = fresh(workspaceID)?[name] { return known }
        return try await read(workspaceID)[name]
    }

    /// All agents by name.
    package func entries(in workspaceID: ID<Workspace>) async throws -> [Entry] {
        try await read(workspaceID).values.sorted { $0.agent.name < $1.agent.name }
    }

    /// Agents that an engine can call now. The runs of others are claimed by programs outside, or wait.
    func callable(in workspaceID: ID<Workspace>) async throws -> [Agent] {
        let known = fresh(workspaceID)
        let entries = if let known { known } else { try await read(workspaceID) }
        return entries.values.filter { !$0.isSilent && $0.agent.kind.isCalled }.map(\.agent)
    }

    /// Those of these agents that an engine can call now, as far as that is known without a query.
    func knownCallable(_ names: Set<String>, in workspaceID: ID<Workspace>) -> [Agent] {
        guard let entries = reading(workspaceID, noOlderThan: Self.staleness) else { return [] }
        return names.compactMap { entries[$0] }.filter { !$0.isSilent && $0.agent.kind.isCalled }.map(\.agent)
    }

    /// Forgets what was read, because an agent changed.
    package func invalidate(_ workspaceID: ID<Workspace>) { readings.withLock { $0[workspaceID] = nil } }

    private func fresh(_ workspaceID: ID<Workspace>) -> [String: Entry]? {
        reading(workspaceID, noOlderThan: Self.freshness)
    }

    private func reading(_ workspaceID: ID<Workspace>, noOlderThan age: Duration) -> [String: Entry]? {
        readings.withLock { readings in
            guard let reading = readings[workspaceID], ContinuousClock().now - reading.time < age else { return nil }
            return reading.entries
        }
    }

    private func read(_ workspaceID: ID<Workspace>) async throws -> [String: Entry] {
        let statement = AgentStore.list(in: workspaceID, limit: Self.limit)
        let presences = try statement.decode(try await pool.query(statement.sql))
        return readings.withLock { readings in
            let old = readings[workspaceID]?.entries ?? [:]
            var entries: [String: Entry] = [:]
            for presence in presences {
                let agent = presence.agent
                // Compiling a schema costs far more than reading a row, so it is done once per definition.
                let compiled =
                    if let known = old[agent.name], known.agent.inputSchema == agent.inputSchema {
                        known.inputSchema
                    } else {
                        (try? JSONValue.parse(agent.inputSchema)).flatMap { try? JSONSchema($0) }
                    }
                entries[agent.name] = Entry(
                    agent: agent, lastSeenAt: presence.lastSeenAt, isSilent: presence.isSilent, inputSchema: compiled)
            }
            readings[workspaceID] = Reading(entries: entries, time: ContinuousClock().now)
            return entries
        }
    }
}

extension AgentDirectory.Entry {
    /// Throws unless the agent takes that input.
    func check(_ input: JSONValue, at field: String) throws(Problem) {
        guard let inputSchema else {
            throw Problem(
                .unavailable, "The input schema of agent \(agent.name) cannot be used; register the agent anew.")
        }
        let message = "The input does not fit the schema of agent \(agent.name)."
        if let problem = Problem(inputSchema.validate(input), under: field, message: message) { throw problem }
    }
}
