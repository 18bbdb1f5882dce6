// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A thread of its own for the tasks that keep sessions alive.
///
/// All other tasks of the process share a few threads. However many agents are called there and however large their
/// answers are, a beat does not stand in line behind them.
final class SessionThread: TaskExecutor {
    /// The one of the process; it lives as long.
    static let shared = SessionThread()

    private let jobs = Mutex<[UnownedJob]>([])
    private let arrived = Flag()

    private init() {
        Thread.detachNewThread { [self] in
            Thread.current.name = "sessions"
            while true {
                arrived.wait()
                let ready = jobs.withLock { jobs in
                    defer { jobs = [] }
                    return jobs
                }
                for job in ready { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        arrived.raise()
    }
}

/// A flag that a thread sleeps on.
private final class Flag: Sendable {
    private let condition = NSCondition()
    private let isRaised = Mutex(false)

    func raise() {
        condition.lock()
        isRaised.withLock { $0 = true }
        condition.signal()
        condition.unlock()
    }

    /// Returns when it was raised since the last time, and lowers it.
    func wait() {
        condition.lock()
        while !isRaised.withLock({ $0 }) { condition.wait() }
        isRaised.withLock { $0 = false }
        condition.unlock()
    }
}
