// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Common
import Crypto
import Domain
import Foundation
import Logging
import Orchestration
import Postgres
import ServiceLifecycle
import Store

/// An orchestrator with its engine, but without a server.
struct BenchedKernel: Sendable {
    private static let agent = BuiltinAgent.noop.rawValue
    /// How long the last tasks may take to end.
    private static let patience: Duration = .seconds(60)

    private let orchestrator: Orchestrator
    private let services: [any Service]
    private let logger: Logger

    init(databaseURL url: String) async throws {
        var logger = Logger(label: "kernel-bench") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        self.logger = logger
        try await SchemaPreparation(
            schema: OrchestratorSchema.name, role: OrchestratorSchema.appRole,
            migrations: OrchestratorSchema.migrations
        ).run(owner: url, app: url, logger: logger)
        var configuration = PostgresConfiguration(url: url)
        configuration.role = OrchestratorSchema.appRole
        configuration.searchPath = OrchestratorSchema.name
        configuration.sessionSettings = OrchestratorSchema.sessionSettings
        let pool = PostgresPool(configuration, logger: logger)
        let listener = PostgresListener(configuration, channels: [PostgresWakes.channel], logger: logger)
        let key = Secret(UUID().uuidString + UUID().uuidString)
        orchestrator = Orchestrator(
            name: "kernel-bench", settings: Orchestrator.Settings(), pool: pool,
            wakes: PostgresWakes(pool: pool, listener: listener), internalKey: key, keeper: NoKeeper(),
            signingKey: Curve25519.Signing.PrivateKey(), logger: logger)
        let transport = AgentTransports(http: HTTPAgentTransport(internalKey: key, logger: logger))
        let engines = orchestrator.runSource.map {
            RunEngine(source: $0, transport: transport, settings: RunEngine.Settings(), logger: logger)
        }
        services = [pool, listener] + orchestrator.services + (engines.map { [$0] } ?? [])
    }

    /// Makes tasks for as long as `duration`, and waits until all of them have ended.
    func measure(callers: Int, for duration: Duration) async throws -> BenchFigures {
        let group = ServiceGroup(services: services, logger: logger)
        return try await withThrowingTaskGroup(of: BenchFigures?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask { try await self.load(callers: callers, for: duration) }
            while let result = try await tasks.next() {
                guard let figures = result else { continue }
                await group.triggerGracefulShutdown()
                return figures
            }
            throw Problem(.internal, "The kernel stopped before anything was measured.")
        }
    }

    private func load(callers: Int, for duration: Duration) async throws -> BenchFigures {
        while (try? await orchestrator.checkReadiness()) == nil { try await Task.sleep(for: .milliseconds(50)) }
        let caller = Principal(.service, "kernel-bench")
        _ = try await orchestrator.commit.submit(
            RegisterAgent(
                agent: Agent(
                    workspaceID: Workspace.defaultID, name: Self.agent, kind: .builtin, description: "", endpoint: nil,
                    inputSchema: JSONValue.bool(true).bytes, concurrency: 10_000, heartbeatSeconds: nil,
                    createdAt: .now(), updatedAt: .now()),
                actor: caller, traceID: TraceContext.makeRoot().traceID))
        let clock = ContinuousClock()
        let (start, used) = (clock.now, processorSeconds)
        let made = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<callers { group.addTask { try await create(until: start + duration, by: caller) } }
            return try await group.reduce(0, +)
        }
        let deadline = clock.now + Self.patience
        while try await open() > 0 {
            guard clock.now < deadline else { throw Problem(.timeout, "Some tasks did not end in time.") }
            try await Task.sleep(for: .milliseconds(2))
        }
        return BenchFigures(tasks: made, duration: clock.now - start, processorSeconds: processorSeconds - used)
    }

    private func create(until end: ContinuousClock.Instant, by actor: Principal) async throws -> Int {
        var count = 0
        let request = TaskRequest(
            agent: Self.agent, input: Array(#"{"message":"hello"}"#.utf8), priority: 5, timeoutSeconds: 60,
            retry: .standard, runAt: nil, idempotencyHash: nil)
        while ContinuousClock.now < end {
            // What every request does, and what keeps the agents known.
            _ = try await orchestrator.agents.agent(Self.agent, in: Workspace.defaultID)
            _ = try await orchestrator.commit.submit(
                CreateTask(
                    workspaceID: Workspace.defaultID, roomID: Room.defaultID, request: request, correlationID: nil,
                    idempotencyKey: nil, traceID: TraceContext.makeRoot().traceID, actor: actor))
            count += 1
        }
        return count
    }

    /// Tasks that have not ended.
    private func open() async throws -> Int {
        try await orchestrator.pipeline.snapshot(in: Workspace.defaultID, limit: 1).stages
            .filter { $0.stage == .queued || $0.stage == .running }.reduce(0) { $0 + $1.count }
    }

    private var processorSeconds: Double {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}

/// Keeps nothing: there is no logging service here.
private struct NoKeeper: HeadKeeper {
    func latest(of workspaceID: ID<Workspace>) async throws -> SignedHead? { nil }
    func keep(_ head: SignedHead, blocks: [BlockContent]) async throws {}
    func heads(of workspaceID: ID<Workspace>, afterBlock block: Int64) async throws -> [SignedHead] { [] }
}
