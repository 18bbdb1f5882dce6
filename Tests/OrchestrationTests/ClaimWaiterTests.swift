// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import TestKit
import Testing

/// The line in which claims wait.
@Suite struct ClaimWaiterTests {
    private let workspace = Workspace.defaultID
    private let long = Duration.seconds(60)

    @Test func `as many are woken as runs are ready, in order of arrival`() async throws {
        let waiters = ClaimWaiters()
        let woken = Shared<[Int]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<5 {
                let ticket = waiters.join(workspace, for: ["echo"])
                group.addTask {
                    if try await waiters.wait(ticket, atMost: .seconds(60)) == .woken {
                        woken.withLock { $0.append(number) }
                        waiters.leave(ticket)
                    }
                }
            }
            waiters.wake(workspace, ["echo": 2])
            try await eventually { woken.withLock { $0.count } == 2 }
            #expect(woken.withLock { Set($0) } == [0, 1])
            #expect(waiters.count == 3)
            waiters.wake(workspace, ["other": 5])
            waiters.wake(ID(trusted: "ws_other"), ["echo": 5])
            waiters.wake(workspace, ["echo": 1])
            try await eventually { woken.withLock { $0.count } == 3 }
            #expect(woken.withLock { $0.last } == 2)
            waiters.wakeAll(workspace)
            try await group.waitForAll()
            #expect(woken.withLock { Set($0) } == Set(0..<5))
        }
        #expect(waiters.count == 0)
    }

    @Test func `a wake between looking and waiting is not lost`() async throws {
        let waiters = ClaimWaiters()
        let ticket = waiters.join(workspace, for: ["echo", "#gpu"])
        waiters.wake(workspace, ["#gpu": 1])
        #expect(try await waiters.wait(ticket, atMost: long) == .woken)
        #expect(try await waiters.wait(ticket, atMost: .milliseconds(1)) == .timeOver)
    }

    @Test func `who was woken in vain keeps its place`() async throws {
        let waiters = ClaimWaiters()
        let first = waiters.join(workspace, for: ["echo"])
        let second = waiters.join(workspace, for: ["echo"])
        waiters.wake(workspace, ["echo": 1])
        #expect(try await waiters.wait(first, atMost: long) == .woken)
        // Somebody else had the run; the next one is for the first again.
        waiters.wake(workspace, ["echo": 1])
        #expect(try await waiters.wait(first, atMost: long) == .woken)
        #expect(try await waiters.wait(second, atMost: .milliseconds(1)) == .timeOver)
        // One that is woken already leaves the next wake to the others.
        waiters.wake(workspace, ["echo": 1])
        waiters.wake(workspace, ["echo": 1])
        #expect(try await waiters.wait(second, atMost: long) == .woken)
    }

    @Test func `who leaves with a wake passes it on`() async throws {
        let waiters = ClaimWaiters()
        let first = waiters.join(workspace, for: ["echo"])
        let second = waiters.join(workspace, for: ["echo"])
        waiters.wake(workspace, ["echo": 1])
        waiters.leave(first)
        #expect(try await waiters.wait(second, atMost: long) == .woken)
        waiters.leave(second)
        waiters.leave(second)
        #expect(waiters.count == 0)
    }

    @Test func `a caller who goes away and a daemon that stops end the wait`() async throws {
        let waiters = ClaimWaiters()
        let gone = waiters.join(workspace, for: ["echo"])
        let called = waiters.join(workspace, for: ["echo"])
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    _ = try await waiters.wait(gone, atMost: .seconds(60))
                }
                return true
            }
            group.cancelAll()
        }
        waiters.call(called)
        #expect(try await waiters.wait(called, atMost: long) == .called)
        #expect(try await waiters.wait(called, atMost: long) == .called, "for good")
    }

    @Test func `a place that becomes free under an agent's own limit is told to those behind it`() async throws {
        let waiters = ClaimWaiters()
        let label = waiters.join(workspace, for: ["#gpu"])
        waiters.free(workspace, ["echo": 1])
        #expect(
            try await waiters.wait(label, atMost: .milliseconds(1)) == .timeOver, "nothing was known to stand there")
        waiters.note(full: ["echo": ["echo", "#gpu"]], in: workspace)
        #expect(waiters.knowsFull(in: workspace))
        waiters.free(workspace, ["other": 1])
        #expect(try await waiters.wait(label, atMost: .milliseconds(1)) == .timeOver)
        waiters.free(workspace, ["echo": 1])
        #expect(try await waiters.wait(label, atMost: long) == .woken)
        #expect(!waiters.knowsFull(in: workspace))
    }
}
