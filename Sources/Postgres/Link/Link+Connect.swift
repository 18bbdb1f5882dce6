// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension Link {
    /// Connects on a thread of its own. A cancelled caller leaves at once and the connection, if it still comes, is closed.
    static func connect(_ configuration: PostgresConfiguration, hooks: Hooks) async throws -> Link {
        let parameters = try ConnectionParameters(configuration)
        let limits = Limits(configuration)
        let attempt = ConnectAttempt()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard attempt.begin(continuation) else { return }
                BlockingThreads.connecting.run {
                    if attempt.isOver { return }
                    attempt.end(parameters.connect(hooks: hooks, limits: limits))
                }
            }
        } onCancel: {
            attempt.end(.failure(.cancelled()))
        }
    }
}

extension Link.Limits {
    init(_ configuration: PostgresConfiguration) {
        statementCacheSize = configuration.statementCacheSize
        queueLimit = configuration.queueLimit
        cancelGrace = MonotonicClock.nanoseconds(of: configuration.cancelGrace)
    }
}

/// One attempt to connect, ended by whichever comes first: the connection, a failure or a cancellation.
private final class ConnectAttempt: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Link, any Error>?
        var isOver = false
    }

    private let state = Mutex(State())

    var isOver: Bool { state.withLock { $0.isOver } }

    func begin(_ continuation: CheckedContinuation<Link, any Error>) -> Bool {
        let begins = state.withLock { state in
            if state.isOver { return false }
            state.continuation = continuation
            return true
        }
        if !begins { continuation.resume(throwing: PostgresError.cancelled()) }
        return begins
    }

    func end(_ result: Result<Link, PostgresError>) {
        let (continuation, isFirst) = state.withLock { state in
            defer {
                state.isOver = true
                state.continuation = nil
            }
            return (state.continuation, !state.isOver)
        }
        if isFirst {
            continuation?.resume(with: result.mapError { $0 as any Error })
        } else if case .success(let link) = result {
            link.close()
        }
    }
}
