// SPDX-License-Identifier: Apache-2.0

import Domain
import Logging
import Synchronization

/// What waits for one watcher.
final class LogFeed: Sendable {
    enum Next {
        case frames([LiveLogFrame])
        /// Nothing, until the bell rings.
        case nothing
        /// Frames were left out: read storage from this id on, or from the last delivered one if that is later.
        case behind(after: Int64)
        case ended
    }

    private struct State {
        var isLive = false
        var queue: [LiveLogFrame] = []
        /// The id up to which `queue` and what was taken from it are whole.
        var place: Int64 = 0
        var isEnded = false
    }

    let filter: LogFilter
    private let limit: Int
    private let state = Mutex(State())
    let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    init(filter: LogFilter, limit: Int) {
        self.filter = filter
        self.limit = limit
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes in frames; false when that made the watcher fall behind.
    func offer(_ frames: [LiveLogFrame], after: Int64, through last: Int64, isWhole: Bool) -> Bool {
        let (rings, isBehind) = state.withLock { state -> (Bool, Bool) in
            guard state.isLive, last > state.place else { return (false, false) }
            let wanted = frames.filter { $0.frame.id > state.place && filter.matches($0.frame) }
            guard isWhole, state.place >= after, state.queue.count + wanted.count <= limit else {
                state.isLive = false
                if let first = state.queue.first { state.place = first.frame.id - 1 }
                state.queue = []
                return (true, true)
            }
            state.queue += wanted
            state.place = last
            return (!wanted.isEmpty, false)
        }
        if rings { ring.yield() }
        return !isBehind
    }

    func goLive(at place: Int64) {
        state.withLock { state in
            state.isLive = true
            state.queue = []
            state.place = place
        }
    }

    func take(_ count: Int) -> Next {
        state.withLock { state in
            if state.isEnded { return .ended }
            guard state.isLive else { return .behind(after: state.place) }
            guard !state.queue.isEmpty else { return .nothing }
            let taken = Array(state.queue.prefix(count))
            state.queue.removeFirst(taken.count)
            return .frames(taken)
        }
    }

    var isEnded: Bool { state.withLock { $0.isEnded } }

    func end() {
        state.withLock { $0.isEnded = true }
        ring.finish()
    }
}

/// What a watcher is told.
package enum LogDelivery: Sendable {
    /// Frames that pass the filter, in the order of ids; never none.
    case frames([LiveLogFrame])
    /// The place asked for is not in the log any more, or not yet: it goes on with this id.
    case reset(nextID: Int64)
}

/// The frames that one watcher asked for, each once and in order. For one reader; letting it go ends the watching.
package final class LogSubscription: AsyncSequence, Sendable {
    package typealias Element = LogDelivery

    private let tail: LogTail
    private let feed: LogFeed
    private let start: Int64
    private let delivered = Atomic(0)

    init(tail: LogTail, feed: LogFeed, after start: Int64) {
        self.tail = tail
        self.feed = feed
        self.start = start
    }

    deinit { tail.leave(feed, delivered: delivered.load(ordering: .relaxed)) }

    package func makeAsyncIterator() -> Iterator {
        Iterator(subscription: self, place: start, bell: feed.bell.makeAsyncIterator())
    }

    package struct Iterator: AsyncIteratorProtocol {
        private let subscription: LogSubscription
        /// The id up to which everything wanted has been delivered.
        private var place: Int64
        private var isBehind = true
        private var bell: AsyncStream<Void>.Iterator

        init(subscription: LogSubscription, place: Int64, bell: AsyncStream<Void>.Iterator) {
            self.subscription = subscription
            self.place = place
            self.bell = bell
        }

        /// Nil when the tail was closed or the task is cancelled. While the database is away it waits.
        package mutating func next() async -> LogDelivery? {
            while !Task.isCancelled, !subscription.feed.isEnded {
                if isBehind {
                    do {
                        if let delivery = try await readStorage() { return delivery }
                    } catch {
                        subscription.tail.logger.debug(
                            "a watcher could not read the log", metadata: ["error": "\(error)"])
                        try? await Task.sleep(for: subscription.tail.limits.pollInterval)
                    }
                    continue
                }
                switch subscription.feed.take(subscription.tail.limits.batchFrames) {
                case .frames(let frames): return deliver(frames)
                case .behind(let whole):
                    isBehind = true
                    place = Swift.max(place, whole)
                case .nothing: if await bell.next(isolation: #isolation) == nil { return nil }
                case .ended: return nil
                }
            }
            return nil
        }

        private mutating func deliver(_ frames: [LiveLogFrame]) -> LogDelivery {
            if let last = frames.last { place = last.frame.id }
            subscription.delivered.add(frames.count, ordering: .relaxed)
            return .frames(frames)
        }

        /// Reads a page; nil when there was nothing to deliver in it.
        private mutating func readStorage() async throws -> LogDelivery? {
            let tail = subscription.tail
            let query = LogQuery(
                filter: subscription.feed.filter, after: place, order: .oldest, limit: tail.limits.batchFrames)
            let page = try await tail.pages.page(query)
            if place > page.newestID {
                place = page.newestID
                return .reset(nextID: page.newestID + 1)
            }
            if place + 1 < page.oldestID {
                place = page.oldestID - 1
                return .reset(nextID: page.oldestID)
            }
            if !page.frames.isEmpty {
                let delivery = deliver(page.frames.map { LiveLogFrame($0, encoded: tail.encode($0)) })
                place = page.scannedTo
                return delivery
            }
            place = page.scannedTo
            if !page.hasMore, tail.join(subscription.feed, at: place) { isBehind = false }
            return nil
        }
    }
}
