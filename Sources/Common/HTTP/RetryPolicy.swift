// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How often and how fast a call that may be repeated is tried again.
package struct RetryPolicy: Sendable {
    /// All tries, the first included; 1 never repeats.
    package var tries: Int
    /// The longest pause after the first try; it doubles with every further one.
    package var firstPause: Duration
    /// Where the doubling ends.
    package var longestPause: Duration

    package init(tries: Int = 3, firstPause: Duration = .milliseconds(100), longestPause: Duration = .seconds(5)) {
        self.tries = max(1, tries)
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// One try only.
    package static let never = RetryPolicy(tries: 1)

    /// A random pause after the given failed try (1 is the first): anything up to the exponential bound, so that callers
    /// who failed together do not come back together.
    package func pause(afterTry number: Int) -> Duration {
        // The shift is held below 2^30 to stay clear of overflow; the bound is long past `longestPause` by then.
        let bound = min(longestPause, firstPause * (1 << min(max(number, 1) - 1, 30)))
        return bound * Double.random(in: 0...1)
    }
}

/// Keeps repeats a small share of all calls, so that callers do not multiply the load on a server that is failing.
///
/// Every call pays in a tenth of a repeat; ten are there at the start and no more than ten are saved up.
final class RetryBudget: Sendable {
    private static let costOfRepeat = 10
    private static let limit = 100
    private let tenths = Mutex(limit)

    /// Counts a first try.
    func deposit() { tenths.withLock { $0 = min(Self.limit, $0 + 1) } }

    /// Takes one repeat out; false when none is left.
    func withdraw() -> Bool {
        tenths.withLock { tenths in
            guard tenths >= Self.costOfRepeat else { return false }
            tenths -= Self.costOfRepeat
            return true
        }
    }
}
