// SPDX-License-Identifier: Apache-2.0

package import Logging
import ServiceLifecycle
import Synchronization

/// Listens to channels on a connection of its own, and reconnects for as long as its `run()` runs.
package final class PostgresListener: Service {
    /// What the reader of `events` learns.
    package enum Event: Sendable, Hashable {
        /// From now on notifications arrive; those sent before may be lost, so read what they would have announced.
        case listening
        case notification(PostgresNotification)
        /// The reader was too slow and so many notifications were dropped; catch up as after `listening`.
        case missed(Int)
    }

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger
    private let buffer: ListenerBuffer
    private let reconnectCount = Atomic(0)

    /// `bufferLimit` is how many events may wait for the reader.
    package init(
        _ configuration: PostgresConfiguration, channels: [String], bufferLimit: Int = 1024, logger: Logger
    ) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
        buffer = ListenerBuffer(limit: max(bufferLimit, 1))
    }

    /// For one reader at a time; ends when the listener has stopped or the reader's task is cancelled.
    package var events: Events { Events(buffer: buffer) }

    /// How often the connection had to be made again.
    package var reconnects: Int { reconnectCount.load(ordering: .relaxed) }

    /// Listens until graceful shutdown or cancellation. Never throws: what goes wrong is logged and tried again.
    package func run() async throws {
        await withTaskGroup { group in
            group.addTask { await self.listen() }
            group.addTask { try? await gracefulShutdown() }
            await group.next()
            group.cancelAll()
        }
        buffer.finish()
    }

    private func listen() async {
        var failures = 0
        var isFirst = true
        while !Task.isCancelled {
            do {
                try await listenOnce {
                    if !isFirst { reconnectCount.add(1, ordering: .relaxed) }
                    isFirst = false
                    failures = 0
                }
            } catch {
                if Task.isCancelled { return }
                failures += 1
                logger.warning("LISTEN was interrupted", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(nanoseconds: Backoff.nanoseconds(afterFailures: failures))
        }
    }

    /// Listens until the connection ends.
    private func listenOnce(_ began: () -> Void) async throws {
        let end = ListenerEnd()
        let hooks = Link.Hooks(
            closed: { _, reason in end.finish(reason) },
            notified: { [buffer] in buffer.append(.notification($0)) })
        let connection = PostgresConnection(link: try await Link.connect(configuration, hooks: hooks))
        defer { connection.close() }
        let statements = channels.map { "LISTEN \(SQL.quote(identifier: $0))" }
        try await connection.script(statements.joined(separator: ";"), deadline: .seconds(10))
        began()
        buffer.append(.listening)
        try await withThrowingTaskGroup { group in
            group.addTask { throw await end.wait() }
            group.addTask {
                // A proxy between us and the server can keep a socket open to nowhere: ask now and then.
                while true {
                    try await Task.sleep(for: .seconds(30))
                    try await connection.script("SELECT 1", deadline: .seconds(10))
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

extension PostgresListener {
    /// The events as a sequence.
    package struct Events: AsyncSequence, Sendable {
        fileprivate let buffer: ListenerBuffer

        package struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let buffer: ListenerBuffer

            package mutating func next() async -> Event? { await buffer.next() }
        }

        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(buffer: buffer) }
    }
}

/// Events on their way from the reactor's thread to the reader, bounded.
private final class ListenerBuffer: Sendable {
    private struct State {
        var events = FIFO<PostgresListener.Event>()
        var missed = 0
        var reader: CheckedContinuation<PostgresListener.Event?, Never>?
        var isFinished = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    func append(_ event: PostgresListener.Event) {
        let reader = state.withLock { state -> CheckedContinuation<PostgresListener.Event?, Never>? in
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            if state.missed > 0 || state.events.count >= limit {
                state.missed += 1
            } else {
                state.events.append(event)
            }
            return nil
        }
        reader?.resume(returning: event)
    }

    func next() async -> PostgresListener.Event? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let answer = state.withLock { state -> PostgresListener.Event?? in
                    if let event = state.events.popFirst() { return event }
                    if state.missed > 0 {
                        defer { state.missed = 0 }
                        return .missed(state.missed)
                    }
                    if state.isFinished || Task.isCancelled || state.reader != nil { return .some(nil) }
                    state.reader = reader
                    return nil
                }
                if let answer { reader.resume(returning: answer) }
            }
        } onCancel: {
            takeReader()?.resume(returning: nil)
        }
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        takeReader()?.resume(returning: nil)
    }

    private func takeReader() -> CheckedContinuation<PostgresListener.Event?, Never>? {
        state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
    }
}

/// The end of a connection as something to wait for.
private final class ListenerEnd: Sendable {
    private struct State {
        var reason: PostgresError?
        var waiter: CheckedContinuation<PostgresError, Never>?
    }

    private let state = Mutex(State())

    func finish(_ reason: PostgresError) {
        let waiter = state.withLock { state in
            if state.reason == nil { state.reason = reason }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: reason)
    }

    func wait() async -> PostgresError {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let reason = state.withLock { state in
                    if state.reason == nil { state.waiter = waiter }
                    return state.reason
                }
                if let reason { waiter.resume(returning: reason) }
            }
        } onCancel: {
            finish(.cancelled())
        }
    }
}
