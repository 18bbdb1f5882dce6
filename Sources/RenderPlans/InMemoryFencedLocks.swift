// SPDX-License-Identifier: Apache-2.0

import Common
package import Render

/// Locks among the tasks of one process: for whoever talks to Render without a database, and for tests.
package actor InMemoryFencedLocks: FencedLocks {
    private struct Lease {
        let lock: HeldLock
        var expiresAt: ContinuousClock.Instant
        var until: Timestamp
    }

    private let lease: Duration
    private var leases: [String: Lease] = [:]
    private var latestFence: Int64 = 0

    package init(lease: Duration = .seconds(30)) { self.lease = lease }

    package func acquire(_ name: String, holder: String) -> LockOutcome {
        if let current = live(name), current.lock.holder != holder {
            return .taken(by: current.lock.holder, until: current.until.description)
        }
        latestFence += 1
        let lock = HeldLock(name: name, holder: holder, fence: latestFence)
        extend(lock)
        return .held(lock)
    }

    package func renew(_ lock: HeldLock) -> Bool {
        guard live(lock.name)?.lock == lock else { return false }
        extend(lock)
        return true
    }

    package func release(_ lock: HeldLock) {
        if leases[lock.name]?.lock == lock { leases[lock.name] = nil }
    }

    /// The fence of whoever has the lock now; nil when nobody has.
    package func fence(of name: String) -> Int64? { live(name)?.lock.fence }

    private func live(_ name: String) -> Lease? {
        guard let lease = leases[name] else { return nil }
        guard lease.expiresAt > ContinuousClock.now else {
            leases[name] = nil
            return nil
        }
        return lease
    }

    private func extend(_ lock: HeldLock) {
        leases[lock.name] = Lease(lock: lock, expiresAt: .now + lease, until: .now() + lease)
    }
}
