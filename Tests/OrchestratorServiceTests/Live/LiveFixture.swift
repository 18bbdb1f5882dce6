// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Foundation
import Logging
import Orchestration
import Postgres
import ServiceKit
import ServiceLifecycle
import Store
import TestKit
import orchestrator_svc

/// The live part behind real sockets, run for as long as a test uses it.
struct LiveFixture: Sendable {
    static let password = "a pass+word/for? tests"
    static let key = "an internal key of enough characters"
    static let workspace = Workspace.defaultID
    static let basic = BasicCredentials.header(user: "admin", password: Secret(password))
    /// What `?auth=` takes.
    static let pair = String(basic.dropFirst("Basic ".count))
    static let quiet = Logger(label: "live", factory: { _ in SwiftLogNoOpLogHandler() })

    let port: Int
    let hub: EventHub
    let pool: PostgresPool
    let commit: GroupCommit
    let metrics: Metrics
    let sink: LogSink
    private let group: ServiceGroup

    /// Begins a graceful shutdown, as SIGTERM does.
    func shutDown() async { await group.triggerGracefulShutdown() }

    /// The figure of that name.
    func figure(_ name: String) -> Double? {
        metrics.text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    /// Runs on a database with an open workspace; with none, on a hub that stands at `head` and that the test feeds.
    static func run(
        database: String? = nil, head: Int64 = 0, loggingPort: Int = 1, environment: [String: String] = [:],
        limits change: (inout LiveLimits) -> Void = { _ in }, feed: LogFeed.Limits = .init(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, _ body: (LiveFixture) async throws -> Void
    ) async throws {
        let sink = LogSink.memory()
        let logger = Logger(label: "test") { label in
            JSONLogHandler(label: label, service: "orchestrator-svc", level: .trace, sink: sink)
        }
        var daemon = try daemon(environment, LiveAPI.catalogue, logger, sink)
        let hub = EventHub()
        let pool = PostgresPool(configuration(database ?? "postgres://127.0.0.1:1/none"), logger: quiet)
        let commit = GroupCommit(pool: pool, lanes: 1, logger: quiet) { hub.publish($0.events, of: $0.workspaceID) }
        hub.open(workspace, at: database == nil ? head : try await storedHead(pool))
        var limits = LiveLimits()
        limits.sockets.closeTimeout = .milliseconds(300)
        limits.retry = .milliseconds(50)
        change(&limits)
        let logs = LogFeed(client: try loggingClient(loggingPort), limits: feed, logger: logger)
        let live = LiveServer(
            hub: hub, pool: pool, workspaceID: workspace,
            require: { [workspaces = WorkspaceOperations(pool: pool, commit: commit, hub: hub)] in
                try await workspaces.require($0)
            }, logs: logs, authenticator: daemon.authenticator,
            origins: daemon.origins, addresses: ClientAddress(trustedProxies: daemon.settings.trustedProxies),
            limits: limits, logger: logger, now: now)
        daemon.add(commit)
        for service in live.services { daemon.add(service) }
        daemon.server = daemon.webSockets([live.route], limits: limits.sockets).http1()
        daemon.router.upgrades(LiveAPI.socket)
        daemon.router.on(LiveAPI.ticket) { _, context in try live.makeTicket(for: context.caller) }
        live.addMetrics(to: daemon.metrics)
        try await serve(daemon) { port, group in
            try await body(
                LiveFixture(
                    port: port, hub: hub, pool: pool, commit: commit, metrics: daemon.metrics, sink: sink, group: group)
            )
        }
        await pool.shutdown()
    }

    /// A fresh database with a workspace for as long as `body` takes.
    static func withWorkspace(_ body: (String) async throws -> Void) async throws {
        try await withDatabase([]) { url in
            try await SchemaPreparation(
                schema: OrchestratorSchema.name, role: OrchestratorSchema.appRole,
                migrations: OrchestratorSchema.migrations
            ).run(owner: url, app: url, logger: quiet)
            let pool = PostgresPool(configuration(url), logger: quiet)
            let commit = GroupCommit(pool: pool, lanes: 1, logger: quiet) { _ in }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await commit.run() }
                try await commit.submit(
                    OpenWorkspace(
                        workspaceID: workspace, name: "test", actor: Principal(.user, "tester"), traceID: trace))
                group.cancelAll()
            }
            await pool.shutdown()
            try await body(url)
        }
    }

