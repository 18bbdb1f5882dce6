// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Logging
package import Postgres
import ServiceLifecycle
import Store
import Synchronization

/// Turns the log of a workspace into the streams of its rooms, for the rooms that somebody follows and no others.
///
/// One task per followed workspace reads the hub and hands each event to its room's tail, where it is encoded once; how
/// many follow the room makes no difference here.
package final class RoomFeed: Service {
    /// Where a reader wants to begin.
    package enum Start: Sendable, Equatable {
        /// With what happens from now on.
        case now
        /// With what follows this sequence.
        case after(Int64)
    }

    private struct Key: Hashable {
        let workspaceID: ID<Workspace>
        let roomID: ID<Room>
    }

    private struct State {
        var tails: [Key: (tail: RoomTail, followers: Int)] = [:]
        /// The workspaces that are read.
        var followed: Set<ID<Workspace>> = []
    }

    private static let page = 256
    private static let pause: Duration = .milliseconds(200)

    private let hub: EventHub
    private let pool: PostgresPool
    private let logger: Logger
    private let limits: RoomTail.Limits
    private let encode: @Sendable (RecordedEvent) -> [UInt8]
    private let reads: Permits
    private let state = Mutex(State())
    private let storedReads = Atomic<Int>(0)
    private let workspaces: AsyncStream<(ID<Workspace>, Int64)>
    private let follow: AsyncStream<(ID<Workspace>, Int64)>.Continuation

    /// - Parameters:
    ///   - limits: What each room's tail keeps.
    ///   - reads: How many read storage at a time.
    ///   - encode: Makes the bytes that every reader gets of an event; called once for each event of a followed room.
    package init(
        hub: EventHub, pool: PostgresPool, logger: Logger, limits: RoomTail.Limits = .init(), reads: Int = 16,
        encode: @escaping @Sendable (RecordedEvent) -> [UInt8]
    ) {
        (workspaces, follow) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        self.hub = hub
        self.pool = pool
        self.logger = logger
        self.limits = limits
        self.reads = Permits(reads)
        self.encode = encode
    }

    /// Rooms and readers that are served now.
    package var figures: (rooms: Int, readers: Int) {
        state.withLock { state in (state.tails.count, state.tails.values.reduce(0) { $0 + $1.followers }) }
    }

    /// How often a reader was served from storage.
    package var storedPages: Int { storedReads.load(ordering: .relaxed) }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await (workspaceID, position) in self.workspaces {
                    group.addTask { await self.read(workspaceID, after: position) }
                }
            }
        }
    }

    // MARK: Readers

    /// Begins to follow a room. Throws `notFound` for a room that is not there, `unavailable` while its workspace is not
    /// followed by this daemon.
    package func reader(
        of roomID: ID<Room>, in workspaceID: ID<Workspace>, from start: Start
    ) async throws -> RoomReader {
        let key = Key(workspaceID: workspaceID, roomID: roomID)
        guard let tail = join(key) else {
            try await expectToExist(key)
            throw Problem(.unavailable, "Live updates are not there yet.", retryAfter: .seconds(1))
        }
        // From here on the reader's end lets go of the tail, however this goes on.
        let reader = RoomReader(tail: tail, feed: self, roomID: roomID, workspaceID: workspaceID)
        try await settle(tail, key)
        guard let known = tail.bounds else { throw Problem(.unavailable, "The room cannot be followed yet.") }
        switch start {
        case .now: reader.begin(after: known.last)
        case .after(let cursor) where cursor > known.last:
            // Another daemon may have got further than this one knows.
            let last = max(known.last, try await storedBounds(key)?.last ?? 0)
            if cursor > last { reader.reset(.ahead, last: last) } else { reader.begin(after: cursor) }
        case .after(let cursor) where cursor < known.oldest - 1: reader.reset(.expired, last: known.last)
        case .after(let cursor): reader.begin(after: cursor)
        }
        return reader
    }

    /// The room's tail, with one more follower; nil for a workspace that is not followed.
    private func join(_ key: Key) -> RoomTail? {
        let (tail, position) = state.withLock { state -> (RoomTail?, Int64?) in
            if let known = state.tails[key] {
                state.tails[key]?.followers += 1
                return (known.tail, nil)
            }
            guard !hub.isClosed, let position = hub.lastPosition(of: key.workspaceID) else { return (nil, nil) }
            let tail = RoomTail(limits: limits)
            state.tails[key] = (tail, 1)
            return (tail, state.followed.insert(key.workspaceID).inserted ? position : nil)
        }
        if let position { follow.yield((key.workspaceID, position)) }
        return tail
    }

    /// Lets go of a tail; one that nobody follows is forgotten.
    fileprivate func leave(_ roomID: ID<Room>, in workspaceID: ID<Workspace>) {
        let key = Key(workspaceID: workspaceID, roomID: roomID)
        state.withLock { state in
            guard let known = state.tails[key] else { return }
            if known.followers > 1 { state.tails[key]?.followers -= 1 } else { state.tails[key] = nil }
        }
    }

    /// Fills a new tail with what was before. The tail is fed already, so what is committed meanwhile is in it, in storage,
    /// or in both.
    private func settle(_ tail: RoomTail, _ key: Key) async throws {
        guard tail.bounds == nil else { return }
        try await reads.withPermit {
            guard tail.bounds == nil else { return }
            try await expectToExist(key)
            let bounds = try await storedBounds(key) ?? StreamBounds(oldest: 1, last: 0)
            let statement = EventStore.events(
                of: .room(key.roomID), in: key.workspaceID, upTo: bounds.last, limit: Self.page)
            let events = try statement.decode(try await pool.query(statement.sql))
            tail.settle(events.map(entry), last: bounds.last, oldest: bounds.oldest)
        }
    }

    private func expectToExist(_ key: Key) async throws {
        let statement = RoomStore.room(key.roomID, in: key.workspaceID)
        guard try statement.decode(try await pool.query(statement.sql)) != nil else {
            throw Problem.notFound("room", key.roomID.rawValue)
        }
    }

    private func storedBounds(_ key: Key) async throws -> StreamBounds? {
        let statement = EventStore.bounds(of: .room(key.roomID), in: key.workspaceID)
        return try statement.decode(try await pool.query(statement.sql))
    }

    /// What storage has after a sequence.
    fileprivate func stored(
        _ roomID: ID<Room>, in workspaceID: ID<Workspace>, after sequence: Int64
    ) async throws -> [RoomTail.Entry] {
        storedReads.add(1, ordering: .relaxed)
        let statement = EventStore.events(of: .room(roomID), in: workspaceID, after: sequence, limit: Self.page)
        return try await reads.withPermit {
            try statement.decode(try await pool.query(statement.sql)).map(entry)
        }
    }

    private func entry(_ event: RecordedEvent) -> RoomTail.Entry {
        RoomTail.Entry(sequence: event.streamSequence, bytes: encode(event))
    }

    // MARK: Reading the log

    /// Hands the events of a workspace to the tails of their rooms until nobody follows any of them.
    private func read(_ workspaceID: ID<Workspace>, after start: Int64) async {
        var position = start
        while !Task.isCancelled, !hub.isClosed {
            if let recent = hub.recent(of: workspaceID, after: position, limit: Self.page) {
                guard let newest = recent.last else {
                    if endsReading(of: workspaceID) { return }
                    await hub.wait(for: workspaceID, past: position)
                    continue
                }
                for entry in recent { hand(entry.event) }
                position = newest.event.position
            } else {
                do {
                    let statement = EventStore.events(of: workspaceID, after: position, limit: Self.page)
                    let events = try statement.decode(try await pool.query(statement.sql))
                    for event in events { hand(event) }
                    position = events.last?.position ?? position
                } catch {
                    logger.warning("Events cannot be read for the followers of rooms.", error: error)
                    guard (try? await Task.sleep(for: Self.pause)) != nil else { return }
                }
            }
        }
    }

    private func hand(_ event: RecordedEvent) {
        guard case .room(let roomID) = event.event.stream else { return }
        let key = Key(workspaceID: event.event.workspaceID, roomID: roomID)
        guard let tail = state.withLock({ $0.tails[key]?.tail }) else { return }
        tail.append(entry(event))
    }

    /// Whether nobody follows the workspace any more, which is then noted.
    private func endsReading(of workspaceID: ID<Workspace>) -> Bool {
        state.withLock { state in
            guard !state.tails.keys.contains(where: { $0.workspaceID == workspaceID }) else { return false }
            state.followed.remove(workspaceID)
            return true
        }
    }
}

