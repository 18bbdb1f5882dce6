// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Nanoseconds of a clock that never jumps; deadlines are points on it, and `never` is later than all of them.
enum MonotonicClock {
    static let never = UInt64.max

    static func now() -> UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static func deadline(after duration: Duration?) -> UInt64 {
        guard let duration else { return never }
        return now() + nanoseconds(of: duration)
    }

    /// At most a hundred years, so that adding to a point in time cannot overflow.
    static func nanoseconds(of duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        if seconds < 0 || attoseconds < 0 { return 0 }
        return UInt64(min(seconds, 3_155_760_000)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
