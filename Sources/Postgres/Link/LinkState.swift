// SPDX-License-Identifier: Apache-2.0

import CLibPQ

/// The state machine of one connection: what waits, what runs, which results are still to come.
struct LinkState: ~Copyable, @unchecked Sendable {
    enum Step {
        case prepare(PreparedStatement)
        case execute(PreparedStatement)
    }

    enum CopyProgress {
        case taken
        /// Taken, but the socket is full: wait for a flush before giving more.
        case mustFlush
        /// Not taken: wait for a flush and give it again.
        case again
    }

    let id: UInt64
    let limits: Link.Limits
    let listens: Bool
    var handle: ConnectionHandle
    let canceller: CancelHandle?
    var cache: StatementCache
    var queue = FIFO<Operation>()
    var current: Operation?
    var steps: [Step] = []
    var cursor = 0
    /// Results that were nil in a row; more than the protocol can explain means that we are out of step.
    var emptyResults = 0
    var isCopying = false
    var unflushedCopyBytes = 0
    var wantsWrite = false
    var isCancelling = false
    var graceEnd = MonotonicClock.never
    var closedBy: PostgresError?
    private var armedTimer = MonotonicClock.never

    init(_ handle: consuming ConnectionHandle, id: UInt64, limits: Link.Limits, listens: Bool) {
        self.id = id
        self.limits = limits
        self.listens = listens
        canceller = handle.makeCancelHandle()
        cache = StatementCache(limit: limits.statementCacheSize)
        self.handle = handle
    }

    var isReusable: Bool {
        guard closedBy == nil, queue.isEmpty, !isCopying else { return false }
        // Upkeep begins between transactions and leaves none behind; whoever is next waits for its end unnoticed.
        return current?.isUpkeep ?? (handle.transactionStatus == PQTRANS_IDLE)
    }

