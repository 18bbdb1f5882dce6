// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One connection as a queue of operations. Sending happens on the caller's thread, or on the reactor's when something was under
/// way; receiving on the reactor's. Neither ever blocks. All state is in `LinkState`, behind one lock that is held for microseconds.
final class Link: TimerTarget {
    struct Hooks: Sendable {
        var closed: @Sendable (UInt64, PostgresError) -> Void = { _, _ in }
        var notified: (@Sendable (PostgresNotification) -> Void)?
    }

    struct Limits: Sendable {
        var statementCacheSize = 256
        var queueLimit = 1024
        var cancelGrace: UInt64 = 5_000_000_000
    }

    let id: UInt64
    let backendPID: Int32
    let usesTLS: Bool
    private let hooks: Hooks
    private let isOpenFlag = Atomic(true)
    private let state: Mutex<LinkState>

    init(_ handle: consuming sending ConnectionHandle, hooks: Hooks, limits: Limits) {
        id = Reactor.shared.newID()
        backendPID = handle.backendPID
        usesTLS = handle.usesTLS
        self.hooks = hooks
        let socket = handle.socket
        state = Mutex(LinkState(handle, id: id, limits: limits, listens: hooks.notified != nil))
        Reactor.shared.add(self, id: id, socket: socket, wantsWrite: false)
    }

    deinit { Reactor.shared.remove(id: id) }

    var isOpen: Bool { isOpenFlag.load(ordering: .acquiring) }

    /// Whether the next user finds the connection as a new one would be: nothing under way, no transaction open.
    var isReusable: Bool { state.withLock { $0.isReusable } }

    var isInTransaction: Bool { state.withLock { $0.isInTransaction } }

    var isCopying: Bool { state.withLock { $0.isCopying && $0.closedBy == nil } }

    var cachedStatementCount: Int { state.withLock { $0.cache.count } }

    /// Hands `work` in and waits for its end. `isShielded` keeps the task's cancellation from it.
    func perform(_ work: Operation.Work, deadline: UInt64, isShielded: Bool = false) async throws -> [PostgresRows] {
        let operation = Operation(work, deadline: deadline)
        if isShielded {
            return try await withCheckedThrowingContinuation { submit(operation, $0) }
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { submit(operation, $0) }
        } onCancel: {
            act { $0.interrupt(operation, .cancelled, &$1) }
        }
    }

    /// Hands `work` in without waiting: it takes its turn behind what was handed in before, unless there is a `failure` already.
    /// `whenDone` is called on any thread and must not wait.
    func start(
        _ work: Operation.Work, failure: PostgresError?, whenDone: @escaping @Sendable () -> Void
    ) -> Operation {
        let operation = Operation(work, deadline: MonotonicClock.never)
        operation.whenDone = whenDone
        act { state, effects in
            if let failure {
                effects.complete(operation, .failure(failure))
            } else {
                state.submit(operation, &effects)
            }
        }
        return operation
    }

    func isDone(_ operation: Operation) -> Bool { state.withLock { _ in operation.ending != nil } }

    /// Waits for the end of what was started; once.
    func outcome(of operation: Operation) async throws -> [PostgresRows] {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                act { state, effects in
                    operation.answer = continuation
                    guard let ending = operation.ending else { return }
                    effects.complete(operation, ending)
                }
            }
        } onCancel: {
            act { $0.interrupt(operation, .cancelled, &$1) }
        }
    }

    private func submit(_ operation: Operation, _ answer: Answer) {
        act { state, effects in
            operation.answer = answer
            state.submit(operation, &effects)
        }
    }

    func putCopyData(_ bytes: [UInt8]) throws(PostgresError) -> LinkState.CopyProgress {
        var progress: Result<LinkState.CopyProgress, PostgresError> = .success(.taken)
        act { progress = $0.putCopyData(bytes, &$1) }
        return try progress.get()
    }

    func close(_ reason: PostgresError = PostgresError(.poolClosed, "the connection was closed")) {
        act { $0.lose(reason.with { $0.isConnectionLost = true }, &$1) }
    }

    func ready(isWritable: Bool, isReadable: Bool) {
        act { $0.ready(isWritable: isWritable, isReadable: isReadable, &$1) }
    }

    func timerFired(now: UInt64) {
        act { $0.timerFired(now: now, &$1) }
    }

    /// Runs `body` under the lock and what follows from it outside.
    private func act(_ body: (inout LinkState, inout Effects) -> Void) {
        var effects = Effects()
        let timer = state.withLock { state in
            body(&state, &effects)
            return state.timerToArm()
        }
        if let timer { Reactor.shared.schedule(self, at: timer) }
        if effects.closed != nil { isOpenFlag.store(false, ordering: .releasing) }
        if let cancel = effects.cancel {
            BlockingThreads.cancelling.run {
                let wasSent = cancel.cancel()
                self.act { $0.cancelReturned(wasSent: wasSent, &$1) }
            }
        }
        if let notified = hooks.notified {
            for notification in effects.notifications { notified(notification) }
        }
        if let reason = effects.closed { hooks.closed(id, reason) }
        effects.resume()
    }
}
