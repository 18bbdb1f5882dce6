// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Cancels what has taken too long. One table and one sleeper for all requests: a timer for each would cost a wake-up
/// of the event loop, and nearly all of them would be cancelled.
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

    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])
    private let step: Duration

    init(step: Duration = .milliseconds(100)) { self.step = step }

    func add(_ deadline: ContinuousClock.Instant, cancel: @escaping @Sendable () -> Void) -> Entry {
        let entry = Entry(deadline, cancel: cancel)
        entries.withLock { $0[ObjectIdentifier(entry)] = entry }
        return entry
    }

    func remove(_ entry: Entry) {
        entries.withLock { $0[ObjectIdentifier(entry)] = nil }
    }

    /// Looks at the table every `step` until it is cancelled.
    func run() async {
        while (try? await Task.sleep(for: step)) != nil {
            let now = ContinuousClock.now
            let overdue = entries.withLock { entries in
                let overdue = entries.filter { $0.value.deadline <= now }
                for key in overdue.keys { entries[key] = nil }
                return overdue
            }
            for entry in overdue.values { entry.expire() }
        }
    }
}