    var isInTransaction: Bool {
        // Neither on a closed connection, nor while another statement is under way.
        let status = handle.transactionStatus
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    // MARK: Queueing

    mutating func submit(_ operation: Operation, _ effects: inout Effects) {
        if let closedBy { return effects.complete(operation, .failure(closedBy)) }
        if operation.interruption != nil { return effects.complete(operation, .failure(.cancelled())) }
        switch operation.work {
        case .copyFlush, .copyEnd:
            // The copy's own steps go before whoever waits for its end.
            guard isCopying, current == nil else {
                return effects.complete(operation, .failure(PostgresError(.misuse, "no COPY is under way")))
            }
            begin(operation, &effects)
            receive(&effects)
        default:
            if current == nil, !isCopying, queue.isEmpty {
                begin(operation, &effects)
            } else if queue.count >= limits.queueLimit {
                let message = "\(limits.queueLimit) callers already wait for this connection"
                effects.complete(operation, .failure(PostgresError(.poolExhausted, message)))
            } else {
                queue.append(operation)
            }
        }
    }

    /// Starts what waits, as long as nothing is under way.
    mutating func pump(_ effects: inout Effects) {
        while current == nil, !isCopying, !isCancelling, closedBy == nil {
            if handle.transactionStatus == PQTRANS_IDLE {
                let stale = cache.evict()
                if !stale.isEmpty {
                    let script = stale.map { "DEALLOCATE \($0)" }.joined(separator: ";")
                    begin(Operation(.script(script), deadline: MonotonicClock.never, isUpkeep: true), &effects)
                    continue
                }
            }
            guard let next = queue.popFirst() else { return }
            begin(next, &effects)
        }
    }

    mutating func begin(_ operation: Operation, _ effects: inout Effects) {
        if operation.deadline != MonotonicClock.never, MonotonicClock.now() >= operation.deadline {
            return effects.complete(operation, .failure(.timeout("the deadline passed before the statement was sent")))
        }
        current = operation
        operation.stage = .running
        operation.startedIdle = handle.transactionStatus == PQTRANS_IDLE
        let isSent: Bool
        switch operation.work {
        case .pipeline(let statements): isSent = send(statements)
        case .script(let text), .copyStart(let text): isSent = handle.setPipelineMode(false) && handle.sendScript(text)
        case .copyFlush: isSent = true
        case .copyEnd(let failure): isSent = handle.putCopyEnd(failure: failure) == 1
        }
        guard isSent else { return lose(.connectionLost("the statement could not be sent"), &effects) }
        flush()
        if case .copyFlush = operation.work, !wantsWrite { conclude(operation, &effects) }
    }

    mutating func send(_ statements: [SQL]) -> Bool {
        guard handle.setPipelineMode(true) else { return false }
        steps.removeAll(keepingCapacity: true)
        cursor = 0
        emptyResults = 0
        for sql in statements {
            let (statement, isNew) = cache.statement(for: sql)
            if isNew {
                guard handle.sendPrepare(statement.name, sql) else { return false }
                steps.append(.prepare(statement))
            }
            guard handle.sendExecute(statement.name, sql) else { return false }
            steps.append(.execute(statement))
        }
        return handle.sendSync()
    }

    mutating func flush() {
        let hasMore = handle.flush()
        if hasMore != wantsWrite {
            wantsWrite = hasMore
            Reactor.shared.setWantsWrite(hasMore, id: id)
        }
    }

    mutating func putCopyData(_ bytes: [UInt8], _ effects: inout Effects) -> Result<CopyProgress, PostgresError> {
        if let closedBy { return .failure(closedBy) }
        guard isCopying, current == nil else { return .failure(PostgresError(.misuse, "no COPY is under way")) }
        switch handle.putCopyData(bytes) {
        case 1:
            unflushedCopyBytes += bytes.count
            // One system call per 64 KiB, not per row.
            if unflushedCopyBytes < 65_536 { return .success(.taken) }
            unflushedCopyBytes = 0
            flush()
            return .success(wantsWrite ? .mustFlush : .taken)
        case 0: return .success(.again)
        default:
            let reason = PostgresError.connectionLost("the connection was lost during COPY")
            lose(reason, &effects)
            return .failure(reason)
        }
    }

    // MARK: Interruption

    /// Takes `operation` out of the queue, or asks the server to cancel it when it is under way.
    mutating func interrupt(_ operation: Operation, _ why: Operation.Interruption, _ effects: inout Effects) {
        guard operation.interruption == nil else { return }
        operation.interruption = why
        guard operation === current else {
            for waiting in queue.remove(where: { $0 === operation }) {
                let error: PostgresError =
                    why == .cancelled ? .cancelled() : .timeout("the deadline passed while waiting for the connection")
                effects.complete(waiting, .failure(error))
            }
            return
        }
        guard operation.stage == .running, !isCancelling, let canceller else { return }
        isCancelling = true
        graceEnd = min(graceEnd, MonotonicClock.now() + limits.cancelGrace)
        effects.cancel = canceller
    }

    /// The request to cancel reached the server, or could not; only now may another statement be sent.
    mutating func cancelReturned(wasSent: Bool, _ effects: inout Effects) {
        guard closedBy == nil, isCancelling else { return }
        isCancelling = false
        guard wasSent else { return lose(.connectionLost("the server could not be asked to cancel"), &effects) }
        if let parked = current, parked.stage == .parked {
            parked.stage = .running
            conclude(parked, &effects)
            receive(&effects)
        } else if current == nil {
            graceEnd = MonotonicClock.never
            pump(&effects)
        }
    }

    mutating func timerFired(now: UInt64, _ effects: inout Effects) {
        if armedTimer <= now { armedTimer = MonotonicClock.never }
        guard closedBy == nil else { return }
        if now >= graceEnd {
            return lose(.connectionLost("the server did not react to a cancellation in time"), &effects)
        }
        if let current, now >= current.deadline { interrupt(current, .timeout, &effects) }
        for expired in queue.remove(where: { now >= $0.deadline }) { interruptQueued(expired, &effects) }
    }

    private func interruptQueued(_ operation: Operation, _ effects: inout Effects) {
        effects.complete(operation, .failure(.timeout("the deadline passed while waiting for the connection")))
    }

    /// The next point in time to be woken at, if the timer that is armed would be too late for it.
    mutating func timerToArm() -> UInt64? {
        if closedBy != nil { return nil }
        var next = graceEnd
        if let current, current.interruption == nil { next = min(next, current.deadline) }
        if !queue.isEmpty { queue.forEach { next = min(next, $0.deadline) } }
        guard next < armedTimer else { return nil }
        armedTimer = next
        return next
    }

    // MARK: The end

    /// Closes the connection and answers everybody; the first reason stays.
    mutating func lose(_ reason: PostgresError, _ effects: inout Effects) {
        guard closedBy == nil else { return }
        closedBy = reason
        if let operation = current {
            current = nil
            effects.complete(operation, lostOutcome(of: operation, reason))
        }
        while let waiting = queue.popFirst() { effects.complete(waiting, .failure(reason)) }
        Reactor.shared.remove(id: id)
        handle.close()
        effects.closed = reason
    }

    private func lostOutcome(of operation: Operation, _ reason: PostgresError) -> Result<[PostgresRows], PostgresError>
    {
        if operation.stage == .parked { return operation.outcome() }
        if let failure = operation.failure, !failure.isConnectionLost, !operation.hasCommitted {
            // The server had already refused it, so what is lost with the connection is only the way back.
            return operation.outcome().mapError { error in error.with { $0.isConnectionLost = true } }
        }
        let base = operation.failure ?? reason
        let kind: PostgresError.Kind =
            switch operation.interruption {
            case .cancelled: .cancelled
            case .timeout: .timeout
            case nil: base.kind
            }
        return .failure(
            base.with(kind: kind) { facts in
                facts.isConnectionLost = true
                facts.isOutcomeUnknown = operation.mayCommit
            })
    }
}
