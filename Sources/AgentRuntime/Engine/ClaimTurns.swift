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
    private let state: Mutex<(share: FairShare<ID<Workspace>>, isClosed: Bool)>

    init(places: Int, probes: Bool) {
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state = Mutex((FairShare(places: places, probes: probes), false))
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

    func giveBackOne() {
        state.withLock { $0.share.giveBack(1) }
        ring.yield()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        ring.finish()
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }
}
