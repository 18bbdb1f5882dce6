// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization

/// The calls under way, by run and epoch, so that the orchestrator can cancel one.
package final class RunningCalls: Sendable {
    private struct Key: Hashable {
        let run: String
        let epoch: Int
    }

    private let stops = Mutex<[Key: [Int: AsyncStream<Void>.Continuation]]>([:])
    private let total = Gauge()
    private let next = Counter()

    package init() {}

    /// Calls under way, with or without a run.
    package var count: Int { total.value }

    /// Runs a call until it ends or is cancelled; the latter throws a problem that is not to be retried.
    package func run<Answer: Sendable>(
        _ run: String?, _ epoch: Int?, _ call: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        total.add(1)
        defer { total.add(-1) }
        guard let run, let epoch else { return try await call() }
        let (stopped, stop) = AsyncStream.makeStream(of: Void.self)
        next.add()
        let (key, number) = (Key(run: run, epoch: epoch), next.value)
        stops.withLock { $0[key, default: [:]][number] = stop }
        defer {
            stops.withLock { stops in
                stops[key]?[number] = nil
                if stops[key]?.isEmpty == true { stops[key] = nil }
            }
        }
        return try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask { try await call() }
            group.addTask {
                for await _ in stopped { break }
                try Task.checkCancellation()
                throw Problem(
                    .conflict, "The call was cancelled.", code: "cancelled", details: ["retryable": false])
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    /// Cancels the calls of a run and epoch; says whether there were any.
    package func cancel(_ run: String, _ epoch: Int) -> Bool {
        let found = stops.withLock { $0[Key(run: run, epoch: epoch)] ?? [:] }
        for stop in found.values { stop.yield() }
        return !found.isEmpty
    }
}
