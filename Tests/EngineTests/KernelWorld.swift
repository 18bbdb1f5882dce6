// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Common
import Crypto
import Domain
import Orchestration
import Postgres
import ServiceLifecycle
import Store
import TestKit
import Testing

/// An orchestrator in this process on a database of its own, without an engine: the test has its source of runs.
struct KernelWorld: Sendable {
    static let actor = Principal(.user, "tester")
    static let trace = String(repeating: "b", count: 32)

    let orchestrator: Orchestrator
    let pool: PostgresPool
    let runs: EmbeddedRunSource

    static func with(
        _ engine: RunEngine.Settings? = nil, _ transport: any AgentTransport = ScriptedTransport(),
        _ body: @Sendable (KernelWorld) async throws -> Void
    ) async throws {
        try await withDatabase([]) { url in
            try await SchemaPreparation(
                schema: OrchestratorSchema.name, role: OrchestratorSchema.appRole,
                migrations: OrchestratorSchema.migrations
            ).run(owner: url, app: url, logger: quiet)
            var configuration = PostgresConfiguration(url: url)
            configuration.role = OrchestratorSchema.appRole
            configuration.searchPath = OrchestratorSchema.name
            configuration.sessionSettings = OrchestratorSchema.sessionSettings
            let pool = PostgresPool(configuration, logger: quiet)
            let listener = PostgresListener(configuration, channels: [PostgresWakes.channel], logger: quiet)
            let orchestrator = Orchestrator(
                name: "test", settings: Orchestrator.Settings(), pool: pool,
                wakes: PostgresWakes(pool: pool, listener: listener),
                internalKey: Secret(String(repeating: "k", count: 32)), keeper: NoKeeper(),
                signingKey: Curve25519.Signing.PrivateKey(), logger: quiet)
            let runs = try #require(orchestrator.runSource)
            let world = KernelWorld(orchestrator: orchestrator, pool: pool, runs: runs)
            let engines = engine.map {
                RunEngine(source: runs, transport: transport, settings: $0, logger: quiet)
            }
            let services: [any Service] =
                [pool, listener] + orchestrator.services + [engines].compactMap(\.self).map { $0 as any Service }
            try await withServices(services) { _ in
                try await eventually { try await orchestrator.checkReadiness() }
                try await body(world)
            }
        }
    }

    func open(_ workspaceID: ID<Workspace>) async throws {
        try await orchestrator.commit.submit(
            OpenWorkspace(
                workspaceID: workspaceID, name: workspaceID.rawValue, actor: Self.actor, traceID: Self.trace))
    }

    func register(
        _ name: String, kind: Agent.Kind = .http, concurrency: Int = 1000,
        in workspaceID: ID<Workspace> = Workspace.defaultID
    ) async throws {
        _ = try await orchestrator.commit.submit(
            RegisterAgent(
                agent: Agent(
                    workspaceID: workspaceID, name: name, kind: kind, description: "",
                    endpoint: kind == .http ? "http://127.0.0.1:1/" : nil, inputSchema: JSONValue.bool(true).bytes,
                    concurrency: concurrency, heartbeatSeconds: nil, createdAt: .now(), updatedAt: .now()),
                actor: Self.actor, traceID: Self.trace))
    }

    func create(
        agent: String = "echo", script: ScriptedTransport.Script = .answer, priority: Int = 5,
        in workspaceID: ID<Workspace> = Workspace.defaultID
    ) async throws -> ID<WorkTask> {
        let outcome = try await orchestrator.commit.submit(
            CreateTask(
                workspaceID: workspaceID, roomID: Room.defaultID,
                request: TaskRequest(
                    agent: agent, input: script.input, priority: priority,
                    timeoutSeconds: 60, retry: .standard, runAt: nil, idempotencyHash: nil),
                correlationID: nil, idempotencyKey: nil, traceID: Self.trace, actor: Self.actor))
        guard case .created(let task) = outcome else { throw Problem(.internal, "expected a new task") }
        return task.id
    }

    func task(_ id: ID<WorkTask>, in workspaceID: ID<Workspace> = Workspace.defaultID) async throws -> WorkTask {
        let statement = TaskStore.task(id, in: workspaceID)
        guard let task = try statement.decode(try await pool.query(statement.sql)) else {
            throw Problem.notFound("task", id.rawValue)
        }
        return task
    }
}

extension KernelWorld: RunSourceWorld {
    var source: any RunSource { runs }

    func create(_ agent: String, priority: Int) async throws -> String {
        try await create(agent: agent, priority: priority).rawValue
    }

    func status(of id: String) async throws -> String {
        try await task(ID(trusted: id)).status.rawValue
    }

    func cancel(_ id: String) async throws {
        let task = try await task(ID(trusted: id))
        _ = try await orchestrator.commit.submit(
            ChangeTask(
                workspaceID: task.workspaceID, roomID: task.roomID, taskID: task.id, version: task.version,
                change: .cancel(reason: nil), actor: Self.actor))
    }
}

/// Keeps nothing: signed heads are tested elsewhere.
private struct NoKeeper: HeadKeeper {
    func latest(of workspaceID: ID<Workspace>) async throws -> SignedHead? { nil }
    func keep(_ head: SignedHead, blocks: [BlockContent]) async throws {}
    func heads(of workspaceID: ID<Workspace>, afterBlock block: Int64) async throws -> [SignedHead] { [] }
}
