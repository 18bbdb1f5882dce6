// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes
package import Logging
import Synchronization

/// An orchestrator over HTTP as an engine's source of runs: the API that every worker outside uses, plus the right of our
/// own daemons to serve all workspaces.
///
/// Work is found by claims that wait, withdrawals by what beats list.
package final class HTTPRunSource: RunSource {
    /// Runs of one claim: with the largest inputs they still fit into an answer.
    private static let largestClaim = 32
    package static let largestAnswer = 64 * 1024 * 1024
    private static let workspacePeriod: Duration = .seconds(5)

    let calls: OrchestratorCalls
    private let agents: RemoteAgents
    let signer: LeaseSigner
    private let worker: String
    private let capacity: Int
    let logger: Logger
    /// Beats and claims go past these.
    let endings = CallGate(96)
    /// Reports that become due together, by workspace.
    let gatherings = Mutex<[ID<Workspace>: ReportGathering<RunReportCall>]>([:])
    private let waits = CallGate(96)

    /// `client` is the orchestrator with the internal key, which also proves leases; `worker` names the sessions, and
    /// `capacity` says how many runs the engine carries out at once.
    package init(
        client: ServiceClient, internalKey: Secret<String>, worker: String, capacity: Int, logger: Logger
    ) {
        calls = OrchestratorCalls(client: client)
        agents = RemoteAgents(calls)
        signer = LeaseSigner(internalKey: internalKey)
        self.worker = worker
        self.capacity = capacity
        self.logger = logger
    }

    /// Short enough that a claim that was sent before an agent registered does not keep its runs waiting.
    package let patience = Duration.seconds(5)

    package func listen(_ report: @escaping @Sendable (RunSourceReport) -> Void) async {
        // It is there wherever an orchestrator is.
        report(.workspace(Workspace.defaultID))
        var pause = Duration.zero
        while (try? await Task.sleep(for: pause)) != nil {
            do {
                for workspaceID in try await workspaces() { report(.workspace(workspaceID)) }
                pause = Self.workspacePeriod
            } catch {
                if !Task.isCancelled { logger.warning("cannot read the workspaces", error: error) }
                pause = .seconds(1)
            }
        }
    }

    private func workspaces() async throws -> [ID<Workspace>] {
        var found: [ID<Workspace>] = []
        var cursor: String?
        repeat {
            let query = [("limit", "500")] + (cursor.map { [("cursor", $0)] } ?? [])
            let page = try await calls.send(HTTPCall(.get, "/v1/workspaces", query: query))
            guard let items = page["items"]?.array else { throw OrchestratorCalls.malformed("workspaces") }
            found += items.compactMap { $0["workspace_id"]?.string.map { ID(trusted: $0) } }
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        return found
    }

    // MARK: Sessions

    package func openSession(
        in workspaceID: ID<Workspace>, replacing retired: [ID<WorkerSession>]
    ) async throws -> EngineSession {
        try await endSessions(retired, in: workspaceID)
        let names = try await agents.callable(in: workspaceID).prefix(RemoteAgents.namesPerClaim)
        let answer = try await calls.send(
            HTTPCall(
                .post, "/v1/workers",
                json: [
                    "name": .string(worker), "agents": .array(names.map { .string($0) }),
                    "capacity": JSONValue(capacity),
                ]), in: workspaceID)
        guard let id = answer["worker_session_id"]?.string, let lifetime = answer["lifetime_seconds"]?.double,
            let beat = answer["heartbeat_seconds"]?.double
        else { throw OrchestratorCalls.malformed("worker session") }
        return EngineSession(
            id: ID(trusted: id), workspaceID: workspaceID, lifetime: .seconds(lifetime), beat: .seconds(beat))
    }

    package func beat(_ session: EngineSession, listing: Bool) async throws -> SessionBeat {
        do {
            let answer = try await calls.send(
                HTTPCall(
                    .post, "/v1/workers/\(session.id)/heartbeat", json: [:], isIdempotent: true,
                    deadline: session.beat), in: session.workspaceID)
            guard let leases = answer["leases"]?.array else { throw OrchestratorCalls.malformed("leases") }
            return .alive(
                held: try leases.map { lease in
                    guard let run = lease["run_id"]?.string, let epoch = lease["lease_epoch"]?.int else {
                        throw OrchestratorCalls.malformed("lease")
                    }
                    return Lease(runID: ID(trusted: run), epoch: epoch, workerSessionID: session.id)
                })
        } catch let problem as Problem where problem.kind == .notFound || problem.code == "session_expired" {
            return .expired
        }
    }

    package func endSessions(_ ids: [ID<WorkerSession>], in workspaceID: ID<Workspace>) async throws {
        for id in ids {
            do {
                try await calls.send(HTTPCall(.delete, "/v1/workers/\(id)"), in: workspaceID)
            } catch let problem as Problem where problem.kind == .notFound || problem.kind == .conflict {
                // It is over already.
            }
        }
    }

    package func release(_ leases: [Lease], of session: EngineSession) async throws {
        for lease in leases {
            do {
                try await tell(
                    RunReportCall(
                        releasing: lease, in: session.workspaceID, reason: "The answer of the claim was lost."))
            } catch let problem as Problem where problem.kind == .notFound || problem.kind == .conflict {
                // Somebody else has ended it.
            }
        }
    }

    // MARK: Runs

    package func claim(_ limit: Int, for session: EngineSession, waiting wait: Duration) async throws -> Claim {
        let limit = min(limit, Self.largestClaim)
        let names = try await agents.turn(in: session.workspaceID)
        guard !names.isEmpty else {
            // There is nothing to wait for but agents.
            try await Task.sleep(for: min(wait, RemoteAgents.freshness))
            return Claim(runs: [], mayHaveMore: false)
        }
        let call = HTTPCall(
            .post, "/v1/runs/claim",
            json: [
                "worker_session_id": .string(session.id.rawValue), "agents": .array(names.map { .string($0) }),
                "limit": JSONValue(limit), "wait_seconds": JSONValue(Int(wait.components.seconds)),
                "start": true,
            ], deadline: wait + OrchestratorCalls.deadline)
        let answer =
            if wait > .zero {
                try await waits.pass { try await calls.send(call, in: session.workspaceID) }
            } else {
                try await calls.send(call, in: session.workspaceID)
            }
        guard let runs = answer["runs"]?.array else { throw OrchestratorCalls.malformed("runs") }
        return Claim(
            runs: try runs.map { try Self.assignment($0, session) }, mayHaveMore: runs.count == limit)
    }

    private static func assignment(_ run: JSONValue, _ session: EngineSession) throws -> Assignment {
        guard let id = run["run_id"]?.string, let task = run["task_id"]?.string, let room = run["room_id"]?.string,
            let epoch = run["lease_epoch"]?.int, let agent = run["agent"]?.string, let input = run["input"],
            let attempt = run["attempt"]?.int, let timeout = run["timeout_seconds"]?.int,
            let trace = run["trace_id"]?.string
        else { throw OrchestratorCalls.malformed("claimed run") }
        return Assignment(
            workspaceID: session.workspaceID, roomID: ID(trusted: room), taskID: ID(trusted: task),
            lease: Lease(runID: ID(trusted: id), epoch: epoch, workerSessionID: session.id), agent: agent,
            input: input.bytes, attempt: attempt, timeoutSeconds: timeout,
            correlationID: run["correlation_id"]?.string, traceID: trace)
    }

    /// The claim has told so already.
    package func start(_ assignment: Assignment) async throws {}

    package func landed(_ assignment: Assignment) {}

    package func agent(_ name: String, in workspaceID: ID<Workspace>) async throws -> Agent? {
        try await agents.agent(name, in: workspaceID)
    }
}
