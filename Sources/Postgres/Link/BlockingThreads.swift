// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Runs jobs that block, each on a thread of its own, at most `limit` at a time; the rest wait their turn.
///
/// Connecting and cancelling are rare, so a thread per job costs nothing that matters and none lingers.
final class BlockingThreads: Sendable {
    static let connecting = BlockingThreads(limit: 16)
    // Apart from connecting, so that a server that does not answer cannot hold up a cancellation.
    static let cancelling = BlockingThreads(limit: 16)

    private struct State {
        var running = 0
        var waiting = FIFO<@Sendable () -> Void>()
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    func run(_ job: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            if state.running == limit {
                state.waiting.append(job)
                return false
            }
            state.running += 1
            return true
        }
        if starts { Self.detach { self.work(job) } }
    }

    private func work(_ first: @Sendable () -> Void) {
        first()
        while let next = state.withLock({ state -> (@Sendable () -> Void)? in
            if let next = state.waiting.popFirst() { return next }
            state.running -= 1
            return nil
        }) {
            next()
        }
    }

    private final class Job {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread nobody waits for. When the system has none left the job runs here, which is slow but right.
    static func detach(_ body: @escaping @Sendable () -> Void) {
        let job = unsafe Unmanaged.passRetained(Job(body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, job.toOpaque())
        if code == 0 {
            _ = pthread_detach(thread)
        } else {
            unsafe job.takeRetainedValue().body()
        }
    }
}
