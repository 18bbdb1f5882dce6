// SPDX-License-Identifier: Apache-2.0

package import Logging
import ServiceLifecycle
import Synchronization

/// A bounded set of connections to one database. Callers wait in order, a bounded time and in bounded number.
///
/// It connects when somebody asks; while `run()` runs it also keeps `minimumConnections` open. After the server went away
/// it tries again with growing, jittered pauses, and who waits is served as soon as the server is back.
package final class PostgresPool: Service, TimerTarget {
    /// The pool at one moment, for metrics.
    package struct Statistics: Sendable, Hashable {
        package let size: Int
        package let inUse: Int
        package let idle: Int
        package let waiting: Int
        package let connecting: Int
        /// Connections opened in place of lost ones, since the start.
        package let reconnects: Int
        /// Attempts to connect that failed, since the start.
        package let failedAttempts: Int
    }

    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let state: Mutex<PoolState>

    /// Does not connect.
    package init(_ configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        state = Mutex(PoolState(configuration))
    }

    package var statistics: Statistics { state.withLock { $0.statistics } }

    /// Keeps connections ready until graceful shutdown or cancellation, then shuts the pool down. Never throws.
    package func run() async throws {
        act { state, effects in
            state.isMaintained = true
            state.plan(&effects)
        }
        try? await gracefulShutdown()
        await shutdown()
    }

    /// Refuses new callers, waits up to `drainTimeout` for connections in use, and closes everything.
    package func shutdown() async {
        let end = MonotonicClock.deadline(after: configuration.drainTimeout)
        act { $0.close(drainEnd: end, &$1) }
        await withCheckedContinuation { continuation in
            act { $0.awaitDrained(continuation, &$1) }
        }
    }

    /// Lends a connection to `body`, waiting for one for at most `deadline`.
    ///
    /// A connection that comes back with a transaction open is closed, not lent again. What else `body` does to the
    /// session (`SET`, `LISTEN`, advisory locks) the next borrower finds.
    package func withConnection<Value>(
        deadline: Duration = .seconds(5), _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await lease(deadline)
        defer { giveBack(connection) }
        return try await body(connection)
    }

    /// One statement on a connection of the pool; `deadline` bounds the statement.
    package func query(_ sql: SQL, deadline: Duration? = nil) async throws -> PostgresRows {
        try await withConnection { try await $0.query(sql, deadline: deadline) }
    }

    /// One pipeline on a connection of the pool.
    package func pipeline(_ statements: [SQL], deadline: Duration? = nil) async throws -> [PostgresRows] {
        try await withConnection { try await $0.pipeline(statements, deadline: deadline) }
    }

    /// One transaction on a connection of the pool; see `PostgresConnection.transaction`.
    package func transaction<Value>(
        options: SQL = "", deadline: Duration? = nil, _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await withConnection { try await $0.transaction(options: options, deadline: deadline, body) }
    }

    /// Throws unless the server answers within `deadline`.
    package func ping(deadline: Duration = .seconds(2)) async throws {
        try await withConnection(deadline: deadline) { _ = try await $0.query("SELECT 1", deadline: deadline) }
    }

    private func lease(_ deadline: Duration) async throws -> PostgresConnection {
        if Task.isCancelled { throw PostgresError.cancelled() }
        if let connection = state.withLock({ $0.takeIdle() }) { return connection }
        let waiter = PoolWaiter(deadline: MonotonicClock.deadline(after: deadline))
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                act { state, effects in
                    waiter.continuation = continuation
                    state.enqueue(waiter, &effects)
                }
            }
        } onCancel: {
            act { $0.cancel(waiter, &$1) }
        }
    }

    private func giveBack(_ connection: PostgresConnection) {
        let isReusable = connection.link.isReusable
        if !isReusable, connection.isOpen {
            logger.warning("a connection came back in the middle of a transaction or statement and is closed")
        }
        act { $0.giveBack(connection, isReusable: isReusable, &$1) }
    }

    func timerFired(now: UInt64) { act { $0.timerFired(now: now, &$1) } }

    private func act(_ body: (inout PoolState, inout PoolEffects) -> Void) {
        var effects = PoolEffects()
        state.withLock { body(&$0, &effects) }
        if let timer = effects.timer { Reactor.shared.schedule(self, at: timer) }
        for _ in 0..<effects.connects { connect() }
        effects.resume()
    }

    private func connect() {
        let hooks = Link.Hooks(closed: { [weak self] id, reason in self?.lost(id, reason) })
        let limits = Link.Limits(configuration)
        let parameters: ConnectionParameters
        do {
            parameters = try ConnectionParameters(configuration)
        } catch {
            return failed(error)
        }
        BlockingThreads.connecting.run { [weak self] in
            let result = parameters.connect(hooks: hooks, limits: limits)
            guard let self else { return }
            switch result {
            case .success(let link):
                logger.debug("connected to PostgreSQL", metadata: ["backend": "\(link.backendPID)"])
                let connection = PostgresConnection(link: link)
                act { $0.connected(connection, &$1) }
            case .failure(let error): failed(error)
            }
        }
    }

    private func failed(_ error: PostgresError) {
        logger.warning("PostgreSQL cannot be reached", metadata: ["error": "\(error)"])
        act { $0.connectFailed(error, now: MonotonicClock.now(), &$1) }
    }

    private func lost(_ id: UInt64, _ reason: PostgresError) {
        if reason.kind != .poolClosed {
            logger.warning("a connection to PostgreSQL was lost", metadata: ["error": "\(reason)"])
        }
        act { $0.lost(id: id, &$1) }
    }
}
