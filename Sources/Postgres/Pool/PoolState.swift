// SPDX-License-Identifier: Apache-2.0

/// A caller waiting for a connection. Guarded by the lock of the pool it waits in.
final class PoolWaiter: @unchecked Sendable {
    let deadline: UInt64
    var continuation: CheckedContinuation<PostgresConnection, any Error>?
    var isCancelled = false

    init(deadline: UInt64) { self.deadline = deadline }
}

/// What is to be done once the pool's lock is released.
struct PoolEffects {
    var served: [(PoolWaiter, Result<PostgresConnection, PostgresError>)] = []
    var closed: [PostgresConnection] = []
    var drained: [CheckedContinuation<Void, Never>] = []
    var connects = 0
    var timer: UInt64?

    func resume() {
        for connection in closed { connection.close() }
        for (waiter, result) in served {
            let continuation = waiter.continuation
            waiter.continuation = nil
            continuation?.resume(with: result.mapError { $0 as any Error })
        }
        for continuation in drained { continuation.resume() }
    }
}

/// Who has which connection, who waits, and when to try to connect again.
struct PoolState {
    let size: Int
    let minimum: Int
    let queueLimit: Int

    private var connections: [UInt64: PostgresConnection] = [:]
    /// The most recently used last: it is taken first, since its caches are warm.
    private var idle: [PostgresConnection] = []
    private var waiters = FIFO<PoolWaiter>()
    private var connecting = 0
    private var failures = 0
    private var lastFailure: PostgresError?
    private var nextAttempt: UInt64 = 0
    /// Connections lost and not replaced yet.
    private var owed = 0
    private(set) var reconnects = 0
    private(set) var failedAttempts = 0
    private var armedTimer = MonotonicClock.never
    var isMaintained = false
    private(set) var isClosed = false
    private var drainEnd = MonotonicClock.never
    private var drainWaiters: [CheckedContinuation<Void, Never>] = []

    init(_ configuration: PostgresConfiguration) {
        size = max(configuration.poolSize, 1)
        minimum = min(max(configuration.minimumConnections, 0), size)
        queueLimit = max(configuration.queueLimit, 1)
    }

    var statistics: PostgresPool.Statistics {
        PostgresPool.Statistics(
            size: size, inUse: connections.count - idle.count, idle: idle.count, waiting: waiters.count,
            connecting: connecting, reconnects: reconnects, failedAttempts: failedAttempts)
    }

    private static let closedError = PostgresError(.poolClosed, "the pool is shut down")

    /// A connection that is free at this moment, if nobody else waits for one.
    mutating func takeIdle() -> PostgresConnection? {
        guard !isClosed, waiters.isEmpty else { return nil }
        while let connection = idle.popLast() {
            if connection.isOpen { return connection }
        }
        return nil
    }

    mutating func enqueue(_ waiter: PoolWaiter, _ effects: inout PoolEffects) {
        if waiter.isCancelled { return effects.served.append((waiter, .failure(.cancelled()))) }
        if isClosed { return effects.served.append((waiter, .failure(Self.closedError))) }
        // It may have become free since the caller looked.
        if let connection = takeIdle() { return effects.served.append((waiter, .success(connection))) }
        if waiters.count >= queueLimit {
            let message = "\(queueLimit) callers already wait for one of \(size) connections"
            return effects.served.append((waiter, .failure(PostgresError(.poolExhausted, message))))
        }
        waiters.append(waiter)
        plan(&effects)
        arm(waiter.deadline, &effects)
    }

    mutating func cancel(_ waiter: PoolWaiter, _ effects: inout PoolEffects) {
        waiter.isCancelled = true
        for removed in waiters.remove(where: { $0 === waiter }) {
            effects.served.append((removed, .failure(.cancelled())))
        }
    }

    mutating func giveBack(_ connection: PostgresConnection, isReusable: Bool, _ effects: inout PoolEffects) {
        guard connections[connection.link.id] != nil else { return finishDraining(&effects) }
        if isReusable, !isClosed {
            offer(connection, &effects)
        } else {
            connections[connection.link.id] = nil
            effects.closed.append(connection)
            plan(&effects)
            finishDraining(&effects)
        }
    }

