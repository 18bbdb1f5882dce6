// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The system's random numbers, fetched many at a time: a call of the system for each word was a thirtieth of what a task
/// cost. Each word is given out once, from any thread. For identifiers and salts; secrets ask the system itself.
package struct PooledRandom: RandomNumberGenerator, Sendable {
    private static let pool = Mutex<[UInt64]>([])
    private static let capacity = 512

    package init() {}

    package func next() -> UInt64 {
        Self.pool.withLock { words in
            if words.isEmpty { words = Self.fetch() }
            return words.removeLast()
        }
    }

    /// Words straight from the system.
    private static func fetch() -> [UInt64] {
        var words = [UInt64](repeating: 0, count: capacity)
        unsafe words.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { unsafe arc4random_buf(start, bytes.count) }
        }
        return words
    }
}
