// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Orchestration
import ServiceKit
import Synchronization

/// The way out of one subscription: sends frames one after another and keeps the cursor that they tell.
///
/// A frame's cursor is true for both channels at the place where the frame stands in the stream, so a client may resume
/// with that of whichever frame it got last.
final class LiveOutlet: Sendable {
    /// Something at a place of a channel's log; nil where nothing there is wanted.
    typealias Scanned = (place: Int64, item: ArraySlice<UInt8>?)

    private struct State {
        var cursor: LiveCursor
        var told: LiveCursor
    }

    let id: String
    private let connection: WebSocketConnection
    private let limits: LiveLimits
    private let counters: LiveCounters
    private let turn = Permits(1)
    private let state: Mutex<State>

    init(
        _ id: String, on connection: WebSocketConnection, at cursor: LiveCursor, limits: LiveLimits,
        counters: LiveCounters
    ) {
        self.id = id
        self.connection = connection
        self.limits = limits
        self.counters = counters
        state = Mutex(State(cursor: cursor, told: cursor))
    }

    /// Sends a frame that tells the cursor, after moving one channel's part of it to `place`.
    func send(_ channel: LiveChannel? = nil, place: Int64? = nil, _ frame: (LiveCursor) -> LiveFrame) async throws {
        try await turn.withPermit {
            var cursor = state.withLock { $0.cursor }
            if let channel, let place { cursor[channel] = place }
            try await connection.send([WebSocketText(utf8: frame(cursor).bytes)])
            counters.frames.add()
            state.withLock { state in
                if let channel, let place { state.cursor[channel] = place }
                state.told = cursor
            }
        }
    }

    /// Sends what is wanted in as few frames as their bounds allow, and moves the cursor past all of it. Suspends while the
    /// client is behind. Says whether a frame was full, so that more is likely to be waiting.
    func deliver(_ channel: LiveChannel, _ scanned: some Sequence<Scanned>) async throws -> Bool {
        var items: [ArraySlice<UInt8>] = []
        var bytes = 0
        var last: Int64?
        var wasFull = false
        for (place, item) in scanned {
            if let item {
                if items.count == limits.frameItems || bytes + item.count > limits.frameBytes, let last, !items.isEmpty
                {
                    try await send(channel, items, to: last)
                    (items, bytes, wasFull) = ([], 0, true)
                }
                items.append(item)
                bytes += item.count
            }
            last = place
        }
        guard let last else { return wasFull }
        if items.isEmpty { advance(channel, to: last) } else { try await send(channel, items, to: last) }
        return wasFull
    }

    private func send(_ channel: LiveChannel, _ items: [ArraySlice<UInt8>], to place: Int64) async throws {
        try await send(channel, place: place) { .items(channel, id, $0, items) }
        counters.items.add(items.count)
    }

    /// Notes that nothing up to `place` is wanted.
    func advance(_ channel: LiveChannel, to place: Int64) { state.withLock { $0.cursor[channel] = place } }

    /// Tells the cursor now and then when it has moved without a frame, so that a quiet subscriber need not have all that was
    /// not for it looked through again when it comes back.
    func beat() async throws {
        while true {
            try await Task.sleep(for: limits.heartbeat)
            try await turn.withPermit {
                let cursor = state.withLock { state in state.cursor == state.told ? nil : state.cursor }
                guard let cursor else { return }
                try await connection.send([WebSocketText(utf8: LiveFrame.cursor(id, cursor).bytes)])
                counters.frames.add()
                state.withLock { $0.told = cursor }
            }
        }
    }
}

extension LiveCursor {
    /// The part that belongs to a channel.
    subscript(channel: LiveChannel) -> Int64? {
        get { channel == .tasks ? events : logs }
        set { if channel == .tasks { events = newValue } else { logs = newValue } }
    }
}

/// Spaces out the frames of a channel: at once when it was idle, and at most one each `least` under load, so that what
/// happens in between goes together.
struct Pace {
    private let least: Duration
    private var next: ContinuousClock.Instant?

    init(least: Duration) { self.least = least }

    /// Returns when the next frame may go.
    func hold() async throws {
        if let next { try await Task.sleep(until: next, clock: .continuous) }
    }

    /// Notes that something was looked at or sent; after a full frame there is nothing to be gained by waiting.
    mutating func note(wasFull: Bool) { next = wasFull ? nil : .now + least }
}
