// SPDX-License-Identifier: Apache-2.0

extension FencedLocks {
    /// Keeps a lock that is held by renewing it, and returns when it is lost: taken over by somebody else, or not to be renewed
    /// twice in a row, when nobody knows whether it is still held. Throws `CancellationError` when the task is cancelled, which
    /// is how keeping it ends.
    ///
    /// - Parameter pause: From one renewal to the next; a lease must be longer than two of these.
    package func loss(
        of lock: HeldLock, every pause: Duration = .seconds(10), clock: any Clock<Duration> = ContinuousClock()
    ) async throws {
        var misses = 0
        while true {
            try await clock.sleep(for: pause)
            do {
                guard try await renew(lock) else { return }
                misses = 0
            } catch {
                try Task.checkCancellation()
                // One miss leaves a part of the lease.
                misses += 1
                if misses > 1 { return }
            }
        }
    }
}
