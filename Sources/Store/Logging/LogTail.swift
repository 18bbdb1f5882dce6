// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Logging
import Postgres
import Synchronization

/// A frame on its way to whoever watches: encoded once, shared by all.
package final class LiveLogFrame: Sendable {
    package let frame: LogFrame
    /// What is sent for it.
    package let encoded: [UInt8]

    package init(_ frame: LogFrame, encoded: [UInt8]) {
        self.frame = frame
        self.encoded = encoded
    }
}

/// Hands committed frames to those who watch the log.
///
/// What this process commits comes over in memory; what another one commits is found by looking at the head once a
/// second. Watchers get every frame once, in the order of ids. Nobody waits for a watcher: one that is behind by more than
/// its queue reads from storage until it has caught up. Somebody must run `run()`.
package final class LogTail: Sendable {
    package struct Limits: Sendable {
        /// Frames that wait for one watcher.
        package var queuedFrames = 20_000
        /// Bytes of rows that wait to be handed on.
        package var inboxBytes = 32 * 1024 * 1024
        /// Frames of other processes that are read for all watchers together; of more, each reads its own.
        package var gap: Int64 = 5000
        /// Frames handed to a watcher at a time.
        package var batchFrames = 500
        package var pollInterval: Duration = .seconds(1)

        package init() {}
    }

    /// Figures for metrics.
    package struct Figures: Sendable, Equatable {
        package var watchers = 0
        package var deliveredFrames = 0
        /// How often a watcher was behind and had to read from storage.
        package var catchUps = 0
    }

    private struct Inbox {
        var batches: [CommittedLogs] = []
        var bytes = 0
        /// Whether anybody watches; else commits are not kept.
        var isWanted = false
        /// Whether the head has to be looked at.
        var isPollDue = false
    }

    private struct State {
        /// The id up to which watchers have been told; nil while there are none.
        var published: Int64?
        var feeds: [ObjectIdentifier: LogFeed] = [:]
        var isClosed = false
        var figures = Figures()
    }

    let pages: LogPages
    let encode: @Sendable (LogFrame) -> [UInt8]
    let limits: Limits
    let logger: Logger
    private let inbox = Mutex(Inbox())
    private let state = Mutex(State())
    private let bell: (stream: AsyncStream<Void>, ring: AsyncStream<Void>.Continuation)

    package init(
        pages: LogPages, limits: Limits = Limits(), logger: Logger,
        encode: @escaping @Sendable (LogFrame) -> [UInt8]
    ) {
        self.pages = pages
        self.limits = limits
        self.logger = logger
        self.encode = encode
        let (stream, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        bell = (stream, ring)
    }

    package var figures: Figures {
        state.withLock { state in
            var figures = state.figures
            figures.watchers = state.feeds.count
            return figures
        }
    }

    /// Takes over what was just committed; returns at once.
    package func committed(_ logs: CommittedLogs) {
        let rings = inbox.withLock { inbox in
            guard inbox.isWanted else { return false }
            let size = logs.rows.reduce(0) { $0 + $1.bytes.count }
            if inbox.bytes + size > limits.inboxBytes {
                // The frames are in storage; what is left out here is found there.
                inbox.batches = []
                inbox.bytes = 0
                inbox.isPollDue = true
            } else {
                inbox.batches.append(logs)
                inbox.bytes += size
            }
            return true
        }
        if rings { bell.ring.yield() }
    }

    /// Hands frames on until the task is cancelled, or after `close()`.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: self.limits.pollInterval)
                    let isWanted = self.inbox.withLock { inbox in
                        inbox.isPollDue = inbox.isWanted
                        return inbox.isWanted
                    }
                    if isWanted { self.bell.ring.yield() }
                }
            }
            for await _ in bell.stream { await handOn() }
            group.cancelAll()
        }
        close()
    }

    /// Ends every watcher's stream; later ones end at once.
    package func close() {
        let feeds = state.withLock { state in
            state.isClosed = true
            defer { state.feeds = [:] }
            return Array(state.feeds.values)
        }
        for feed in feeds { feed.end() }
        bell.ring.finish()
    }
}

