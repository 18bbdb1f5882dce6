// SPDX-License-Identifier: Apache-2.0

import Domain
package import Logging
package import Postgres
import ServiceLifecycle
package import Store
import Synchronization

/// Looks once a second, with one query, for whatever nothing told this daemon of: the backstop of every wake. A third as
/// often once nothing has happened for a while.
package final class PulseReader: Service {
    private static let period: Duration = .seconds(1)
    private static let restingPeriod: Duration = .seconds(3)
    /// So many looks that find nothing new are rest.
    private static let looksBeforeRest = 10

    private let pool: PostgresPool
    private let logger: Logger
    private let onPulse: @Sendable (Store.Pulse) -> Void

    package init(pool: PostgresPool, logger: Logger, onPulse: @escaping @Sendable (Store.Pulse) -> Void) {
        self.pool = pool
        self.logger = logger
        self.onPulse = onPulse
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var last: [Int64] = []
            var looksInVain = 0
            while !Task.isCancelled {
                let pulses = await self.read()
                let positions = pulses.map(\.position)
                let isResting = !pulses.isEmpty && positions == last && pulses.allSatisfy(\.isResting)
                looksInVain = isResting ? looksInVain + 1 : 0
                last = positions
                let period = looksInVain < Self.looksBeforeRest ? Self.period : Self.restingPeriod
                // A little off the second, so that several daemons do not ask together.
                let jitter = Duration.milliseconds(Int.random(in: -50...50))
                guard (try? await Task.sleep(for: period + jitter)) != nil else { return }
            }
        }
    }

    /// What was read and told; nothing when the database is away.
    private func read() async -> [Pulse] {
        do {
            let statement = PulseStore.pulses()
            let pulses = try statement.decode(try await pool.query(statement.sql))
            for pulse in pulses { onPulse(pulse) }
            return pulses
        } catch {
            logger.debug("no pulse", error: error)
            return []
        }
    }
}
