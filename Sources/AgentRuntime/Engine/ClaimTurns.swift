// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Synchronization

/// Whose turn it is to claim: the fair share of the places, shared by all tasks of an engine, with a bell.
final class ClaimTurns: Sendable {
    typealias Grant = FairShare<ID<Workspace>>.Grant

    /// Rings when a turn may have come up; ends when the engine is to stop.
    let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation
    private struct State {
        var share: FairShare<ID<Workspace>>
        var isClosed = false
        /// Runs whose calls have ended but not yet been told of, and whose places are given back all the same.
        var finishing = 0
    }

    private let places: Int
    private let state: Mutex<State>

    init(places: Int, probes: Bool) {
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.places = places
        state = Mutex(State(share: FairShare(places: places, probes: probes)))
    }

    func next() -> Grant? {
        state.withLock { $0.isClosed ? nil : $0.share.next(at: .now) }
    }

    func join(_ workspaceID: ID<Workspace>) {
        state.withLock { state in
            state.share.join(workspaceID, at: .now)
            // What became ready before is known to nobody here.
            state.share.want(workspaceID)
        }
        ring.yield()
    }

    func leave(_ workspaceID: ID<Workspace>) {
        state.withLock { $0.share.leave(workspaceID) }
    }

    func want(_ workspaceID: ID<Workspace>) {
        state.withLock { $0.share.want(workspaceID) }
        ring.yield()
    }

    func settle(_ grant: Grant, taken: Int, mayHaveMore: Bool) {
        state.withLock { $0.share.settle(grant, taken: taken, mayHaveMore: mayHaveMore, at: .now) }
        ring.yield()
    }

    func reserve(_ limit: Int, for workspaceID: ID<Workspace>) -> Int {
        state.withLock { $0.isClosed ? 0 : $0.share.reserve(limit, for: workspaceID) }
    }

    /// Gives the place of a run back whose call has ended, so that the next claim can go along with the telling of it. False
    /// when too much is still to be told: the place is then kept until that is done.
    func beginFinishing() -> Bool {
        let isFree = state.withLock { state in
            guard state.finishing < places else { return false }
            state.finishing += 1
            state.share.giveBack(1)
            return true
        }
        if isFree { ring.yield() }
        return isFree
    }

    /// `isFree` is what `beginFinishing` answered; false where it was not called.
    func landed(isFree: Bool) {
        state.withLock { state in
            if isFree { state.finishing -= 1 } else { state.share.giveBack(1) }
        }
        ring.yield()
    }

    func giveBack(_ places: Int) {
        state.withLock { $0.share.giveBack(places) }
        ring.yield()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        ring.finish()
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }
}
