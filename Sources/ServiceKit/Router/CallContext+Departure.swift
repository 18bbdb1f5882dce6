// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle

/// Why the work of a request is to end before it is done.
package enum Departure: Sendable {
    /// Nobody waits for the answer any more.
    case callerGone
    /// The daemon is asked to stop.
    case daemonStopping
}

extension CallContext {
    /// Returns when the caller closes the connection or the daemon is asked to stop; throws `CancellationError` when the task is
    /// cancelled before.
    ///
    /// For handlers that work for minutes and put in order what they leave undone, which a handler that is cancelled with the
    /// connection (`stopsWithConnection`) cannot.
    package func departure() async throws -> Departure {
        guard let watch = await Disconnect.watch(channel) else { return .callerGone }
        return try await withThrowingTaskGroup(of: Departure.self) { group in
            group.addTask {
                let (silence, end) = AsyncStream.makeStream(of: Never.self)
                watch.onGone { end.finish() }
                defer { watch.onGone(nil) }
                for await _ in silence {}
                try Task.checkCancellation()
                return .callerGone
            }
            group.addTask {
                try await gracefulShutdown()
                return .daemonStopping
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}
