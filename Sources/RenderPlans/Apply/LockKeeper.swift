// SPDX-License-Identifier: Apache-2.0

import Render

/// The locks that an apply holds: renews them while it runs, and knows at once when one is lost.
actor LockKeeper {
    private let locks: any FencedLocks
    private let timing: ApplyTiming
    private let holder: String
    /// The lock of the blueprint, whose fence every write to the journal carries.
    nonisolated let blueprint: HeldLock
    private var services: [String: HeldLock] = [:]
    private var lost: Set<String> = []

    init(_ blueprint: HeldLock, locks: any FencedLocks, timing: ApplyTiming) {
        self.blueprint = blueprint
        self.locks = locks
        self.timing = timing
        holder = blueprint.holder
    }

    /// Renews every lock until the task is cancelled; throws `ApplyError.lockLost` when the blueprint's is lost.
    func keep() async throws {
        var misses = 0
        while true {
            try await timing.renewalClock.sleep(for: timing.renewEvery)
            do {
                guard try await locks.renew(blueprint) else { throw ApplyError.lockLost }
                misses = 0
            } catch let error as ApplyError {
                lost.insert(blueprint.name)
                throw error
            } catch {
                try Task.checkCancellation()
                // One miss leaves half of the lease; after two nobody knows whether it is still held.
                misses += 1
                if misses > 1 {
                    lost.insert(blueprint.name)
                    throw ApplyError.lockLost
                }
            }
            for lock in services.values {
                // A renewal that did not get through is none yet: the next one tells whether the lease has run out.
                if let isHeld = try? await locks.renew(lock), !isHeld { lost.insert(lock.name) }
            }
        }
    }

    /// Throws when nothing may be written any more, or not to that service.
    func check(service id: String? = nil) throws {
        try Task.checkCancellation()
        if lost.contains(blueprint.name) { throw ApplyError.lockLost }
        if let id, lost.contains(Self.name(id)) {
            throw StepFailure("the lock of the service was lost to somebody else; apply again")
        }
    }

    /// Runs `work` while the service's lock is held, which the monitor takes as well; fails when somebody else keeps it.
    nonisolated func withService<Value: Sendable>(
        _ id: String, _ work: () async throws -> Value
    ) async throws -> Value {
        let lock = try await take(Self.name(id))
        let result: Result<Value, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        await giveBack(lock)
        return try result.get()
    }

    private static func name(_ service: String) -> String { "service:\(service)" }

    private func giveBack(_ lock: HeldLock) async {
        services[lock.name] = nil
        lost.remove(lock.name)
        try? await locks.release(lock)
    }

    private func take(_ name: String) async throws -> HeldLock {
        var pauses = timing.lock.makeIterator()
        while true {
            switch try await locks.acquire(name, holder: holder) {
            case .held(let lock):
                services[name] = lock
                return lock
            case .taken(let other, let time):
                guard let pause = pauses.next() else {
                    throw StepFailure(
                        "\(other) works on the service, until \(time) at the latest; apply again after it")
                }
                try await timing.clock.sleep(for: pause)
            }
        }
    }

    /// Gives the blueprint's lock back.
    func release() async { try? await locks.release(blueprint) }
}
