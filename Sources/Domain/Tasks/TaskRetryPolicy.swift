// SPDX-License-Identifier: Apache-2.0

/// How often and after what pause a failed run is tried again.
package struct TaskRetryPolicy: Sendable, Equatable {
    /// Starts of runs in all, the first included; 1 means no retry. A lost lease uses one up too.
    package var maxAttempts: Int
    /// The pause before the second try, in seconds.
    package var initialSeconds: Double
    /// No pause is longer, in seconds.
    package var maxSeconds: Double
    /// What the pause is multiplied by from try to try.
    package var factor: Double

    package static let standard = TaskRetryPolicy(maxAttempts: 3, initialSeconds: 1, maxSeconds: 300, factor: 2)

    package init(maxAttempts: Int, initialSeconds: Double, maxSeconds: Double, factor: Double) {
        self.maxAttempts = maxAttempts
        self.initialSeconds = initialSeconds
        self.maxSeconds = maxSeconds
        self.factor = factor
    }

    /// The pause after the `attempt`-th try (1 is the first): exponential, capped, and spread by `jitter` in 0…1 over
    /// its upper half, so that tasks that failed together do not come back together.
    package func pause(after attempt: Int, jitter: Double) -> Duration {
        var seconds = initialSeconds
        for _ in 1..<max(1, min(attempt, 64)) { seconds = min(seconds * factor, maxSeconds) }
        seconds = min(seconds, maxSeconds)
        return .microseconds(Int64(seconds * (0.5 + 0.5 * jitter) * 1_000_000))
    }
}
