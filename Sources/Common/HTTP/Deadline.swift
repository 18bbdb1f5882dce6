// SPDX-License-Identifier: Apache-2.0

/// Runs `operation` for at most `limit`, then cancels it and throws `timeout`; returns only after the operation has ended.
///
/// An operation that does not heed cancellation holds its caller.
package func withDeadline<Value: Sendable>(
    _ limit: Duration, throwing timeout: @autoclosure @escaping @Sendable () -> any Error,
    _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw timeout() }
        return value
    }
}