/// One reader of a room, from its beginning until it is let go.
package final class RoomReader: Sendable {
    /// Why a reader cannot go on where it wants to.
    package enum Reset: String, Sendable {
        /// It has seen more than there is: it comes from another log.
        case ahead
        /// What follows is no longer kept.
        case expired
    }

    /// How a reader begins, once that is known.
    package enum Beginning: Sendable, Equatable {
        case after(Int64)
        case reset(Reset, last: Int64)
    }

    /// What storage answers.
    package enum Stored: Sendable {
        case batch(EventBatch)
        case reset(Reset, last: Int64)
        /// There is nothing, although there should be.
        case nothing
    }

    package let tail: RoomTail
    private let feed: RoomFeed
    private let roomID: ID<Room>
    private let workspaceID: ID<Workspace>
    private let start = Mutex(Beginning.after(0))

    fileprivate init(tail: RoomTail, feed: RoomFeed, roomID: ID<Room>, workspaceID: ID<Workspace>) {
        self.tail = tail
        self.feed = feed
        self.roomID = roomID
        self.workspaceID = workspaceID
    }

    deinit { feed.leave(roomID, in: workspaceID) }

    package var beginning: Beginning { start.withLock { $0 } }

    fileprivate func begin(after cursor: Int64) { start.withLock { $0 = .after(cursor) } }
    fileprivate func reset(_ reason: Reset, last: Int64) { start.withLock { $0 = .reset(reason, last: last) } }

    /// What follows `cursor` in storage, for when the tail no longer reaches back so far.
    package func stored(after cursor: Int64) async throws -> Stored {
        let entries = try await feed.stored(roomID, in: workspaceID, after: cursor)
        guard let first = entries.first, let last = entries.last else { return .nothing }
        guard first.sequence == cursor + 1 else { return .reset(.expired, last: tail.bounds?.last ?? last.sequence) }
        return .batch(EventBatch(last: last.sequence, bytes: entries.flatMap(\.bytes)))
    }
}
