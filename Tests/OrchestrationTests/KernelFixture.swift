// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Logging
import Orchestration
import Postgres
import Store
import Synchronization
import TestKit

/// A kernel on a database of its own: lanes that are running, a workspace with its room, and an agent.
struct KernelFixture: Sendable {
    static let workspace = Workspace.defaultID
    static let actor = Principal(.user, "tester")
    static let trace = "0af7651916cd43dd8448eb211c80319c"

    let url: String
    let pool: PostgresPool
    let commit: GroupCommit
    let hub: EventHub

    /// Runs `body` on a fresh kernel and stops the lanes afterwards.
    static func with<Value: Sendable>(
        _ body: @Sendable (KernelFixture) async throws -> Value
    ) async throws -> Value {
        try await withDatabase([]) { url in
            try await prepare(url)
            return try await run(on: url, body)
        }
    }

    /// As `with`, with a second kernel over the same database, as of another orchestrator.
    static func withTwo<Value: Sendable>(
        _ body: @Sendable (KernelFixture, KernelFixture) async throws -> Value
    ) async throws -> Value {
        try await with { first in
            try await run(on: first.url, opens: false) { second in try await body(first, second) }
        }
    }

    /// As `with`, on a database that is there already.
    static func run<Value: Sendable>(
        on url: String, opens: Bool = true, _ body: @Sendable (KernelFixture) async throws -> Value
    ) async throws -> Value {
        let pool = PostgresPool(configuration(url), logger: logger)
        let hub = EventHub()
        let commit = GroupCommit(pool: pool, lanes: 2, logger: logger) { batch in
            hub.publish(batch.events, of: batch.workspaceID)
        }
        let fixture = KernelFixture(url: url, pool: pool, commit: commit, hub: hub)
        let value = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await commit.run() }
            if opens {
                try await commit.submit(
                    OpenWorkspace(workspaceID: workspace, name: "test", actor: actor, traceID: trace))
            }
            defer { group.cancelAll() }
            return try await body(fixture)
        }
        await pool.shutdown()
        return value
    }

    /// Failures are asserted, not read off a log.
    static let logger = Logger(label: "kernel", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Makes the schema, or what it was before the migration of this name.
    static func prepare(_ url: String, before name: String? = nil) async throws {
        try await SchemaPreparation(
            schema: OrchestratorSchema.name, role: OrchestratorSchema.appRole,
            migrations: Array(OrchestratorSchema.migrations.prefix { $0.name != name })
        ).run(owner: url, app: url, logger: logger)
    }

    static func configuration(_ url: String, role: String? = OrchestratorSchema.appRole) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(url: url)
        configuration.role = role
        configuration.searchPath = OrchestratorSchema.name
        configuration.sessionSettings = OrchestratorSchema.sessionSettings
        return configuration
    }

    /// What the watchers open incidents by.
    var incidents: SystemIncidents {
        SystemIncidents(commit: commit, actor: Principal(.service, "orchestrator-svc"), logger: Self.logger)
    }

    /// A pool with the owner's rights, to do what a running daemon cannot.
    func withOwner<Value: Sendable>(_ body: @Sendable (PostgresPool) async throws -> Value) async throws -> Value {
        let owner = PostgresPool(Self.configuration(url, role: nil), logger: Self.logger)
        let value = try await body(owner)
        await owner.shutdown()
        return value
    }
}

// MARK: What a client does

extension KernelFixture {
    @discardableResult
    func create(
        agent: String = "echo", input: JSONValue = ["message": "hello"], key: String? = nil, priority: Int = 5,
        runAt: Timestamp? = nil, retry: TaskRetryPolicy = .standard, in roomID: ID<Room> = Room.defaultID
    ) async throws -> CreateTask.Outcome {
        try await commit.submit(
            CreateTask(
                workspaceID: Self.workspace, roomID: roomID,
                request: TaskRequest(
                    agent: agent, input: input.bytes, priority: priority, timeoutSeconds: 60, retry: retry,
                    runAt: runAt, idempotencyHash: key == nil ? nil : input.canonicalBytes),
                correlationID: nil, idempotencyKey: key, traceID: Self.trace, actor: Self.actor))
    }

    func createTask(
        agent: String = "echo", priority: Int = 5, runAt: Timestamp? = nil, retry: TaskRetryPolicy = .standard
    ) async throws -> WorkTask {
        guard case .created(let task) = try await create(agent: agent, priority: priority, runAt: runAt, retry: retry)
        else { throw Problem(.internal, "expected a new task") }
        return task
    }

    func openSession(lifetime: Duration = .seconds(60)) async throws -> ID<WorkerSession> {
        let session = ID<WorkerSession>.make()
        _ = try await pool.query(
            LeaseStore.openSession(session, in: Self.workspace, worker: "tester", lifetime: lifetime))
        return session
    }

    func claim(
        _ session: ID<WorkerSession>, agent: String = "echo", limit: Int = 100, concurrency: Int = 1000,
        watermarks: QueueStore.Watermarks = QueueStore.Watermarks()
    ) async throws -> [ClaimedRun] {
        try await claimSeen(
            session, agent: agent, limit: limit, concurrency: concurrency, watermarks: watermarks
        ).runs
    }

    /// As `claim`, with how far the queue has been claimed.
    func claimSeen(
        _ session: ID<WorkerSession>, agent: String = "echo", limit: Int = 100, concurrency: Int = 1000,
        watermarks: QueueStore.Watermarks = QueueStore.Watermarks()
    ) async throws -> (runs: [ClaimedRun], seen: QueueStore.Watermarks) {
        let command = ClaimRuns(
            workspaceID: Self.workspace, session: session,
            wishes: [.init(queue: agent, limit: limit, watermarks: watermarks)], concurrency: [agent: concurrency],
            limit: limit, actor: Self.actor)
        guard case .claimed(let runs, let seen, _) = try await commit.submit(command) else { return ([], watermarks) }
        return (runs, seen[agent] ?? watermarks)
    }

    func finish(_ run: ClaimedRun, _ ending: FinishRun.Ending = .completed(Array("{\"ok\":true}".utf8))) async throws {
        _ = try await commit.submit(
            FinishRun(
                workspaceID: Self.workspace, roomID: run.task.roomID, taskID: run.task.id, holder: .engine(run.lease),
                ending: ending, actor: Self.actor, jitter: 0))
    }

    func task(_ id: ID<WorkTask>) async throws -> WorkTask {
        let statement = TaskStore.task(id, in: Self.workspace)
        guard let task = try statement.decode(try await pool.query(statement.sql)) else {
            throw Problem.notFound("task", id.rawValue)
        }
        return task
    }

    func change(_ task: WorkTask, _ change: ChangeTask.Change, version: Int? = nil) async throws -> WorkTask {
        try await commit.submit(
            ChangeTask(
                workspaceID: Self.workspace, roomID: task.roomID, taskID: task.id, version: version ?? task.version,
                change: change, actor: Self.actor))
    }

    func events(after position: Int64 = 0) async throws -> [RecordedEvent] {
        let statement = EventStore.events(of: Self.workspace, after: position, limit: 100_000)
        return try statement.decode(try await pool.query(statement.sql))
    }

    func verify(heads: [SignedHead] = []) async throws -> ChainReport {
        try await ChainVerifier(workspaceID: Self.workspace, heads: heads).verify(on: pool)
    }

    func rebuild() async throws -> ProjectionRebuild.Report {
        try await withOwner { try await ProjectionRebuild().run(on: $0) }
    }

    func number(_ sql: SQL) async throws -> Int {
        try await pool.query(sql).first?.value("n", as: Int.self) ?? -1
    }
}
