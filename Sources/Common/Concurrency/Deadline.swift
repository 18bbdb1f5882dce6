// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Runs `operation` for at most `limit`, then cancels it and throws `timeout`; returns only after the operation has ended. When
/// the caller is cancelled and the operation fails then, by whatever error, `CancellationError` is thrown.
///
/// An operation that does not heed cancellation holds its caller.
package func withDeadline<Value: Sendable>(
    _ limit: Duration, throwing timeout: @autoclosure @escaping @Sendable () -> any Error,
    _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let race = Race()
    let alarm = AlarmClock.shared.set(at: .now + limit) { race.end(isLate: true) }
    defer { AlarmClock.shared.dismiss(alarm) }
    return try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask {
            defer { race.end(isLate: false) }
            return try await operation()
        }
        if await race.isLate() { throw timeout() }
        do {
            if let value = try await group.next() { return value }
        } catch {
            if !Task.isCancelled { throw error }
        }
        throw CancellationError()
    }
}

/// What comes first: the end of an operation, or that of its time.
private final class Race: Sendable {
    private let isLate = Mutex<Bool?>(nil)
    private let bell = Wakeup()

    func end(isLate: Bool) {
        self.isLate.withLock { $0 = $0 ?? isLate }
        bell.ring()
    }

    /// Waits for it, or until the task is cancelled.
    func isLate() async -> Bool {
        await bell.wait()
        return isLate.withLock { $0 ?? false }
    }
}
