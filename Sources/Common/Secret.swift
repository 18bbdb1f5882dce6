// SPDX-License-Identifier: Apache-2.0

/// A value that must not be printed: descriptions, interpolations and mirrors show a mask instead.
package struct Secret<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let value: Value

    package init(_ value: Value) { self.value = value }

    /// Hands the value out; the one place to look for when asking where a secret goes.
    package func reveal() -> Value { value }

    package var description: String { "••••" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension Secret: Equatable where Value: Equatable {}
extension Secret: Hashable where Value: Hashable {}
