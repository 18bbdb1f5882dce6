// SPDX-License-Identifier: Apache-2.0

import Domain
package import Logging
package import Postgres
import ServiceLifecycle
package import Store
import Synchronization

/// Looks once a second, with one query, for whatever nothing told this daemon of: the backstop of every wake.
package final class PulseReader: Service {
    private static let period: Duration = .seconds(1)

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
            while !Task.isCancelled {
                await self.read()
                // A little off the second, so that several daemons do not ask together.
                let jitter = Duration.milliseconds(Int.random(in: -50...50))
                guard (try? await Task.sleep(for: Self.period + jitter)) != nil else { return }
            }
        }
    }

    private func read() async {
        do {
            let statement = PulseStore.pulses()
            for pulse in try statement.decode(try await pool.query(statement.sql)) { onPulse(pulse) }
        } catch {
            logger.debug("no pulse", error: error)
        }
    }
}
