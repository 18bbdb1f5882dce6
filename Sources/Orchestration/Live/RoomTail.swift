// SPDX-License-Identifier: Apache-2.0

package import Common
import Synchronization

/// The recent events of one room's stream, ready to be written, shared by all who follow the room.
///
/// It is filled from two sides: from the feed with what happens from now on, and once from storage with what was before.
/// Whatever the order in which the two arrive, its entries are consecutive.
package final class RoomTail: EventTail {
    /// An event as bytes.
    package struct Entry: Sendable {
        package let sequence: Int64
        package let bytes: [UInt8]

        package init(sequence: Int64, bytes: [UInt8]) {
            self.sequence = sequence
            self.bytes = bytes
        }
    }

    /// How much is kept, and how much goes into one batch.
    package struct Limits: Sendable {
        package var entries = 1024
        package var bytes = 4 << 20
        package var batchEntries = 256
        package var batchBytes = 64 << 10

        package init() {}
    }

    fileprivate struct State {
        /// Consecutive; the last one's sequence is `end`.
        var entries: [Entry] = []
        /// Entries at the front that are given up and not yet removed.
        var dropped = 0
        var bytes = 0
        /// Every later event will be appended; nil until something is known.
        var end: Int64?
        /// The oldest sequence in storage; nil until storage has been read.
        var oldest: Int64?
        /// The batch that was made last and the cursor it is for: nearly all readers stand at the same place.
        var latest: (cursor: Int64, batch: EventBatch)?
        var watches: [Int: @Sendable () -> Void] = [:]
        var nextWatch = 0

        var count: Int { entries.count - dropped }
    }

    private let state = Mutex(State())
    private let limits: Limits

    package init(limits: Limits = Limits()) { self.limits = limits }

    // MARK: Filling

    /// Takes over an event that was committed. Those that are known already are passed over.
    package func append(_ entry: Entry) {
        let watches = state.withLock { state -> [@Sendable () -> Void] in
            if let end = state.end {
                guard entry.sequence > end else { return [] }
                // Readers in between find their way by storage.
                if entry.sequence != end + 1 { state.clear() }
            }
            state.entries.append(entry)
            state.bytes += entry.bytes.count
            state.end = entry.sequence
            state.trim(limits)
            return Array(state.watches.values)
        }
        for wake in watches { wake() }
    }

    /// Takes over what storage has: the latest events in order, the last sequence and the oldest one there is.
    package func settle(_ stored: [Entry], last: Int64, oldest: Int64) {
        let watches = state.withLock { state -> [@Sendable () -> Void] in
            guard state.oldest == nil else { return [] }
            state.oldest = oldest
            let known = state.entries.dropFirst(state.dropped)
            let first = known.first?.sequence ?? .max
            let before = stored.filter { $0.sequence < first }
            // What the feed brought goes on where storage ends, or somewhere within it.
            let joins = known.isEmpty || before.last.map { $0.sequence == first - 1 } ?? true
            state.entries = (joins ? before : []) + known
            state.dropped = 0
            state.bytes = state.entries.reduce(0) { $0 + $1.bytes.count }
            if state.end == nil { state.end = last }
            state.latest = nil
            state.trim(limits)
            return Array(state.watches.values)
        }
        for wake in watches { wake() }
    }

    // MARK: Reading

    /// The last sequence known here and the oldest in storage; nil until storage has been read.
    package var bounds: (oldest: Int64, last: Int64)? {
        state.withLock { state in
            guard let oldest = state.oldest, let end = state.end else { return nil }
            return (oldest, end)
        }
    }

    package func read(after cursor: Int64) -> TailReading {
        state.withLock { state in
            guard let end = state.end, cursor < end else { return .nothing }
            if let latest = state.latest, latest.cursor == cursor { return .batch(latest.batch) }
            let first = end - Int64(state.count) + 1
            guard cursor >= first - 1 else { return .older }
            let batch = state.batch(from: Int(cursor + 1 - first), limits)
            state.latest = (cursor, batch)
            return .batch(batch)
        }
    }

    package func watch(_ wake: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.nextWatch += 1
            state.watches[state.nextWatch] = wake
            return state.nextWatch
        }
    }

    package func unwatch(_ watch: Int) { state.withLock { $0.watches[watch] = nil } }
}

extension RoomTail.State {
    fileprivate mutating func clear() {
        entries = []
        dropped = 0
        bytes = 0
        latest = nil
    }

    /// Gives up the oldest entries beyond the limits, but never the last one.
    fileprivate mutating func trim(_ limits: RoomTail.Limits) {
        latest = nil
        while count > 1, count > limits.entries || bytes > limits.bytes {
            bytes -= entries[dropped].bytes.count
            entries[dropped] = RoomTail.Entry(sequence: entries[dropped].sequence, bytes: [])
            dropped += 1
        }
        // Removed only now and then, so that each entry is moved about once.
        if dropped > limits.entries {
            entries.removeFirst(dropped)
            dropped = 0
        }
    }

    /// The entry at `index` and those after it that fit into one write.
    fileprivate func batch(from index: Int, _ limits: RoomTail.Limits) -> EventBatch {
        let wanted = entries[(dropped + index)...].prefix(limits.batchEntries)
        var size = 0
        let chosen = wanted.prefix { entry in
            let isFirst = size == 0
            size += entry.bytes.count
            return isFirst || size <= limits.batchBytes
        }
        let last = chosen.last?.sequence ?? 0
        if chosen.count == 1, let only = chosen.first { return EventBatch(last: last, bytes: only.bytes) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(chosen.reduce(0) { $0 + $1.bytes.count })
        for entry in chosen { bytes += entry.bytes }
        return EventBatch(last: last, bytes: bytes)
    }
}
