// SPDX-License-Identifier: Apache-2.0

import Domain
import Store

/// What a lane knows of the queues of a workspace, so that a claim need not look where nothing is: runs that are made are
/// mostly handed out by the flush that makes them.
struct KnownQueues {
    /// Queues of agents in which nothing was ready, and nothing has become so. None that is paused: what stands in it is not
    /// looked at.
    private var empty: Set<String> = []
    /// Agents whose queues are not paused.
    private var unpaused: Set<String> = []
    /// How many runs of each agent are held, or a few more; nil while that is not known.
    private var held: [String: Int]?

    /// What would be picked for commands that need nothing but what is known here; nil for others.
    func picks(for needs: CommandNeeds) -> FlushPicks? {
        guard needs.picks else { return FlushPicks() }
        guard suffices(for: needs), let held else { return nil }
        return FlushPicks(nothingFor: needs, held: held)
    }

    /// Whether commands that need this can be decided without picking.
    func suffices(for needs: CommandNeeds) -> Bool {
        guard needs.picks else { return true }
        return needs.picksClaimsAlone && held != nil && needs.claimable.keys.allSatisfy(empty.contains)
            && needs.starts.isSubset(of: unpaused)
    }

    /// Takes over what was picked while nothing else happened.
    mutating func note(_ picks: FlushPicks, for needs: CommandNeeds) {
        guard !needs.claimable.isEmpty else { return }
        held = picks.held
        unpaused.formUnion(picks.startable)
        empty.subtract(needs.claimable.keys)
        // Of a paused one it is not told what stands in it; and there are as few of these as agents.
        empty.formUnion(picks.ready.empty.intersection(unpaused))
    }

    /// Takes over what a flush has changed.
    mutating func keep(_ state: FlushState) {
        for queue in state.rows.queues.known {
            if queue.pausedAt == nil {
                unpaused.insert(queue.agent)
            } else {
                unpaused.remove(queue.agent)
                empty.remove(queue.agent)
            }
        }
        if !state.restoredRooms.isEmpty { empty.removeAll() }
        for lease in state.taken.values { held?[lease.agent, default: 0] += 1 }
        guard !state.dropped.isEmpty else { return }
        let released = Dictionary(state.released.map { ($0.runID, $0.agent) }) { $1 }
        for run in Set(state.dropped) {
            // One that was left over counts on until the places are counted again, as if it were held.
            if let agent = released[run] { held?[agent, default: 0] -= 1 }
        }
    }

    /// Something has become ready in these queues.
    mutating func fill(_ queues: some Sequence<String>) { for queue in queues { empty.remove(queue) } }
}
