// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A value that any task may read and change, one at a time.
final class Guarded<Value: Sendable>: Sendable {
    private let lock: Mutex<Value>

    init(_ value: Value) { lock = Mutex(value) }

    var value: Value { lock.withLock { $0 } }

    func with<Result: Sendable>(_ body: (inout sending Value) throws -> Result) rethrows -> Result {
        try lock.withLock { value in try body(&value) }
    }
}
