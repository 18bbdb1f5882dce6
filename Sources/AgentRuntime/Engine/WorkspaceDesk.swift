// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization

/// The worker session under which an engine claims the runs of one workspace, and those it has given up.
///
/// A session that expired, or that the engine no longer trusts, is never used again: whatever it still held must be
/// released, which happens only while it stays dead.
final class WorkspaceDesk: Sendable {
    let workspaceID: ID<Workspace>

    private struct State {
        var session: EngineSession?
        /// When others may have been given what the session holds, unless it is heard again before.
        var trustedUntil = ContinuousClock.now
        var isAnswered = false
        /// Sessions the source has not been told of yet that they are over.
        var retired: [ID<WorkerSession>] = []
        var wantsList = false
        /// Whether something has gone wrong since the last list by which runs may be held of which nobody here knows.
        var isAlarmed = false
        /// What the last list named and nobody here knew of.
        var suspects: [Lease: Suspicion] = [:]
        /// Strays that were given back; a claim's answer that brings one after all comes too late.
        var disowned: Set<Lease> = []
    }

    private struct Suspicion {
        let since: ContinuousClock.Instant
        /// Whether the first list after an alarm named it.
        let isFirst: Bool
    }

    private let state = Mutex(State())

    init(_ workspaceID: ID<Workspace>) { self.workspaceID = workspaceID }

    /// The session in use; nil while there is none that can be trusted.
    var session: EngineSession? { state.withLock { $0.session } }

    /// Whether the session is open and its last beat was answered.
    var isInTouch: Bool { state.withLock { $0.session != nil && $0.isAnswered } }

    var retired: [ID<WorkerSession>] { state.withLock { $0.retired } }

    func begin(_ session: EngineSession, askedAt time: ContinuousClock.Instant, forgetting retired: [ID<WorkerSession>])
    {
        state.withLock { state in
            state.session = session
            state.retired.removeAll { retired.contains($0) }
            state.wantsList = false
            state.isAlarmed = false
            state.suspects = [:]
            state.disowned = []
            Self.trust(&state, session, time)
        }
    }

    /// Notes that a beat asked for at `time` was answered; false when the session was given up meanwhile.
    func trust(_ session: EngineSession, askedAt time: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            guard state.session == session else { return false }
            Self.trust(&state, session, time)
            return true
        }
    }

    /// Our clock may only shorten the trust: it counts from before the question, and ends a beat early.
    private static func trust(_ state: inout State, _ session: EngineSession, _ time: ContinuousClock.Instant) {
        state.trustedUntil = time + (session.lifetime - session.beat)
        state.isAnswered = true
    }

    func beatFailed() { state.withLock { $0.isAnswered = false } }

    /// Gives the session up for good; false when that has happened already.
    func giveUp(_ session: EngineSession) -> Bool {
        state.withLock { state in
            guard state.session == session else { return false }
            state.session = nil
            state.isAnswered = false
            state.retired.append(session.id)
            return true
        }
    }

    /// The session with the time at which it is to be given up unless a beat is answered before.
    var trust: (session: EngineSession, until: ContinuousClock.Instant)? {
        state.withLock { state in state.session.map { ($0, state.trustedUntil) } }
    }

    // MARK: Strays

    /// Asks for the list of what is held: a claim may have taken runs that nobody here knows of, or a withdrawal may
    /// have been missed.
    func askForList() {
        state.withLock { state in
            state.wantsList = true
            state.isAlarmed = true
        }
    }

    var wantsList: Bool { state.withLock { $0.wantsList } }

    /// What the source says is held, but nobody here knows of. A run counts only when it was one the last time too, since a
    /// claim that is being answered looks like one for a moment; and when the first list after an alarm did not name it, only
    /// after as long as a session lives unheard: most probably it is of a claim whose answer waits its turn here.
    func strays(among held: [Lease], inFlight: Set<Lease>) -> [Lease] {
        state.withLock { state in
            let (now, patience) = (ContinuousClock.now, state.session?.lifetime ?? .zero)
            let (earlier, isFirst) = (state.suspects, state.isAlarmed)
            state.suspects = [:]
            state.isAlarmed = false
            for lease in Set(held).subtracting(inFlight) {
                state.suspects[lease] = earlier[lease] ?? Suspicion(since: now, isFirst: isFirst)
            }
            state.wantsList = !state.suspects.isEmpty
            let certain = earlier.filter { lease, suspicion in
                state.suspects[lease] != nil && (suspicion.isFirst || suspicion.since.duration(to: now) >= patience)
            }
            state.disowned.formUnion(certain.keys)
            return Array(certain.keys)
        }
    }

    /// Whether runs of a claim under that session may be carried out.
    func accepts(_ run: Assignment) -> Bool {
        state.withLock { $0.session?.id == run.lease.workerSessionID && !$0.disowned.contains(run.lease) }
    }
}
