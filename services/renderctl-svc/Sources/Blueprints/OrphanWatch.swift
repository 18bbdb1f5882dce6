// SPDX-License-Identifier: Apache-2.0

import Common
import Store

/// Decides which of the applies that nobody carries out are taken up now.
///
/// One whose lease has run out was left by somebody who is no more. One whose lock was given back may belong to somebody who
/// waits to try again and still has its plan, so it is taken up only when it stays like that. What could not be taken up is
/// tried ever more seldom, and never keeps others from their turn.
struct OrphanWatch: Sendable {
    private struct Try: Sendable {
        var count: Int
        var next: ContinuousClock.Instant
    }

    /// From one look to the next.
    static let period = Duration.seconds(5)
    /// How long a lock that was given back stays free before what it guards is taken up.
    static let grace = Duration.seconds(15)
    /// How many are taken up at once.
    static let most = 8

    private static let pauses = RetryPolicy(firstPause: .seconds(4), longestPause: .seconds(300))
    private static let firstPause = Duration.seconds(2)
    private var tries: [String: Try] = [:]
    private var released: [String: ContinuousClock.Instant] = [:]

    /// Those that are not worth a look now.
    func resting(at now: ContinuousClock.Instant) -> [String] { tries.filter { $0.value.next > now }.map(\.key) }

    /// Of what was seen at a look, what is to be taken up, at most `limit`.
    mutating func due(_ seen: [OrphanedApply], at now: ContinuousClock.Instant, limit: Int) -> [String] {
        let free = Set(seen.filter(\.isReleased).map(\.id))
        released = released.filter { free.contains($0.key) }
        for id in free where released[id] == nil { released[id] = now }
        let due = seen.filter { orphan in
            !orphan.isReleased || released[orphan.id].map { now - $0 >= Self.grace } ?? false
        }
        return due.prefix(max(0, limit)).map(\.id)
    }

    /// It could not be taken up.
    mutating func failed(_ id: String, at now: ContinuousClock.Instant) {
        let count = (tries[id]?.count ?? 0) + 1
        tries[id] = Try(count: count, next: now + Self.firstPause + Self.pauses.pause(afterTry: count))
    }

    /// It has ended, or is another's.
    mutating func forget(_ id: String) {
        tries[id] = nil
        released[id] = nil
    }
}