// MARK: - Handing on

extension LogTail {
    private func handOn() async {
        let (batches, isPollDue) = inbox.withLock { inbox in
            defer {
                inbox.batches = []
                inbox.bytes = 0
                inbox.isPollDue = false
            }
            return (inbox.batches, inbox.isPollDue)
        }
        do {
            for batch in batches {
                let published = state.withLock { state in
                    // Somebody may be about to join: what goes by meanwhile has to be read from storage.
                    if state.published == nil, !state.feeds.isEmpty { state.published = batch.firstID - 1 }
                    return state.published
                }
                guard let published, batch.lastID > published else { continue }
                if batch.firstID > published + 1 { try await readGap(after: published, before: batch.firstID) }
                publish(batch.rows.flatMap(\.frames), through: batch.lastID)
            }
            if isPollDue {
                let head = try await pages.newestID()
                guard let published = state.withLock({ $0.published }), head > published else { return }
                try await readGap(after: published, before: head + 1)
            }
        } catch {
            // The next poll finds whatever was left out now.
            logger.debug("the tail could not read the log", metadata: ["error": "\(error)"])
        }
    }

    /// Frames that another process has committed.
    private func readGap(after: Int64, before: Int64) async throws {
        var place = after
        guard before - after - 1 <= limits.gap else {
            publish([], through: before - 1, isWhole: false)
            return
        }
        while place < before - 1 {
            let frames = try await pages.frames(after: place, before: before, limit: limits.batchFrames)
            guard let last = frames.last else { break }
            publish(frames, through: last.id)
            place = last.id
        }
        if place < before - 1 { publish([], through: before - 1, isWhole: false) }
    }

    /// `isWhole` says whether `frames` are all that there are since the last time.
    private func publish(_ frames: [LogFrame], through last: Int64, isWhole: Bool = true) {
        let live = frames.map { LiveLogFrame($0, encoded: encode($0)) }
        state.withLock { state in
            guard let published = state.published, last > published else { return }
            state.published = last
            for feed in state.feeds.values where !feed.offer(live, after: published, through: last, isWhole: isWhole) {
                state.figures.catchUps += 1
            }
        }
    }
}

// MARK: - Watching

extension LogTail {
    /// Watches the frames after an id, or from now on. Watching ends when the subscription is let go.
    package func subscribe(_ filter: LogFilter, after id: Int64?) async throws -> LogSubscription {
        let start: Int64
        if let id { start = id } else { start = try await pages.newestID() }
        let feed = LogFeed(filter: filter, limit: limits.queuedFrames)
        let isClosed = state.withLock { state in
            if !state.isClosed { state.feeds[ObjectIdentifier(feed)] = feed }
            return state.isClosed
        }
        if isClosed { feed.end() } else { inbox.withLock { $0.isWanted = true } }
        return LogSubscription(tail: self, feed: feed, after: start)
    }

    /// Lets the feed, whose reader has read storage up to `place`, be handed frames from there on; false when watchers have
    /// been told of later frames already, so that the reader has to read on.
    func join(_ feed: LogFeed, at place: Int64) -> Bool {
        state.withLock { state in
            guard state.feeds[ObjectIdentifier(feed)] != nil else { return true }
            let published = state.published ?? place
            state.published = published
            guard published <= place else { return false }
            feed.goLive(at: place)
            return true
        }
    }

    func leave(_ feed: LogFeed, delivered: Int) {
        state.withLock { state in
            state.feeds[ObjectIdentifier(feed)] = nil
            state.figures.deliveredFrames += delivered
            guard state.feeds.isEmpty else { return }
            state.published = nil
            // Under both locks, as somebody may be subscribing just now.
            inbox.withLock { inbox in
                inbox.isWanted = false
                inbox.batches = []
                inbox.bytes = 0
            }
        }
    }
}