    static let trace = "0af7651916cd43dd8448eb211c80319c"

    /// Runs a daemon's server and services for as long as `body` takes.
    static func serve(_ daemon: Daemon, _ body: (Int, ServiceGroup) async throws -> Void) async throws {
        let server = try daemon.makeServer()
        let group = ServiceGroup(
            configuration: .init(services: (daemon.services + [server]).map { .init(service: $0) }, logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body(try await eventually { server.port }, group)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    static func daemon(
        _ environment: [String: String], _ catalogue: [AnyEndpoint], _ logger: Logger, _ sink: LogSink
    ) throws -> Daemon {
        let base = [
            "PORT": "0", "BASIC_AUTH_PASS": password, "INTERNAL_KEY": key, "DATABASE_URL": "postgres://127.0.0.1/none",
            "LOGGING_SVC_URL": "http://127.0.0.1:1",
            "EVENT_SIGNING_KEY": Data(repeating: 7, count: 32).base64EncodedString(),
        ]
        let configuration = try ensureConfig(
            "orchestrator-svc", environment: base.merging(environment) { $1 })
        return try Daemon(
            configuration, summary: "For tests.", catalogue: catalogue, logger: logger, sink: sink,
            redactor: Redactor())
    }

    private static func loggingClient(_ port: Int) throws -> ServiceClient {
        ServiceClient(
            peer: "logging-svc", baseURL: try BaseURL("http://127.0.0.1:\(port)"),
            credential: .internalKey(Secret(key), service: "orchestrator-svc"),
            limits: .init(deadline: .seconds(5), retries: .never))
    }

    private static func configuration(_ url: String) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(url: url)
        configuration.role = OrchestratorSchema.appRole
        configuration.searchPath = OrchestratorSchema.name
        return configuration
    }

    private static func storedHead(_ pool: PostgresPool) async throws -> Int64 {
        let statement = EventStore.workspaceHeads()
        return try statement.decode(try await pool.query(statement.sql)).first?.position ?? 0
    }
}

// MARK: What happens

extension LiveFixture {
    /// Puts made-up task events into the hub, as a commit would.
    func publish(_ count: Int, status: TaskStatus = .queued, correlation: String? = nil) {
        let first = (hub.lastPosition(of: Self.workspace) ?? 0) + 1
        let events = (0..<Int64(count)).map { offset in
            RecordedEvent(
                event: Event(
                    id: UUID(), workspaceID: Self.workspace, stream: .room(Room.defaultID), type: "run.queued",
                    actor: Principal(.service, "orchestrator-svc"), taskID: .make(), runID: .make(),
                    correlationID: correlation, traceID: Self.trace, occurredAt: .now(),
                    body: Array(#"{"status":"\#(status.rawValue)","version":1}"#.utf8)),
                position: first + offset, streamSequence: first + offset)
        }
        hub.publish(events, of: Self.workspace)
    }

    @discardableResult
    func createTask(
        correlation: String? = nil, in workspaceID: ID<Workspace> = Self.workspace
    ) async throws -> WorkTask {
        let outcome = try await commit.submit(
            CreateTask(
                workspaceID: workspaceID, roomID: Room.defaultID,
                request: TaskRequest(
                    agent: "echo", input: Array(#"{"message":"hello"}"#.utf8), priority: 5, timeoutSeconds: 60,
                    retry: .standard, runAt: nil, idempotencyHash: nil),
                correlationID: correlation, idempotencyKey: nil, traceID: Self.trace,
                actor: Principal(.user, "tester")))
        guard case .created(let task) = outcome else { throw Problem(.internal, "expected a new task") }
        return task
    }

    func change(_ task: WorkTask, _ change: ChangeTask.Change) async throws {
        _ = try await commit.submit(
            ChangeTask(
                workspaceID: Self.workspace, roomID: Room.defaultID, taskID: task.id, version: task.version,
                change: change, actor: Principal(.user, "tester")))
    }

    /// The positions of all events that are about a task, as the database has them.
    func storedPositions() async throws -> [Int64] {
        var positions: [Int64] = []
        var last: Int64 = 0
        while true {
            let statement = EventStore.events(of: Self.workspace, after: last, limit: 1000)
            let events = try statement.decode(try await pool.query(statement.sql))
            guard let newest = events.last else { return positions }
            positions += events.filter { $0.event.taskID != nil }.map(\.position)
            last = newest.position
        }
    }
}
