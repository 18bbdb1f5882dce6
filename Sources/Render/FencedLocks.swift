// SPDX-License-Identifier: Apache-2.0

/// One apply at a time for each owner and blueprint, and one writer at a time for each service.
///
/// A lock is a lease with a fence that only ever grows: a holder that was thought dead finds its writes refused.
package protocol FencedLocks: Sendable {
    /// Takes the lock of `name` for `holder`, or tells who has it. Names: `blueprint:OWNER:NAME`, `service:ID`.
    func acquire(_ name: String, holder: String) async throws -> LockOutcome
    /// Extends it; false when it is not the holder's any more.
    func renew(_ lock: HeldLock) async throws -> Bool
    /// Gives it back; nothing happens when it is not the holder's any more.
    func release(_ lock: HeldLock) async throws
}

package struct HeldLock: Sendable, Equatable {
    package let name: String
    package let holder: String
    package let fence: Int64

    package init(name: String, holder: String, fence: Int64) {
        self.name = name
        self.holder = holder
        self.fence = fence
    }
}

package enum LockOutcome: Sendable, Equatable {
    case held(HeldLock)
    /// Somebody else has it, until the time (RFC 3339) unless they extend it.
    case taken(by: String, until: String)
}
