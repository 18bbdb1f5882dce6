// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import Store

/// Locks in the database, whose clock decides.
struct StoredLocks: FencedLocks {
    let store: RenderLockStore

    func acquire(_ name: String, holder: String) async throws -> LockOutcome {
        switch try await store.acquire(name, holder: holder) {
        case .held(let fence): .held(HeldLock(name: name, holder: holder, fence: fence))
        case .taken(let other, let until): .taken(by: other, until: until.description)
        }
    }

    func renew(_ lock: HeldLock) async throws -> Bool { try await store.renew(lock.name, fence: lock.fence) }
    func release(_ lock: HeldLock) async throws { try await store.release(lock.name, fence: lock.fence) }
}
