// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import ServiceLifecycle
import Synchronization

/// Carries log frames to logging-svc in batches, without ever holding up or failing whoever logs.
///
/// Frames wait in bounded memory; when it is full the oldest are dropped and counted, and the next batch that arrives
/// begins with a frame that says how many. A batch whose answer was lost is sent again, so a frame may arrive twice.
package final class LogClient: Service, Sendable {
    package struct Limits: Sendable {
        /// The frames that may wait, and the bytes they may take, beside one batch that is being sent.
        package var queuedFrames: Int
        package var queuedBytes: Int
        /// The frames and bytes of one batch; a full batch is sent at once.
        package var batchFrames: Int
        package var batchBytes: Int
        /// How long the first frame of a batch waits for others.
        package var delay: Duration
        /// The time one request may take.
        package var deadline: Duration
        /// How long a graceful shutdown waits for the remaining frames.
        package var shutdown: Duration
        /// The pauses while logging-svc is away.
        package var pauses: RetryPolicy

        package init(
            queuedFrames: Int = 10_000, queuedBytes: Int = 8 * 1024 * 1024, batchFrames: Int = 500,
            batchBytes: Int = 256 * 1024, delay: Duration = .milliseconds(200), deadline: Duration = .seconds(5),
            shutdown: Duration = .seconds(3), pauses: RetryPolicy = RetryPolicy()
        ) {
            self.queuedFrames = queuedFrames
            self.queuedBytes = queuedBytes
            self.batchFrames = max(1, batchFrames)
            self.batchBytes = batchBytes
            self.delay = delay
            self.deadline = deadline
            self.shutdown = shutdown
            self.pauses = pauses
        }
    }

    /// What became of the frames so far, for metrics.
    package struct Counters: Sendable, Equatable {
        /// Frames that logging-svc took.
        package let sent: Int
        /// Frames that were lost: for want of room, refused by logging-svc, or left at the end.
        package let dropped: Int
        /// Requests that failed.
        package let failures: Int
        /// Frames that wait now.
        package let queued: Int

        package init(sent: Int, dropped: Int, failures: Int, queued: Int) {
            self.sent = sent
            self.dropped = dropped
            self.failures = failures
            self.queued = queued
        }
    }

    private struct State {
        var queue: LogFrameQueue
        var sent = 0
        var failures = 0
        var isStopping = false
        /// Drops that logging-svc has been told of.
        var reportedDrops = 0
    }

    private let client: ServiceClient
    private let service: String
    private let redactor: Redactor
    private let limits: Limits
    private let state: Mutex<State>
    private let bell = Wakeup()

    /// `client` is the one that reaches logging-svc; `service` is the name of the daemon that logs.
    package init(service: String, client: ServiceClient, redactor: Redactor, limits: Limits = Limits()) {
        self.service = service
        self.client = client
        self.redactor = redactor
        self.limits = limits
        let queue = LogFrameQueue(frameLimit: limits.queuedFrames, byteLimit: limits.queuedBytes)
        state = Mutex(State(queue: queue))
    }

    /// Takes the frame over and returns at once, from any thread. Secrets are masked before it leaves the process.
    package func log(_ frame: Frame) {
        let rings = state.withLock { state in
            let before = state.queue.count
            state.queue.push(frame)
            return before == 0 || state.queue.count == limits.batchFrames
        }
        if rings { bell.ring() }
    }

    /// Readable from any thread.
    package var counters: Counters {
        state.withLock { state in
            Counters(
                sent: state.sent, dropped: state.queue.dropped, failures: state.failures, queued: state.queue.count)
        }
    }

    /// Sends frames until graceful shutdown, then what is left within the limit for that. Never throws.
    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.deliver() }
            group.addTask {
                try? await gracefulShutdown()
                self.state.withLock { $0.isStopping = true }
                self.bell.ring()
                try? await Task.sleep(for: self.limits.shutdown)
            }
            await group.next()
            group.cancelAll()
        }
        state.withLock { $0.queue.dropAll() }
    }
}

extension LogClient {
    private func deliver() async {
        while !Task.isCancelled {
            guard await waitForBatch() else { return }
            let (frames, drops) = state.withLock { state in
                (state.queue.take(frames: limits.batchFrames, bytes: limits.batchBytes), state.queue.dropped)
            }
            guard !frames.isEmpty else { continue }
            await send(frames, drops: drops)
        }
    }

    /// Waits until a batch is full or its time has come; false when there is nothing left to send before the end.
    private func waitForBatch() async -> Bool {
        while !Task.isCancelled {
            let (count, isStopping) = state.withLock { ($0.queue.count, $0.isStopping) }
            if isStopping { return count > 0 }
            if count > 0 { break }
            await bell.wait()
        }
        let end = ContinuousClock.now + limits.delay
        while !Task.isCancelled, ContinuousClock.now < end {
            let isReady = state.withLock { $0.queue.count >= limits.batchFrames || $0.isStopping }
            if isReady { return true }
            await bell.wait(atMost: end - .now)
        }
        return !Task.isCancelled
    }

    /// Sends until logging-svc has answered for good, pausing longer and longer while it is away.
    private func send(_ frames: [Frame], drops: Int) async {
        var lines = frames.map { $0.line(redactor: redactor) }
        let unreported = state.withLock { drops - $0.reportedDrops }
        if unreported > 0 { lines.insert(report(of: unreported).line(redactor: redactor), at: 0) }
        var call = HTTPCall(.post, "/log", body: Array(lines.joined(separator: [UInt8(ascii: "\n")])))
        call.headers[.contentType] = "application/x-ndjson"
        call.deadline = limits.deadline
        var number = 1
        while !Task.isCancelled {
            do {
                let answer = try await client.send(call)
                let refused = min(frames.count, (try? answer.json())?["rejected_count"]?.int ?? 0)
                state.withLock { state in
                    state.sent += frames.count - refused
                    state.queue.drop(refused)
                    state.reportedDrops = max(state.reportedDrops, drops)
                }
                return
            } catch {
                let failure = error as? HTTPCallError
                state.withLock { $0.failures += 1 }
                if let failure, Self.isRefusal(failure) { break }
                let pause = max(limits.pauses.pause(afterTry: number), failure?.retryAfter ?? .zero)
                number += 1
                await rest(pause)
            }
        }
        state.withLock { $0.queue.drop(frames.count) }
    }

    /// Waits, but no longer than the longest pause, and shortly once the end has come.
    private func rest(_ pause: Duration) async {
        let isStopping = state.withLock { $0.isStopping }
        let longest = isStopping ? Duration.milliseconds(100) : limits.pauses.longestPause
        let end = ContinuousClock.now + min(pause, longest)
        while !Task.isCancelled, ContinuousClock.now < end {
            await bell.wait(atMost: end - .now)
            if !isStopping, state.withLock({ $0.isStopping }) { return }
        }
    }

    /// Whether the batch itself is what logging-svc objects to; it would do so again.
    private static func isRefusal(_ failure: HTTPCallError) -> Bool {
        switch failure.status {
        case 400, 413, 415, 422: true
        default: false
        }
    }

    private func report(of drops: Int) -> Frame {
        Frame(
            level: "warning", service: service, message: "log frames were dropped",
            fields: ["dropped": JSONValue(drops)])
    }
}
