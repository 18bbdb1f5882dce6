// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization

/// Cancels what has taken too long. One table and one sleeper for all requests: a timer for each would cost a wake-up
/// of the event loop, and nearly all of them would be cancelled. While there are none, it sleeps without a timer.
final class Deadlines: Sendable {
    /// One thing that must end in time.
    final class Entry: Sendable {
        fileprivate let deadline: ContinuousClock.Instant
        fileprivate let cancel: @Sendable () -> Void
        private let over = Atomic<Bool>(false)

        fileprivate init(_ deadline: ContinuousClock.Instant, cancel: @escaping @Sendable () -> Void) {
            self.deadline = deadline
            self.cancel = cancel
        }

        /// Whether it did not end in time and was cancelled for that.
        var isOver: Bool { over.load(ordering: .acquiring) }

        fileprivate func expire() {
            over.store(true, ordering: .releasing)
            cancel()
        }
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        /// Whether the sleeper waits for a first entry.
        var isResting = false
    }

    private let state = Mutex(State())
    private let bell = Wakeup()
    private let step: Duration

    init(step: Duration = .milliseconds(100)) { self.step = step }

    func add(_ deadline: ContinuousClock.Instant, cancel: @escaping @Sendable () -> Void) -> Entry {
        let entry = Entry(deadline, cancel: cancel)
        let isAwaited = state.withLock { state in
            state.entries[ObjectIdentifier(entry)] = entry
            defer { state.isResting = false }
            return state.isResting
        }
        if isAwaited { bell.ring() }
        return entry
    }

    func remove(_ entry: Entry) {
        state.withLock { $0.entries[ObjectIdentifier(entry)] = nil }
    }

    /// Looks at the table every `step`, as long as something is in it, until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            let rests = state.withLock { state in
                state.isResting = state.entries.isEmpty
                return state.isResting
            }
            if rests { await bell.wait() }
            guard (try? await Task.sleep(for: step)) != nil else { return }
            expire(.now)
        }
    }

    private func expire(_ now: ContinuousClock.Instant) {
        let overdue = state.withLock { state in
            let overdue = state.entries.filter { $0.value.deadline <= now }
            for key in overdue.keys { state.entries[key] = nil }
            return overdue
        }
        for entry in overdue.values { entry.expire() }
    }
}
