// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization
import TestKit
import Testing

@Suite struct DeadlineTests {
    struct Late: Error {}
    private struct Refused: Error {}

    @Test func `what ends in time gives its value or its error`() async throws {
        #expect(try await withDeadline(.seconds(60), throwing: Late()) { 7 } == 7)
        await #expect(throws: Refused.self) {
            try await withDeadline(.seconds(60), throwing: Late()) { throw Refused() }
        }
    }

    @Test func `what does not end in time is cancelled, and waited for`() async throws {
        let hasEnded = Shared(false)
        await #expect(throws: Late.self) {
            try await withDeadline(.milliseconds(5), throwing: Late()) {
                defer { hasEnded.withLock { $0 = true } }
                await Wakeup().wait()
            }
        }
        #expect(hasEnded.withLock { $0 })
    }

    @Test func `who is cancelled takes the operation along`() async throws {
        let hasBegun = Wakeup()
        let task = Task {
            try await withDeadline(.seconds(3600), throwing: Late()) {
                hasBegun.ring()
                await Wakeup().wait()
                try Task.checkCancellation()
            }
        }
        await hasBegun.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `who is cancelled is told so, whatever the operation fails by then, and is given what it has`()
        async throws
    {
        for fails in [true, false] {
            let hasBegun = Wakeup()
            let task = Task {
                try await withDeadline(.seconds(3600), throwing: Late()) {
                    hasBegun.ring()
                    await Wakeup().wait()
                    if fails { throw Refused() }
                    return 7
                }
            }
            await hasBegun.wait()
            task.cancel()
            if fails {
                await #expect(throws: CancellationError.self) { try await task.value }
            } else {
                #expect(try await task.value == 7)
            }
        }
    }

    @Test func `a deadline that is not reached leaves nothing behind`() async throws {
        for _ in 0..<5000 { try await withDeadline(.seconds(3600), throwing: Late()) {} }
        // Others have some, too, at the same time.
        #expect(AlarmClock.shared.count < 1000)
    }

    @Test func `a bell is waited for no longer than the limit`() async throws {
        let bell = Wakeup()
        let start = ContinuousClock.now
        await bell.wait(atMost: .milliseconds(20))
        #expect(ContinuousClock.now - start >= .milliseconds(20))
        bell.ring()
        await bell.wait(atMost: .seconds(3600))
    }
}

extension DeadlineTests {
    @Test func `what has ended in time is not late because its caller comes late`() async throws {
        let executor = HeldExecutor()
        let end = ContinuousClock.now + .seconds(2)
        let endedAt = Shared(end)
        async let value = withTaskExecutorPreference(executor) {
            try await withDeadline(end - .now, throwing: Late()) {
                executor.hold()
                endedAt.withLock { $0 = .now }
                return 7
            }
        }
        try await eventually { executor.isHeld }
        // One that is due later rings later.
        let later = AlarmClock.shared.set(at: end + .milliseconds(500)) {}
        try await eventually { later.hasRung }
        executor.release()
        do {
            #expect(try await value == 7)
        } catch is Late {
            #expect(endedAt.withLock { $0 } >= end)
        }
    }
}

/// Lets jobs go on at once, or once it is released.
private final class HeldExecutor: TaskExecutor {
    private let held = Mutex<[UnownedJob]?>(nil)

    var isHeld: Bool { held.withLock { $0 != nil } }

    func hold() { held.withLock { $0 = [] } }

    func release() {
        let jobs = held.withLock { held in
            defer { held = nil }
            return held ?? []
        }
        for job in jobs { run(job) }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isHeld = held.withLock { held in
            held?.append(job)
            return held != nil
        }
        if !isHeld { run(job) }
    }

    private func run(_ job: UnownedJob) { globalConcurrentExecutor.enqueue(job) }
}
