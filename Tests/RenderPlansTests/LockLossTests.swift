// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import RenderPlans
import Synchronization
import TestKit
import Testing

@Suite struct LockLossTests {
    /// Locks that a database does not answer about for a while.
    private final class Unsteady: FencedLocks {
        let answers: Mutex<[Bool?]>
        let asked = Counter()

        init(_ answers: [Bool?]) { self.answers = Mutex(answers) }

        func acquire(_ name: String, holder: String) async throws -> LockOutcome {
            .held(HeldLock(name: name, holder: holder, fence: 1))
        }

        func renew(_ lock: HeldLock) async throws -> Bool {
            asked.add(1)
            let answer = answers.withLock { $0.isEmpty ? false : $0.removeFirst() }
            guard let answer else { throw Problem(.unavailable, "The database is away.") }
            return answer
        }

        func release(_ lock: HeldLock) async throws {}
    }

    private static let lock = HeldLock(name: "service:srv-1", holder: "ada", fence: 1)

    @Test func `a lock is held for longer than its lease, until somebody else has it`() async throws {
        let locks = InMemoryFencedLocks(lease: .milliseconds(200))
        guard case .held(let lock) = await locks.acquire("service:srv-1", holder: "ada") else {
            Issue.record("the lock was free")
            return
        }
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await locks.loss(of: lock, every: .milliseconds(20)) }
            try await eventually { ContinuousClock.now - start > .milliseconds(500) }
            guard case .taken = await locks.acquire("service:srv-1", holder: "eve") else {
                Issue.record("the lease has run out while it was kept")
                return
            }
            await locks.release(lock)
            try await group.next()
        }
    }

    @Test func `one renewal may fail, and two in a row may not`() async throws {
        let locks = Unsteady([true, nil, true, nil, nil, true])
        try await locks.loss(of: Self.lock, every: .milliseconds(1))
        #expect(locks.asked.value == 5)
        let taken = Unsteady([true, false])
        try await taken.loss(of: Self.lock, every: .milliseconds(1))
        #expect(taken.asked.value == 2)
    }
}
