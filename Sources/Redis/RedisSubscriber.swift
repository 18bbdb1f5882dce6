// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import Synchronization

/// Listens to a channel on a connection of its own, and reconnects for as long as its `run()` runs.
package final class RedisSubscriber: Service {
    /// What the reader of `events` learns.
    package enum Event: Sendable, Hashable {
        /// From now on messages arrive; those published before are lost, so read what they would have announced.
        case listening
        case message(String)
        /// The reader was too slow and so many messages were dropped; catch up as after `listening`.
        case missed(Int)
    }

    private let loop: RedisLoop
    private let channel: String
    private let buffer: SubscriberBuffer

    /// `bufferLimit` is how many events may wait for the reader; `health` may be shared with a client of the same server.
    package init(
        _ configuration: RedisConfiguration, channel: String, bufferLimit: Int = 1024, health: RedisHealth
    ) {
        loop = RedisLoop(configuration, name: "subscriber", health: health)
        self.channel = channel
        buffer = SubscriberBuffer(limit: max(bufferLimit, 1))
    }

    /// For one reader at a time; ends when the subscriber has stopped or the reader's task is cancelled.
    package var events: Events { Events(buffer: buffer) }

    /// Listens until graceful shutdown or cancellation. Never throws: what goes wrong is tried again.
    package func run() async throws {
        await loop.run(serve: { connection throws(RedisError) in try self.listen(connection) }, lost: { _ in })
        buffer.finish()
    }

    // MARK: On the thread

    /// Listens until the connection ends or the loop is stopped.
    private func listen(_ connection: RedisConnection) throws(RedisError) {
        let patience = loop.configuration.commandTimeout
        if case .error(let code)? = try connection.call([["SUBSCRIBE", channel]], until: .now + patience).first {
            throw RedisError.refused("SUBSCRIBE", code: code)
        }
        buffer.append(.listening)
        loop.noteUp()
        var (deadline, isAsked) = (ContinuousClock.now + loop.configuration.idleLimit, false)
        while !loop.isStopped {
            while let reply = try connection.next() {
                try take(reply)
                (deadline, isAsked) = (ContinuousClock.now + loop.configuration.idleLimit, false)
            }
            if let ready = connection.wait(until: deadline, or: loop.alarm) {
                if ready.isReadable { try connection.read() }
            } else if isAsked {
                throw RedisError(.timeout, "the server did not answer in time")
            } else {
                (deadline, isAsked) = (ContinuousClock.now + patience, true)
                try connection.send(["PING"], until: deadline)
            }
        }
    }

    private func take(_ reply: RedisReply) throws(RedisError) {
        switch reply {
        case .array(let parts) where parts.count == 3 && parts[0] == .text("message"):
            if let text = parts[2].text { buffer.append(.message(text)) }
        // Who may not PING is answered nevertheless, which is all that it is for.
        case .error(let code) where code != "NOPERM": throw RedisError.refused("PING", code: code)
        default: break
        }
    }
}

extension RedisSubscriber {
    /// The events as a sequence.
    package struct Events: AsyncSequence, Sendable {
        fileprivate let buffer: SubscriberBuffer

        package struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let buffer: SubscriberBuffer

            package mutating func next() async -> Event? { await buffer.next() }
        }

        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(buffer: buffer) }
    }
}

/// Events on their way from the subscriber's thread to the reader, bounded.
private final class SubscriberBuffer: Sendable {
    private typealias Reader = CheckedContinuation<RedisSubscriber.Event?, Never>

    private struct State {
        /// Oldest last, so that taking one is cheap; refilled from `arrived`.
        var ready: [RedisSubscriber.Event] = []
        var arrived: [RedisSubscriber.Event] = []
        var missed = 0
        var reader: Reader?
        var isFinished = false

        mutating func popFirst() -> RedisSubscriber.Event? {
            if ready.isEmpty {
                ready = arrived.reversed()
                arrived.removeAll(keepingCapacity: true)
            }
            return ready.popLast()
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    func append(_ event: RedisSubscriber.Event) {
        let reader = state.withLock { state -> Reader? in
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            // Once something was dropped, what follows is dropped too, so that the report comes in its place.
            if state.missed > 0 || state.ready.count + state.arrived.count >= limit {
                state.missed += 1
            } else {
                state.arrived.append(event)
            }
            return nil
        }
        reader?.resume(returning: event)
    }

    func next() async -> RedisSubscriber.Event? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let answer = state.withLock { state -> RedisSubscriber.Event?? in
                    if let event = state.popFirst() { return event }
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

    private func takeReader() -> Reader? {
        state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
    }
}
