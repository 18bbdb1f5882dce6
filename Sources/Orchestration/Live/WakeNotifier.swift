// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Logging
package import Postgres
import ServiceLifecycle
import Store
import Synchronization

/// Tells other daemons of commits, outside the write transactions and at most a hundred times a second: `NOTIFY`
/// inside them would serialise every commit of the database.
package final class WakeNotifier: Service {
    private static let interval: Duration = .milliseconds(10)

    private let pool: PostgresPool
    private let logger: Logger
    private let pending = Mutex<[ID<Workspace>: Int64]>([:])
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    package init(pool: PostgresPool, logger: Logger) {
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.pool = pool
        self.logger = logger
    }

    /// Notes that a workspace has got as far as `position`; never waits.
    package func notify(_ workspaceID: ID<Workspace>, at position: Int64) {
        pending.withLock { $0[workspaceID] = max($0[workspaceID] ?? 0, position) }
        signal.yield()
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in self.signals {
                await self.send()
                guard (try? await Task.sleep(for: Self.interval)) != nil else { return }
            }
        }
    }

    private func send() async {
        let wakes = pending.withLock { pending in
            defer { pending = [:] }
            return pending.map { EventWake(workspaceID: $0.key, position: $0.value).payload }
        }
        do {
            _ = try await pool.query(WakeStore.notify(EventTailer.channel, wakes))
        } catch {
            // The others find out by their backstop.
            logger.debug("cannot send wakes", error: error)
        }
    }
}
