// SPDX-License-Identifier: Apache-2.0

package import Logging
import Synchronization

/// Whether the connections to one Redis are there. The log is told once when the first of them is lost, and once when all
/// are back. Safe from any thread.
package final class RedisHealth: Sendable {
    private enum Condition { case connecting, up, down(RedisError) }

    private struct State {
        var members: [Int: (name: String, condition: Condition)] = [:]
        var joined = 0
        var outageBegan: ContinuousClock.Instant?
        var outages = 0
    }

    private let logger: Logger
    private let state = Mutex(State())

    package init(logger: Logger) { self.logger = logger }

    /// Whether every connection can be used.
    package var isUp: Bool {
        state.withLock { state in
            !state.members.isEmpty
                && state.members.values.allSatisfy { if case .up = $0.condition { true } else { false } }
        }
    }

    /// Which connections were lost or could not be made: `client`, `subscriber`.
    package var missing: Set<String> {
        state.withLock { state in
            Set(state.members.values.filter { if case .down = $0.condition { true } else { false } }.map(\.name))
        }
    }

    /// How often the connections were lost, or could not be made in the first place.
    package var outages: Int { state.withLock { $0.outages } }

    /// Throws why a connection cannot be used.
    package func check() throws(RedisError) {
        if isUp { return }
        let failure = state.withLock { state in
            state.members.values.lazy.compactMap { if case .down(let error) = $0.condition { error } else { nil } }
                .first
        }
        throw failure ?? RedisError(.connection, "there is no connection yet")
    }

    func join(_ name: String) -> Int {
        state.withLock { state in
            state.joined += 1
            state.members[state.joined] = (name, .connecting)
            return state.joined
        }
    }

    func leave(_ member: Int) { state.withLock { _ = $0.members.removeValue(forKey: member) } }

    func noteUp(_ member: Int) {
        let outage = state.withLock { state -> Duration? in
            guard state.members[member] != nil else { return nil }
            state.members[member]?.condition = .up
            guard let began = state.outageBegan,
                state.members.values.allSatisfy({ if case .up = $0.condition { true } else { false } })
            else { return nil }
            state.outageBegan = nil
            return began.duration(to: .now)
        }
        if let outage { logger.notice("Redis is back.", metadata: ["seconds": "\(outage.components.seconds)"]) }
    }

    func noteDown(_ member: Int, _ error: RedisError) {
        let name = state.withLock { state -> String? in
            guard let name = state.members[member]?.name else { return nil }
            state.members[member]?.condition = .down(error)
            guard state.outageBegan == nil else { return nil }
            state.outageBegan = .now
            state.outages += 1
            return name
        }
        if let name {
            logger.warning("Redis is out of reach.", error: error, metadata: ["connection": "\(name)"])
        }
    }
}
