// SPDX-License-Identifier: Apache-2.0

import Store
import Synchronization

/// What an engine has been told to claim of a workspace, and how far it has seen each agent's queue.
final class ClaimDemand: Sendable {
    /// The agents of one round of claims.
    struct Wanted {
        let all: Bool
        let agents: Set<String>

        func includes(_ agent: String) -> Bool { all || agents.contains(agent) }
    }

    private struct State {
        var all = false
        var agents: Set<String> = []
        var watermarks: [String: QueueStore.Watermarks] = [:]
        /// Agents of which something was left when their queues were looked at last.
        var behind: Set<String> = []
        /// The latest claim of each agent's queue that was learnt from.
        var settled: [String: Int] = [:]
        var claims = 0
        var lastRescan = ContinuousClock.now
    }

    private let state = Mutex(State())

    func add(_ agents: some Sequence<String>) {
        state.withLock { $0.agents.formUnion(agents) }
    }

    /// How often the queues are read from their beginnings. Under load that means to walk over all that was claimed since
    /// the last vacuum.
    private static let rescanPeriod: Duration = .seconds(5)

    /// Asks for everything, now and again from the beginning of every queue: places are not handed out in commit order,
    /// so one below a watermark may have appeared late.
    func addAll() {
        state.withLock { state in
            state.all = true
            guard ContinuousClock.now - state.lastRescan > Self.rescanPeriod else { return }
            state.lastRescan = .now
            state.watermarks = [:]
        }
    }

    /// The demand so far, which is thereby met.
    func take() -> Wanted {
        state.withLock { state in
            defer {
                state.all = false
                state.agents = []
            }
            return Wanted(all: state.all, agents: state.agents)
        }
    }

    func watermarks(of agent: String) -> QueueStore.Watermarks {
        state.withLock { $0.watermarks[agent] ?? QueueStore.Watermarks() }
    }

    /// Whether something was left in an agent's queue when it was looked at last.
    func isBehind(_ agent: String) -> Bool { state.withLock { $0.behind.contains(agent) } }

    /// The number of the next claim, to be drawn before it is submitted.
    func beginClaim() -> Int {
        state.withLock { state in
            state.claims += 1
            return state.claims
        }
    }

    /// Learns from a claim, which took something (`isFruitful`) and left something in the queues of `left`. Claims may be
    /// learnt from late: what a later one left stays left.
    func settle(
        _ claim: Int, wishes: [ClaimRuns.Wish], isFruitful: Bool, seen: [String: QueueStore.Watermarks],
        left: Set<String>
    ) {
        state.withLock { state in
            for (agent, places) in seen {
                state.watermarks[agent, default: QueueStore.Watermarks()].advance(to: places)
            }
            for queue in wishes.map(\.queue) where state.settled[queue, default: 0] < claim {
                state.settled[queue] = claim
                if left.contains(queue) { state.behind.insert(queue) } else { state.behind.remove(queue) }
            }
            if isFruitful { state.agents.formUnion(left) }
        }
    }
}
