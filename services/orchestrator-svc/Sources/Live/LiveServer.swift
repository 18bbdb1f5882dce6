// SPDX-License-Identifier: Apache-2.0

package import API
package import Common
package import Domain
package import Logging
package import Orchestration
package import Postgres
package import ServiceKit
package import ServiceLifecycle

/// The live part of the orchestrator: task updates and log frames over a WebSocket at `/ws`.
package final class LiveServer: Sendable {
    package let limits: LiveLimits
    let counters = LiveCounters()
    private let hub: EventHub
    private let pool: PostgresPool
    private let workspaceID: ID<Workspace>
    private let require: @Sendable (ID<Workspace>) async throws -> Void
    private let logs: LogFeed
    private let tickets: Tickets
    private let admission: LiveAdmission
    private let logger: Logger
    // Apart, so that a logging-svc that hangs holds up no task updates.
    private let taskCatchUps: Permits
    private let logCatchUps: Permits

    /// - Parameters:
    ///   - workspaceID: Whose tasks are told of where a client names none; the hub must follow it before a client comes.
    ///   - require: Sees to it that the hub follows a workspace; throws a problem for one that there is not.
    ///   - addresses: How the daemon finds the address of a client behind a proxy.
    ///   - now: The clock by which tickets expire.
    package init(
        hub: EventHub, pool: PostgresPool, workspaceID: ID<Workspace>,
        require: @escaping @Sendable (ID<Workspace>) async throws -> Void, logs: LogFeed, authenticator: Authenticator,
        origins: OriginPolicy, addresses: ClientAddress, limits: LiveLimits = LiveLimits(), logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.hub = hub
        self.pool = pool
        self.workspaceID = workspaceID
        self.require = require
        self.logs = logs
        self.limits = limits
        self.logger = logger
        tickets = Tickets(capacity: limits.tickets, life: limits.ticketLife, now: now)
        admission = LiveAdmission(
            authenticator: authenticator, origins: origins, addresses: addresses, tickets: tickets,
            throttle: AuthThrottle(now: now))
        taskCatchUps = Permits(limits.catchUps)
        logCatchUps = Permits(limits.catchUps)
    }

    /// What runs beside the server; no order among them matters.
    package var services: [any Service] { [logs] }

    /// What answers upgrades at `/ws`.
    package var route: WebSocketRoute {
        WebSocketRoute(path: "/ws") { request in
            do throws(Problem) {
                _ = try self.admission.admit(request, trace: TraceContext.current ?? .makeRoot())
                guard self.hub.lastPosition(of: self.workspaceID) != nil, !self.hub.isClosed else {
                    throw Problem(.unavailable, "Live updates are not there yet.", retryAfter: .seconds(1))
                }
            } catch {
                return .reject(error)
            }
            return .accept { connection in
                do {
                    try await LiveSession(server: self, connection: connection).run()
                } catch {
                    self.logger.error("A live connection ends because of an error.", error: error)
                    throw error
                }
            }
        }
    }

    /// A ticket that opens one WebSocket as the caller. Throws `rateLimited` while too many are unused.
    package func makeTicket(for caller: Caller) throws(Problem) -> TicketView { try tickets.issue(for: caller) }

    package func addMetrics(to metrics: Metrics) {
        counters.add(to: metrics)
        metrics.gauge("live_tickets", "Tickets that are neither used nor expired.") { Double(self.tickets.count) }
        metrics.counter("live_log_streams_total", "How often a stream of logs was opened.") { self.logs.connections }
        metrics.gauge("live_log_stream_open", "1 while logs are streamed from logging-svc.") {
            self.logs.condition == .live ? 1 : 0
        }
    }
}

extension LiveServer {
    /// What a client is told first.
    var hello: LiveFrame {
        .hello(
            .init(
                time: .now(), cursor: LiveCursor(events: hub.lastPosition(of: workspaceID), logs: logs.lastID),
                subscriptionLimit: limits.subscriptions, messageLimit: limits.sockets.messageBytes,
                errorLimit: limits.errors))
    }

    /// Makes sure that a subscription's workspace can be followed. There is one ring of recent events for each workspace,
    /// whoever follows it, so a subscription to another one brings nothing with it that would outlive it.
    func admit(_ wanted: LiveSubscribe) async throws {
        guard let named = wanted.workspaceID, named != workspaceID else { return }
        do {
            let timeout = Problem(.timeout, "The database did not answer in time.")
            try await withDeadline(limits.lookUp, throwing: timeout) { try await self.require(named) }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            guard let problem = error as? Problem, problem.kind == .notFound else {
                logger.warning("A workspace cannot be looked up for a live subscriber.", error: error)
                throw LiveRefusal(
                    id: wanted.id, code: "workspace_unavailable",
                    message: "The workspace cannot be looked up at the moment; try again.")
            }
            throw LiveRefusal(
                id: wanted.id, code: problem.code, message: "There is no workspace \(named).",
                fields: [.init("/workspace_id", "names no workspace")])
        }
    }

    /// Where a subscription begins: where it says, else at the end. The end of the logs may not be known yet.
    func start(of wanted: LiveSubscribe) -> LiveCursor {
        var start = LiveCursor()
        if wanted.channels.contains(.tasks) {
            start.events = wanted.cursor.events ?? hub.lastPosition(of: wanted.workspaceID ?? workspaceID) ?? 0
        }
        if wanted.channels.contains(.logs) { start.logs = wanted.cursor.logs ?? logs.lastID }
        return start
    }

    func taskFollower(_ wanted: LiveSubscribe, _ outlet: LiveOutlet) -> TaskFollower {
        TaskFollower(
            hub: hub, pool: pool, workspaceID: wanted.workspaceID ?? workspaceID, filter: wanted.filter, outlet: outlet,
            limits: limits,
            counters: counters, catchUps: taskCatchUps, logger: logger)
    }

    func logFollower(_ filter: LiveFilter, _ outlet: LiveOutlet) -> LogFollower {
        LogFollower(
            feed: logs, filter: filter, outlet: outlet, limits: limits, counters: counters, catchUps: logCatchUps,
            logger: logger)
    }
}
