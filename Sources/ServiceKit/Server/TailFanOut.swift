// SPDX-License-Identifier: Apache-2.0

import Common
import NIOCore
import Synchronization

/// Writes what tails have to all connections that follow them, from the connections' own event loops: one wake and one
/// buffer for all of a loop's connections, and no task that has to be woken for each.
package final class TailFanOut: Sendable {
    private struct Key: Hashable {
        let tail: ObjectIdentifier
        let loop: ObjectIdentifier
    }

    private let loops = Mutex<[Key: NIOLoopBound<TailLoop>]>([:])
    private let heartbeat: TimeAmount

    /// - Parameter heartbeat: A connection on which nothing was written for so long gets a comment, so that proxies keep it
    ///   and a vanished client is noticed.
    package init(heartbeat: Duration = .seconds(15)) {
        self.heartbeat = .nanoseconds(Int64(heartbeat / .nanoseconds(1)))
    }

    /// Joins a connection to the others of its loop that follow the tail. On the loop.
    func join(_ writer: TailWriter, _ tail: any EventTail, _ eventLoop: any EventLoop) {
        let key = Key(tail: ObjectIdentifier(tail), loop: ObjectIdentifier(eventLoop))
        let known = loops.withLock { loops in
            if let known = loops[key] { return known }
            let loop = NIOLoopBound(TailLoop(tail, eventLoop, heartbeat: heartbeat), eventLoop: eventLoop)
            loops[key] = loop
            return loop
        }
        known.value.add(writer) { [self] in loops.withLock { $0[key] = nil } }
    }
}

/// The connections of one event loop that follow one tail; confined to the loop.
final class TailLoop {
    private let tail: any EventTail
    private let eventLoop: any EventLoop
    private let heartbeat: TimeAmount
    private var writers: [ObjectIdentifier: TailWriter] = [:]
    private var watch: Int?
    private var isScheduled = false
    private var isWriting = false
    /// Whether something has happened since the round that is being written began.
    private var hasMore = false
    private var lastRound = NIODeadline.uptimeNanoseconds(0)
    private var heartbeats: RepeatedTask?
    private var onEmpty: (() -> Void)?
    /// The chunk of the batch that was written last: nearly all connections stand at the same place.
    private var latest: (batch: EventBatch, chunk: TailChunk)?

    /// What one connection's share of a round may cost, so that rounds take a part of the processor only; and the bounds of
    /// the pause that follows from it. A lone event is never held up.
    private static let share = TimeAmount.microseconds(20)
    private static let pauses = (shortest: TimeAmount.milliseconds(2), longest: TimeAmount.milliseconds(50))
    /// Connections that are written before others on the loop get a turn.
    private static let slice = 128

    init(_ tail: any EventTail, _ eventLoop: any EventLoop, heartbeat: TimeAmount) {
        self.tail = tail
        self.eventLoop = eventLoop
        self.heartbeat = heartbeat
    }

    func add(_ writer: TailWriter, onEmpty: @escaping () -> Void) {
        self.onEmpty = onEmpty
        writers[ObjectIdentifier(writer)] = writer
        writer.loop = self
        if watch == nil {
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            let bell = TailBell(bound, eventLoop)
            watch = tail.watch { bell.ring() }
            let step = TimeAmount.nanoseconds(heartbeat.nanoseconds / 8)
            heartbeats = eventLoop.scheduleRepeatedTask(initialDelay: step, delay: step) { _ in bound.value.beat() }
        }
        // What came before the watch began.
        pull(writer)
    }

    func remove(_ writer: TailWriter) {
        writers[ObjectIdentifier(writer)] = nil
        writer.loop = nil
        guard writers.isEmpty else { return }
        if let watch { tail.unwatch(watch) }
        watch = nil
        heartbeats?.cancel()
        heartbeats = nil
        latest = nil
        onEmpty?()
        onEmpty = nil
    }

    /// Plans a round: at once when the last one is long enough ago, else after a pause in which more may come.
    func wake() {
        guard !isWriting else {
            hasMore = true
            return
        }
        guard !isScheduled, !writers.isEmpty else { return }
        let due = lastRound + min(max(Self.share * writers.count, Self.pauses.shortest), Self.pauses.longest)
        guard due > .now() else { return round() }
        isScheduled = true
        eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.round() }
    }

    private func round() {
        isScheduled = false
        isWriting = true
        write(Array(writers.values)[...])
    }

    private func write(_ waiting: ArraySlice<TailWriter>) {
        for writer in waiting.prefix(Self.slice) where writer.loop === self { pull(writer) }
        let rest = waiting.dropFirst(Self.slice)
        guard rest.isEmpty else { return eventLoop.assumeIsolated().execute { self.write(rest) } }
        isWriting = false
        lastRound = .now()
        guard hasMore else { return }
        hasMore = false
        wake()
    }

    /// Writes what a connection has not had, as long as it takes it.
    func pull(_ writer: TailWriter) {
        var hasWritten = false
        reading: while writer.isWritable {
            switch tail.read(after: writer.cursor) {
            case .nothing: break reading
            case .older:
                if hasWritten { writer.flush() }
                return writer.readOlder()
            case .batch(let batch):
                if latest?.batch !== batch { latest = (batch, TailChunk(batch.bytes)) }
                guard let chunk = latest?.chunk else { break reading }
                writer.write(chunk, through: batch.last)
                hasWritten = true
            }
        }
        if hasWritten { writer.flush() }
    }

    private func beat() {
        let due = NIODeadline.now() - heartbeat
        for writer in Array(writers.values) { writer.beat(ifQuietSince: due) }
    }
}

/// Brings a loop to look at its tail, from whatever thread something happens on.
private final class TailBell: Sendable {
    private let loop: NIOLoopBound<TailLoop>
    private let eventLoop: any EventLoop
    private let isRinging = Atomic<Bool>(false)

    init(_ loop: NIOLoopBound<TailLoop>, _ eventLoop: any EventLoop) {
        self.loop = loop
        self.eventLoop = eventLoop
    }

    func ring() {
        guard !isRinging.exchange(true, ordering: .acquiringAndReleasing) else { return }
        eventLoop.execute {
            self.isRinging.store(false, ordering: .releasing)
            self.loop.value.wake()
        }
    }
}
