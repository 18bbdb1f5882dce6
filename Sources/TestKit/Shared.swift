// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Something that several tasks of a test change.
package final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    package init(_ value: Value) { self.value = Mutex(value) }

    /// Has `body` read or change the value, while nobody else does.
    package func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { value.withLock { body(&$0) } }
}
