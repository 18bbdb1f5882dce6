// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What an engine has been told to claim, and how far it has seen each agent's queue.
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
        var watermarks: [String: Int64] = [:]
        var isClosed = false
    }

    let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init() { (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func add(_ agents: some Sequence<String>) {
        state.withLock { $0.agents.formUnion(agents) }
        signal.yield()
    }

    /// Asks for everything, from the beginning of every queue: places are not handed out in commit order, so one
    /// below a watermark may have appeared late.
    func addAll() {
        state.withLock { state in
            state.all = true
            state.watermarks = [:]
        }
        signal.yield()
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

    func watermark(of agent: String) -> Int64 { state.withLock { $0.watermarks[agent] ?? 0 } }

    /// Learns from a claim. Where all that was asked for came, more may be ready.
    func settle(wishes: [ClaimRuns.Wish], claimed: [String], seen: [String: Int64]) {
        state.withLock { state in
            for (agent, place) in seen { state.watermarks[agent] = max(state.watermarks[agent] ?? 0, place) }
            if !claimed.isEmpty { state.agents.formUnion(wishes.map(\.agent)) }
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        signal.finish()
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }
}
