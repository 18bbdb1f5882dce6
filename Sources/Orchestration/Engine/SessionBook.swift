// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization

/// The worker session an engine claims under, and those it has given up.
///
/// A session that expired, or that the engine no longer trusts, is never used again: whatever it still held must be
/// released, which happens only while it stays dead.
final class SessionBook: Sendable {
    private struct State {
        var current = ID<WorkerSession>.make()
        var retired: [ID<WorkerSession>] = []
        var mayHaveStrays = false
        var lastStrays: Set<ID<Run>> = []
    }

    private let state = Mutex(State())

    var current: ID<WorkerSession> { state.withLock { $0.current } }

    /// Gives the current session up for a fresh one.
    func renew() {
        state.withLock { state in
            state.retired.append(state.current)
            state.current = .make()
            state.mayHaveStrays = false
            state.lastStrays = []
        }
    }

    /// Sessions the database has not been told of yet that they are over.
    var retired: [ID<WorkerSession>] { state.withLock { $0.retired } }

    func forget(_ ids: [ID<WorkerSession>]) {
        state.withLock { state in state.retired.removeAll { ids.contains($0) } }
    }

    /// Notes that a claim may have taken leases that nobody here knows of.
    func suspectStrays() { state.withLock { $0.mayHaveStrays = true } }

    var mayHaveStrays: Bool { state.withLock { $0.mayHaveStrays } }

    /// Compares what the database says is held with what is under way. A run counts as a stray only when it was one
    /// the last time too, since a claim that is being answered looks like one for a moment.
    func strays(among held: [ID<Run>], inFlight: Set<ID<Run>>) -> Set<ID<Run>> {
        state.withLock { state in
            let unknown = Set(held).subtracting(inFlight)
            let certain = unknown.intersection(state.lastStrays)
            state.lastStrays = unknown
            if unknown.isEmpty { state.mayHaveStrays = false }
            return certain
        }
    }
}
