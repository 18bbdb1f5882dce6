// SPDX-License-Identifier: Apache-2.0

import API
import AgentRuntime
import Common
import Domain
import Orchestration
import Postgres
import Redis
import ServiceKit
import Store

/// Puts the daemon together; the only place where its parts meet.
@Sendable
func wire(_ daemon: inout Daemon) async throws {
    let settings = try Settings(daemon.configuration)
    let preparation = SchemaPreparation(
        schema: OrchestratorSchema.name, role: OrchestratorSchema.appRole, migrations: OrchestratorSchema.migrations)
    try await preparation.runWhenReachable(
        owner: settings.ownerURL.reveal(), app: settings.databaseURL.reveal(), logger: daemon.logger)
    let pool = PostgresPool(settings.database, logger: daemon.logger)
    daemon.add(pool)
    let wakes = openWakes(&daemon, settings, pool: pool)
    let logging = ServiceClient(
        peer: "logging-svc", baseURL: settings.loggingURL,
        credential: .internalKey(settings.internalKey, service: daemon.name))
    let orchestrator = Orchestrator(
        name: daemon.name, settings: settings.orchestrator, pool: pool, wakes: wakes,
        internalKey: settings.internalKey, keeper: HeadClient(client: logging), signingKey: settings.signingKey,
        droppedLogFrames: daemon.droppedLogFrames, logger: daemon.logger)
    for service in orchestrator.services { daemon.add(service) }
    let http = HTTPAgentTransport(internalKey: settings.internalKey, logger: daemon.logger)
    let engine = orchestrator.runSource.map { source in
        RunEngine(
            source: source, transport: AgentTransports(http: http), settings: settings.engine, logger: daemon.logger)
    }
    if let engine { daemon.add(engine) }
    daemon.require("postgres") { try await orchestrator.checkReadiness() }
    daemon.translate = DatabaseProblem.of
    let workspaces = orchestrator.workspaces
    daemon.router.admit = { endpoint, request in
        if let named = endpoint.workspaceNamed(by: request) { try await workspaces.require(named) }
    }
    let sessions = WebSessions(pool: pool, people: daemon.settings.people, life: settings.sessionLife)
    daemon.sessions = sessions
    daemon.site = try settings.dashboardFolder.map { folder in try StaticSite(folder: folder) }
    answerSessions(&daemon.router, sessions, daemon.authenticator)
    answerWorkspaces(&daemon.router, workspaces)
    answerRooms(&daemon.router, orchestrator.rooms)
    answerThreads(&daemon.router, orchestrator.threads)
    answerIncidents(&daemon.router, orchestrator.incidents)
    answerTasks(&daemon.router, orchestrator.tasks)
    answerRuns(&daemon.router, orchestrator.runs)
    answerWork(&daemon.router, orchestrator.runs, orchestrator.workers)
    answerWorkers(&daemon.router, orchestrator.workers, orchestrator.runs.leaseSigner)
    answerQueues(&daemon.router, orchestrator.queues)
    answerLimits(&daemon.router, orchestrator.limits)
    answerPipeline(&daemon.router, orchestrator.pipeline)
    answerAgents(&daemon.router, orchestrator.agents, internalKey: settings.internalKey)
    let signer = LeaseSigner(internalKey: settings.internalKey)
    answerSteps(&daemon.router, StepOperations(pool: pool, commit: orchestrator.commit), signer)
    answerToolCalls(&daemon.router, ToolCallOperations(pool: pool, commit: orchestrator.commit), signer)
    answerArtifacts(
        &daemon.router, ArtifactOperations(pool: pool, commit: orchestrator.commit), signer,
        limit: settings.artifactLimit)
    let approvals = ApprovalOperations(pool: pool, commit: orchestrator.commit)
    answerApprovals(&daemon.router, approvals, signer)
    answerPolicy(&daemon.router, approvals, settings.policy)
    answerEvents(&daemon.router, orchestrator.events)
    answerInternalEvents(&daemon.router, RenderEventOperations(commit: orchestrator.commit))
    let core = OperationsCore(pool: pool, commit: orchestrator.commit)
    answerNotifications(&daemon.router, NotificationOperations(core: core))
    answerAnalytics(&daemon.router, AnalyticsOperations(core: core))
    answerSavedViews(&daemon.router, SavedViewOperations(core: core))
    answerSchedules(&daemon.router, orchestrator.schedules)
    answerHooks(&daemon.router, orchestrator.hooks, internalKey: settings.internalKey)
    serveRooms(&daemon, orchestrator, pool: pool)
    serveLive(&daemon, orchestrator, pool: pool, logging: logging)
    serveSuite(&daemon, settings, logging: logging)
    measure(orchestrator, pool: pool, in: daemon.metrics)
    engine?.addMetrics(to: daemon.metrics)
}

