// SPDX-License-Identifier: Apache-2.0

import Common

/// What a call counts as.
enum RenderPace: Sendable, Hashable {
    case reads, writes, logs
    /// Of one service.
    case deploys(String)

    var isOfService: Bool {
        if case .deploys = self { true } else { false }
    }
}

/// A clock of any kind as two functions, and the time of day beside it.
struct PaceTime: Sendable {
    private let elapsed: @Sendable () -> Duration
    private let clock: any Clock<Duration>
    let wall: @Sendable () -> Timestamp

    init(_ clock: any Clock<Duration>, wall: @escaping @Sendable () -> Timestamp) {
        self.clock = clock
        self.wall = wall
        elapsed = Self.elapsed(of: clock)
    }

    /// The time since this was made.
    var now: Duration { elapsed() }

    func sleep(_ duration: Duration) async throws { try await clock.sleep(for: duration) }

    private static func elapsed<C: Clock<Duration>>(of clock: C) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
