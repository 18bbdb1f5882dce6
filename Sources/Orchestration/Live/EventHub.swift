// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Synchronization

/// Hands committed events to whoever follows a workspace, in order and without gaps.
///
/// Followers pull by cursor: what they have not read yet is in the ring of recent events or in the database, never in
/// a queue of their own, so a slow one costs nothing and loses nothing.
package final class EventHub: Sendable {
    /// Recent events kept in memory per workspace.
    package static let ringCapacity = 4096

    /// An event with its wire form, made once for all followers.
    package final class Entry: Sendable {
        package let event: RecordedEvent
        private let encoded = Mutex<[UInt8]?>(nil)

        package init(_ event: RecordedEvent) { self.event = event }

        /// The bytes that `encode` makes of the event; it is called once, whoever asks first.
        package func bytes(_ encode: (RecordedEvent) -> [UInt8]) -> [UInt8] {
            encoded.withLock { known in
                if let known { return known }
                let bytes = encode(event)
                known = bytes
                return bytes
            }
        }
    }

    private struct Tail {
        var entries: [Entry] = []
        /// Position of the last event appended; the ring ends here.
        var last: Int64
        /// The highest position known to be committed, here or elsewhere.
        var known: Int64
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]

        /// Appends what goes on here; answers who waits for it, and whether something in between is missing.
        mutating func take(_ events: [RecordedEvent]) -> ([CheckedContinuation<Void, Never>], Bool) {
            for event in events where event.position == last + 1 {
                entries.append(Entry(event))
                last = event.position
            }
            known = max(known, events.last?.position ?? known)
            // Trimmed only at twice the capacity, so that each event is moved about once.
            if entries.count > 2 * ringCapacity { entries.removeFirst(entries.count - ringCapacity) }
            let waiting = Array(waiters.values)
            waiters = [:]
            return (waiting, known > last)
        }
    }

    private struct State {
        var tails: [ID<Workspace>: Tail] = [:]
        var nextWaiter = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let gaps: AsyncStream<Void>
    private let gap: AsyncStream<Void>.Continuation

    package init() { (gaps, gap) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    // MARK: Appending

    /// Begins to follow a workspace after `position`, as read from its head.
    package func open(_ workspaceID: ID<Workspace>, at position: Int64) {
        state.withLock { state in
            if state.tails[workspaceID] == nil {
                state.tails[workspaceID] = Tail(last: position, known: position)
            }
        }
    }

    /// Takes over events that were just committed here. What came from elsewhere in between is fetched by the tailer.
    package func publish(_ events: [RecordedEvent], of workspaceID: ID<Workspace>) {
        guard !events.isEmpty else { return }
        let before = events[0].position - 1
        let (waiters, hasGap) = state.withLock {
            // In place: a copy of the ring would be made for every commit otherwise.
            $0.tails[workspaceID, default: Tail(last: before, known: before)].take(events)
        }
        if hasGap { gap.yield() }
        for waiter in waiters { waiter.resume() }
    }

    /// Learns that a workspace has got as far as `position` elsewhere; false when that, or more, was known already.
    @discardableResult
    package func announce(_ workspaceID: ID<Workspace>, at position: Int64) -> Bool {
        let (isNew, hasGap) = state.withLock { state in
            guard let tail = state.tails[workspaceID] else { return (false, false) }
            state.tails[workspaceID]?.known = max(tail.known, position)
            return (position > tail.known, max(tail.known, position) > tail.last)
        }
        if hasGap { gap.yield() }
        return isNew
    }

    /// Learns that everything there is was read after `position` had been announced. If that is still ahead, it was
    /// false, and must not be looked for at every commit.
    func settle(_ workspaceID: ID<Workspace>, at position: Int64) {
        state.withLock { state in
            guard let tail = state.tails[workspaceID], tail.known == position, tail.last < position else { return }
            state.tails[workspaceID]?.known = tail.last
        }
    }

    /// Signals that something is to be fetched; for the tailer alone.
    var gapSignals: AsyncStream<Void> { gaps }

    /// Workspaces of which more is committed than was read, how far they were read, and how far they are said to go.
    package var behind: [(workspaceID: ID<Workspace>, last: Int64, known: Int64)] {
        state.withLock { state in
            state.tails.filter { $0.value.known > $0.value.last }.map { ($0.key, $0.value.last, $0.value.known) }
        }
    }

    // MARK: Following

    /// The position up to which events can be read now; nil for a workspace that is not followed.
    package func lastPosition(of workspaceID: ID<Workspace>) -> Int64? {
        state.withLock { $0.tails[workspaceID]?.last }
    }

    /// How far each workspace that is followed has got.
    package var positions: [ID<Workspace>: Int64] { state.withLock { $0.tails.mapValues(\.last) } }

    /// Recent events after `position`; nil when the ring no longer reaches back that far and the database must be read.
    package func recent(of workspaceID: ID<Workspace>, after position: Int64, limit: Int) -> [Entry]? {
        state.withLock { state in
            guard let tail = state.tails[workspaceID] else { return nil }
            let first = tail.last - Int64(tail.entries.count) + 1
            guard position >= first - 1 else { return nil }
            guard position < tail.last else { return [] }
            let start = Int(position + 1 - first)
            return Array(tail.entries[start..<min(tail.entries.count, start + limit)])
        }
    }

    /// Returns when there is an event after `position`, when the task is cancelled, or when the hub closes.
    package func wait(for workspaceID: ID<Workspace>, past position: Int64) async {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard !state.isClosed, !Task.isCancelled, let tail = state.tails[workspaceID],
                        tail.last <= position
                    else { return true }
                    state.tails[workspaceID]?.waiters[waiter] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.tails[workspaceID]?.waiters.removeValue(forKey: waiter) }?.resume()
        }
    }

    /// Wakes every follower for good; for shutdown.
    package func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            let waiting = state.tails.values.flatMap { $0.waiters.values }
            for workspaceID in state.tails.keys { state.tails[workspaceID]?.waiters = [:] }
            return waiting
        }
        gap.finish()
        for waiter in waiters { waiter.resume() }
    }

    package var isClosed: Bool { state.withLock { $0.isClosed } }
}
