// SPDX-License-Identifier: Apache-2.0

/// What was waited for did not come about in time.
package struct EventuallyTimeout: Error, Sendable, CustomStringConvertible {
    package let limit: Duration
    /// What the condition threw when it was last asked, if it did.
    package let lastError: (any Error)?
    package let location: String

    package var description: String {
        let cause = lastError.map { "; it last threw \($0)" } ?? ""
        return "not so within \(limit), at \(location)\(cause)"
    }
}

/// Asks `condition` again and again until it gives a value, and throws `EventuallyTimeout` when it has not `within` the
/// limit. An error thrown by the condition counts as "not yet".
@discardableResult
package func eventually<Value>(
    within limit: Duration = .seconds(10), fileID: StaticString = #fileID, line: UInt = #line,
    _ condition: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let end = clock.now + limit
    var pause = Duration.milliseconds(2)
    while true {
        var lastError: (any Error)?
        do {
            if let value = try await condition() { return value }
        } catch {
            lastError = error
        }
        try Task.checkCancellation()
        if clock.now >= end {
            throw EventuallyTimeout(limit: limit, lastError: lastError, location: "\(fileID):\(line)")
        }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(50))
    }
}

/// Returns at `moment`. For schedules of faults, where the passing of time is the point; whatever is to be seen is waited
/// for by `eventually`.
package func reach(_ moment: ContinuousClock.Instant) async throws {
    try await Task.sleep(until: moment, clock: .continuous)
}

/// The same for a condition that is either so or not.
package func eventually(
    within limit: Duration = .seconds(10), fileID: StaticString = #fileID, line: UInt = #line,
    _ condition: () async throws -> Bool
) async throws {
    try await eventually(within: limit, fileID: fileID, line: line) { () async throws -> Void? in
        try await condition() ? () : nil
    }
}