/// Wakes go over Redis when there is one, and over the database otherwise.
private func openWakes(_ daemon: inout Daemon, _ settings: Settings, pool: PostgresPool) -> any WakeChannel {
    guard let redis = settings.redis else {
        let listener = PostgresListener(settings.database, channels: [PostgresWakes.channel], logger: daemon.logger)
        daemon.add(listener)
        return PostgresWakes(pool: pool, listener: listener)
    }
    let wakes = RedisWakes(redis, internalKey: settings.internalKey, logger: daemon.logger)
    for service in wakes.services { daemon.add(service) }
    daemon.watch("redis") { try wakes.checkHealth() }
    wakes.addMetrics(to: daemon.metrics)
    return wakes
}

private func serveRooms(_ daemon: inout Daemon, _ orchestrator: Orchestrator, pool: PostgresPool) {
    let feed = RoomFeed(hub: orchestrator.hub, pool: pool, logger: daemon.logger, encode: EventView.streamed)
    daemon.add(feed)
    let streams = RoomStreams(feed: feed)
    streams.answer(&daemon.router)
    streams.addMetrics(to: daemon.metrics)
}

private func serveLive(
    _ daemon: inout Daemon, _ orchestrator: Orchestrator, pool: PostgresPool, logging: ServiceClient
) {
    let live = LiveServer(
        hub: orchestrator.hub, pool: pool, workspaceID: Workspace.defaultID,
        require: { [workspaces = orchestrator.workspaces] in try await workspaces.require($0) },
        logs: LogFeed(client: logging, logger: daemon.logger), authenticator: daemon.authenticator,
        origins: daemon.origins, addresses: ClientAddress(trustedProxies: daemon.settings.trustedProxies),
        logger: daemon.logger)
    for service in live.services { daemon.add(service) }
    daemon.server = daemon.webSockets([live.route], limits: live.limits.sockets).http1()
    daemon.router.upgrades(LiveAPI.socket)
    daemon.router.on(LiveAPI.ticket) { _, context in try live.makeTicket(for: context.caller) }
    live.addMetrics(to: daemon.metrics)
}

private func serveSuite(_ daemon: inout Daemon, _ settings: Settings, logging: ServiceClient) {
    answerLogs(&daemon.router, LogRelay(client: logging))
    let credential = ServiceCredential.internalKey(settings.internalKey, service: daemon.name)
    answerRender(&daemon.router, RenderRelay(peers: settings.peers, credential: credential))
    let (name, host, listening, status) = (daemon.name, daemon.settings.host, daemon.listening, daemon.status)
    let roster = DaemonRoster(
        peers: [DaemonRoster.Peer(name: logging.peer, baseURL: logging.baseURL)] + settings.peers,
        credential: credential
    ) {
        let health = status.health
        return DaemonView(
            name: name, url: "http://\(host.contains(":") ? "[\(host)]" : host):\(listening.value ?? 0)",
            answers: DaemonView.Answers(
                version: health.version, uptimeSeconds: Int(health.uptime.components.seconds),
                readiness: await status.readiness(), configuration: status.configuration),
            checkedAt: .now())
    }
    answerDaemons(&daemon.router, roster)
}

private func measure(_ orchestrator: Orchestrator, pool: PostgresPool, in metrics: Metrics) {
    let commit = orchestrator.commit
    metrics.counter("commit_flushes_total", "Transactions of the group commit.") { commit.figures.flushes }
    metrics.counter("commit_followers_total", "Transactions that were decided while the one before was under way.") {
        commit.figures.followers
    }
    metrics.counter("commit_surprises_total", "Transactions decided without looking that had to be made anew.") {
        commit.figures.surprises
    }
    metrics.counter("commit_commands_total", "Commands that the group commit carried.") { commit.figures.commands }
    metrics.counter("commit_events_total", "Events that the group commit recorded.") { commit.figures.events }
    metrics.counter("commit_failures_total", "Tries of a flush that failed.") { commit.figures.failures }
    metrics.gauge("commit_queue_depth", "Commands that wait for a flush.") { Double(commit.figures.depth) }
    let runs = orchestrator.runs
    metrics.gauge("claims_waiting", "Claims of workers outside that are under way or wait.") {
        Double(runs.claimsWaiting)
    }
    let tailer = orchestrator.tailer
    metrics.counter("tail_backstop_finds_total", "Heads that were ahead of what wakes had announced.") {
        tailer.found.backstopFinds
    }
    metrics.counter("tail_wake_finds_total", "Wakes that announced events not known here.") { tailer.found.wakeFinds }
    metrics.counter("wakes_received_total", "Wakes that arrived, from this daemon or another.") {
        tailer.found.received
    }
    let notifier = orchestrator.notifier
    metrics.counter("wakes_sent_total", "Wakes that went out to the daemons.") { notifier.told.sent }
    metrics.counter("wakes_unsent_total", "Wakes that could not be sent; the pulse takes their place.") {
        notifier.told.unsent
    }
    metrics.gauge("postgres_connections_in_use", "Database connections in use.") { Double(pool.statistics.inUse) }
    metrics.gauge("postgres_callers_waiting", "Callers that wait for a database connection.") {
        Double(pool.statistics.waiting)
    }
}