    private mutating func offer(_ connection: PostgresConnection, _ effects: inout PoolEffects) {
        if let waiter = waiters.popFirst() {
            effects.served.append((waiter, .success(connection)))
        } else {
            idle.append(connection)
        }
    }

    mutating func connected(_ connection: PostgresConnection, _ effects: inout PoolEffects) {
        connecting -= 1
        failures = 0
        lastFailure = nil
        if isClosed || !connection.isOpen {
            effects.closed.append(connection)
            return finishDraining(&effects)
        }
        if owed > 0 {
            owed -= 1
            reconnects += 1
        }
        connections[connection.link.id] = connection
        offer(connection, &effects)
        plan(&effects)
    }

    mutating func connectFailed(_ error: PostgresError, now: UInt64, _ effects: inout PoolEffects) {
        connecting -= 1
        failures += 1
        failedAttempts += 1
        lastFailure = error
        nextAttempt = now + Backoff.nanoseconds(afterFailures: failures)
        // Waiting helps against a server that is down, not against a wrong password.
        if error.kind == .configuration || error.sqlState?.isPermanentConnectFailure == true {
            while let waiter = waiters.popFirst() { effects.served.append((waiter, .failure(error))) }
        }
        plan(&effects)
        finishDraining(&effects)
    }

    /// A connection ended by itself.
    mutating func lost(id: UInt64, _ effects: inout PoolEffects) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        idle.removeAll { $0 === connection }
        owed += 1
        plan(&effects)
        finishDraining(&effects)
    }

    mutating func timerFired(now: UInt64, _ effects: inout PoolEffects) {
        if armedTimer <= now { armedTimer = MonotonicClock.never }
        for waiter in waiters.remove(where: { now >= $0.deadline }) {
            effects.served.append((waiter, .failure(expiry())))
        }
        if now >= drainEnd {
            effects.closed += Array(connections.values)
            connections.removeAll()
            finishDraining(&effects)
        }
        plan(&effects)
        var next = drainEnd
        waiters.forEach { next = min(next, $0.deadline) }
        arm(next, &effects)
    }

    private func expiry() -> PostgresError {
        guard let lastFailure else { return .timeout("no connection became free before the deadline") }
        return lastFailure
    }

    /// Starts as many attempts to connect as are wanted and allowed.
    mutating func plan(_ effects: inout PoolEffects) {
        if isClosed { return }
        let standing = isMaintained ? max(minimum - connections.count, 0) : 0
        let wanted = min(max(waiters.count, standing) - connecting, size - connections.count - connecting)
        guard wanted > 0 else { return }
        if failures == 0 {
            // A few at a time: a crowd of log-ins slows the server and the queue is often served by the first ones.
            let started = min(wanted, 4 - connecting)
            guard started > 0 else { return }
            connecting += started
            effects.connects += started
        } else if connecting == 0 {
            // One probe at a time until the server answers again.
            let now = MonotonicClock.now()
            guard now >= nextAttempt else { return arm(nextAttempt, &effects) }
            connecting += 1
            effects.connects += 1
        }
    }

    private mutating func arm(_ time: UInt64, _ effects: inout PoolEffects) {
        guard time < armedTimer else { return }
        armedTimer = time
        effects.timer = time
    }

    // MARK: Shutting down

    mutating func close(drainEnd end: UInt64, _ effects: inout PoolEffects) {
        guard !isClosed else { return }
        isClosed = true
        drainEnd = end
        while let waiter = waiters.popFirst() { effects.served.append((waiter, .failure(Self.closedError))) }
        for connection in idle { connections[connection.link.id] = nil }
        effects.closed += idle
        idle.removeAll()
        arm(end, &effects)
    }

    mutating func awaitDrained(_ continuation: CheckedContinuation<Void, Never>, _ effects: inout PoolEffects) {
        drainWaiters.append(continuation)
        finishDraining(&effects)
    }

    private mutating func finishDraining(_ effects: inout PoolEffects) {
        guard isClosed, connections.isEmpty else { return }
        drainEnd = MonotonicClock.never
        effects.drained += drainWaiters
        drainWaiters.removeAll()
    }
}
