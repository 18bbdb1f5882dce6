// SPDX-License-Identifier: Apache-2.0

/// How long to wait before the next attempt to connect: doubling from 50 ms to 5 s, each time somewhere in the upper half,
/// so that the daemons of a restarted server do not all come back in the same instant.
enum Backoff {
    static func nanoseconds(afterFailures failures: Int) -> UInt64 {
        let doublings = UInt64(min(max(failures - 1, 0), 7))
        let full = min(50_000_000 << doublings, 5_000_000_000 as UInt64)
        return UInt64.random(in: full / 2...full)
    }
}
