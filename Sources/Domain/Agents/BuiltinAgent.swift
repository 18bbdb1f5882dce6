// SPDX-License-Identifier: Apache-2.0

/// The agents that are part of an engine. An agent of kind `builtin` is registered under one of these names.
package enum BuiltinAgent: String, Sendable, CaseIterable {
    /// Takes any input and answers at once when it was called, as `received_at`: to try the way there and back, and to
    /// measure it.
    case noop
}
