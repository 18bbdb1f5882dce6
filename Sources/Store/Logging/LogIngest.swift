// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
package import Logging
package import Postgres
import Synchronization

/// Frames that have just been committed.
package struct CommittedLogs: Sendable {
    package let firstID: Int64
    package let lastID: Int64
    /// The rows, numbered, in order.
    package let rows: [LogRows]
}

/// The one lane on which frames reach the table: it takes whatever waits, from however many requests, and commits it
/// together, so that a commit is paid for once and ids are in order.
///
/// Somebody must run `run()`. What waits is bounded; beyond that, frames are refused at once.
package final class LogIngest: Sendable {
    package struct Limits: Sendable {
        package var queuedFrames = 200_000
        package var queuedBytes = 64 * 1024 * 1024
        /// A batch ends with the request that reaches either.
        package var batchFrames = 8192
        package var batchBytes = 8 * 1024 * 1024
        /// A batch of no more than both is stored in two round trips to the database, a larger one by COPY, which takes
        /// five and costs less for each frame.
        package var insertedFrames = 64
        package var insertedBytes = 64 * 1024
        /// How long frames wait for a database that is away, before they are refused.
        package var patience: Duration = .seconds(5)
        /// How long one statement of a batch may take.
        package var statement: Duration = .seconds(10)

        package init() {}
    }

    /// Figures since the beginning, but for the queue's.
    package struct Figures: Sendable, Equatable {
        package var storedFrames = 0
        package var storedBytes = 0
        package var batches = 0
        package var lastBatchFrames = 0
        /// Requests refused because the queue was full.
        package var refusedRequests = 0
        /// Requests whose frames could not be stored.
        package var failedRequests = 0
        /// Batches that had to be tried again.
        package var retries = 0
        package var queuedFrames = 0
        package var queuedBytes = 0
    }

    struct Waiting {
        let rows: LogRows
        let since: ContinuousClock.Instant
        let answer: CheckedContinuation<Void, any Error>
    }

    struct State {
        var queue: [Waiting] = []
        var figures = Figures()
        var isClosed = false
    }

    let pool: PostgresPool
    let limits: Limits
    let logger: Logger
    let onCommit: @Sendable (CommittedLogs) -> Void
    let state = Mutex(State())
    let knownDays = Mutex<Set<String>>([])
    private let bell: (stream: AsyncStream<Void>, ring: AsyncStream<Void>.Continuation)

    /// `onCommit` is called after every commit, in order, and must return quickly.
    package init(
        pool: PostgresPool, limits: Limits = Limits(), logger: Logger,
        onCommit: @escaping @Sendable (CommittedLogs) -> Void = { _ in }
    ) {
        self.pool = pool
        self.limits = limits
        self.logger = logger
        self.onCommit = onCommit
        let (stream, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        bell = (stream, ring)
    }

    package var figures: Figures { state.withLock { $0.figures } }

    /// Returns once the rows are committed. Throws a `Problem` when they are not: the queue is full, the database away.
    package func store(_ rows: LogRows) async throws {
        guard !rows.isEmpty else { return }
        try await withCheckedThrowingContinuation { (answer: CheckedContinuation<Void, any Error>) in
            let refusal = state.withLock { state -> Problem? in
                if state.isClosed { return Self.stopping }
                let figures = state.figures
                let isTooMuch =
                    figures.queuedFrames + rows.count > limits.queuedFrames
                    || figures.queuedBytes + rows.bytes.count > limits.queuedBytes
                // Alone, even the largest request is let in: it would never be otherwise.
                if isTooMuch, figures.queuedFrames > 0 {
                    state.figures.refusedRequests += 1
                    return Self.full
                }
                state.queue.append(Waiting(rows: rows, since: .now, answer: answer))
                state.figures.queuedFrames += rows.count
                state.figures.queuedBytes += rows.bytes.count
                return nil
            }
            if let refusal { answer.resume(throwing: refusal) } else { bell.ring.yield() }
        }
    }

    /// Lets `run()` store what waits and then return; further frames are refused.
    package func close() {
        state.withLock { $0.isClosed = true }
        bell.ring.yield()
    }

    /// Stores frames until `close()`, or until the task is cancelled: then whatever still waits is refused.
    package func run() async {
        for await _ in bell.stream {
            while let batch = takeBatch() { await store(batch) }
            if state.withLock({ $0.isClosed }) { break }
        }
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.queue = [] }
            return state.queue
        }
        for waiting in left { waiting.answer.resume(throwing: Self.stopping) }
    }

    private func takeBatch() -> [Waiting]? {
        state.withLock { state in
            var count = 0
            var frames = 0
            var bytes = 0
            while count < state.queue.count, count == 0 || (frames < limits.batchFrames && bytes < limits.batchBytes) {
                frames += state.queue[count].rows.count
                bytes += state.queue[count].rows.bytes.count
                count += 1
            }
            guard count > 0 else { return nil }
            let batch = Array(state.queue[..<count])
            state.queue.removeSubrange(..<count)
            state.figures.queuedFrames -= frames
            state.figures.queuedBytes -= bytes
            return batch
        }
    }

    private static let full = Problem(
        .unavailable, "More log frames are waiting than are taken; send them again later.", code: "queue_full",
        retryAfter: .seconds(1))
    private static let stopping = Problem(
        .unavailable, "logging-svc is stopping; send the frames again later.", code: "stopping",
        retryAfter: .seconds(2))
}
