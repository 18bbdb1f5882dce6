// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// What happens on Ctrl-C: the work is cancelled, ends what it is at, and the person learns how to go on.
enum Interruption {
    /// Runs `work`; on SIGINT or SIGTERM cancels it and throws `CancellationError` once it has ended. A second signal ends
    /// the program at once.
    static func guarding<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let (signals, continuation) = AsyncStream.makeStream(of: Int32.self)
        let queue = DispatchQueue(label: "tutti.signals")
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                signal(number, SIG_DFL)
                continuation.yield(number)
            }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            continuation.finish()
        }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                for await _ in signals {
                    Terminal.note("Stopping at the next safe point; press Ctrl-C again to stop at once.")
                    return nil
                }
                return nil
            }
            defer { group.cancelAll() }
            if let value = try await group.next() ?? nil { return value }
            group.cancelAll()
            // The work ends in its own way; when it came through after all, that is what counts.
            if let value = try await group.next() ?? nil { return value }
            throw CancellationError()
        }
    }
}
