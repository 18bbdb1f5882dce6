// SPDX-License-Identifier: Apache-2.0

import API
import AgentRuntime
import Common
import Domain
import Orchestration
import Postgres
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
    let listener = PostgresListener(settings.database, channels: [EventTailer.channel], logger: daemon.logger)
    let logging = ServiceClient(
        peer: "logging-svc", baseURL: settings.loggingURL,
        credential: .internalKey(settings.internalKey, service: daemon.name))
    let orchestrator = Orchestrator(
        name: daemon.name, settings: settings.orchestrator, pool: pool, listener: listener,
        transport: HTTPAgentTransport(internalKey: settings.internalKey, logger: daemon.logger),
        internalKey: settings.internalKey, keeper: HeadClient(client: logging), signingKey: settings.signingKey,
        logger: daemon.logger)
    daemon.add(pool)
    for service in orchestrator.services { daemon.add(service) }
    daemon.require("postgres") { try await orchestrator.checkReadiness() }
    daemon.translate = translateDatabaseError
    answerTasks(&daemon.router, orchestrator.tasks)
    answerRuns(&daemon.router, orchestrator.runs)
    answerWork(&daemon.router, orchestrator.runs, orchestrator.workers)
    answerWorkers(&daemon.router, orchestrator.workers)
    answerQueues(&daemon.router, orchestrator.queues)
    answerLimits(&daemon.router, orchestrator.limits)
    answerPipeline(&daemon.router, orchestrator.pipeline)
    answerAgents(&daemon.router, orchestrator.agents, internalKey: settings.internalKey)
    answerSchedules(&daemon.router, orchestrator.schedules)
    answerHooks(&daemon.router, orchestrator.hooks, internalKey: settings.internalKey)
    serveLive(&daemon, orchestrator, pool: pool, logging: logging)
    measure(orchestrator, pool: pool, in: daemon.metrics)
}

private func serveLive(
    _ daemon: inout Daemon, _ orchestrator: Orchestrator, pool: PostgresPool, logging: ServiceClient
) {
    let live = LiveServer(
        hub: orchestrator.hub, pool: pool, workspaceID: Workspace.defaultID,
        logs: LogFeed(client: logging, logger: daemon.logger), authenticator: daemon.authenticator,
        origins: daemon.origins, addresses: ClientAddress(trustedProxies: daemon.settings.trustedProxies),
        logger: daemon.logger)
    for service in live.services { daemon.add(service) }
    daemon.server = daemon.webSockets([live.route], limits: live.limits.sockets).http1()
    daemon.router.upgrades(LiveAPI.socket)
    daemon.router.on(LiveAPI.ticket) { _, context in try live.makeTicket(for: context.caller) }
    live.addMetrics(to: daemon.metrics)
}

/// What a lost or overloaded database means to a client.
private func translateDatabaseError(_ error: any Error) -> Problem? {
    guard let failure = error as? PostgresError else { return nil }
    switch failure.kind {
    case .connection, .timeout, .poolExhausted, .poolClosed:
        return Problem(.unavailable, "The database is out of reach.", retryAfter: .seconds(2), cause: failure)
    default:
        guard failure.isConnectionLost || failure.sqlState?.errorClass == "57" else { return nil }
        return Problem(.unavailable, "The database is out of reach.", retryAfter: .seconds(2), cause: failure)
    }
}

private func measure(_ orchestrator: Orchestrator, pool: PostgresPool, in metrics: Metrics) {
    let commit = orchestrator.commit
    metrics.counter("commit_flushes_total", "Transactions of the group commit.") { commit.figures.flushes }
    metrics.counter("commit_commands_total", "Commands that the group commit carried.") { commit.figures.commands }
    metrics.counter("commit_events_total", "Events that the group commit recorded.") { commit.figures.events }
    metrics.counter("commit_failures_total", "Tries of a flush that failed.") { commit.figures.failures }
    metrics.gauge("commit_queue_depth", "Commands that wait for a flush.") { Double(commit.figures.depth) }
    let tailer = orchestrator.tailer
    metrics.counter("tail_backstop_finds_total", "Heads that were ahead of what wakes had announced.") {
        tailer.backstopFinds
    }
    if let engine = orchestrator.engine {
        metrics.gauge("engine_runs_in_flight", "Runs that the embedded engine carries out.") {
            Double(engine.inFlight)
        }
    }
    metrics.gauge("postgres_connections_in_use", "Database connections in use.") { Double(pool.statistics.inUse) }
    metrics.gauge("postgres_callers_waiting", "Callers that wait for a database connection.") {
        Double(pool.statistics.waiting)
    }
}
