// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing

@Suite struct DeadlineTests {
    private struct Late: Error {}
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
