// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import HTTPTypes
import Synchronization

/// The agents of each workspace as the orchestrator lists them, read anew when a claim is made.
final class RemoteAgents: Sendable {
    /// Agents that one claim may name.
    static let namesPerClaim = 100
    /// How long a reading serves claims.
    static let freshness: Duration = .seconds(2)

    private struct Reading {
        let agents: [String: (agent: Agent, isSilent: Bool)]
        let time: ContinuousClock.Instant
    }

    private let calls: OrchestratorCalls
    private let turns = Mutex<[ID<Workspace>: Int]>([:])
    private let readings = Mutex<[ID<Workspace>: Reading]>([:])

    init(_ calls: OrchestratorCalls) { self.calls = calls }

    /// The agent of that name. Claims keep the readings fresh, so one that knows it is good enough for a call.
    func agent(_ name: String, in workspaceID: ID<Workspace>) async throws -> Agent? {
        if let known = readings.withLock({ $0[workspaceID]?.agents[name] }) { return known.agent }
        return try await read(workspaceID).agents[name]?.agent
    }

    /// Names of the agents that an engine can call now.
    func callable(in workspaceID: ID<Workspace>) async throws -> [String] {
        try await read(workspaceID).agents.values
            .filter { !$0.isSilent && $0.agent.kind.isCalled }.map(\.agent.name).sorted()
    }

    /// Whom the next claim is to name: all, or where there are more than one claim may name, those whose turn it is.
    func turn(in workspaceID: ID<Workspace>) async throws -> [String] {
        let names = try await callable(in: workspaceID)
        guard names.count > Self.namesPerClaim else { return names }
        let first = turns.withLock { turns in
            let first = turns[workspaceID, default: 0] % names.count
            turns[workspaceID] = first + Self.namesPerClaim
            return first
        }
        return Array((names + names)[first..<first + Self.namesPerClaim])
    }

    private func read(_ workspaceID: ID<Workspace>) async throws -> Reading {
        let known = readings.withLock { $0[workspaceID] }
        if let known, ContinuousClock.now - known.time < Self.freshness { return known }
        let page = try await calls.send(HTTPCall(.get, "/agents"), in: workspaceID)
        guard let items = page["items"]?.array else { throw OrchestratorCalls.malformed("agents") }
        var agents: [String: (agent: Agent, isSilent: Bool)] = [:]
        for item in items {
            // A kind that this engine does not know is not its to call.
            guard let agent = Self.agent(item, in: workspaceID) else { continue }
            agents[agent.name] = (agent, item["silent"]?.bool ?? false)
        }
        let reading = Reading(agents: agents, time: .now)
        readings.withLock { $0[workspaceID] = reading }
        return reading
    }

    private static func agent(_ item: JSONValue, in workspaceID: ID<Workspace>) -> Agent? {
        guard let name = item["name"]?.string, let kind = item["kind"]?.string.flatMap(Agent.Kind.init),
            let created = item["created_at"]?.string.flatMap({ Timestamp($0) }),
            let updated = item["updated_at"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        return Agent(
            workspaceID: workspaceID, name: name, kind: kind, description: item["description"]?.string ?? "",
            endpoint: item["endpoint"]?.string, inputSchema: item["input_schema"]?.bytes ?? [],
            concurrency: item["concurrency"]?.int ?? 1, heartbeatSeconds: item["heartbeat_seconds"]?.int,
            createdAt: created, updatedAt: updated)
    }
}
