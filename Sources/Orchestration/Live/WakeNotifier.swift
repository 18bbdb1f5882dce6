// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Logging
import ServiceLifecycle
import Synchronization

/// Tells other daemons of commits, outside the write transactions and at most a hundred times a second: `NOTIFY`
/// inside them would serialise every commit of the database, and Redis has no part in them.
package final class WakeNotifier: Service {
    private static let interval: Duration = .milliseconds(10)

    private let channel: any WakeChannel
    private let logger: Logger
    private let figures = Mutex(Figures())
    private let pending = Mutex<[ID<Workspace>: Int64]>([:])
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// What became of the wakes; each figure only grows.
    package struct Figures: Sendable {
        package var sent = 0
        package var unsent = 0
    }

    package init(channel: any WakeChannel, logger: Logger) {
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.channel = channel
        self.logger = logger
    }

    /// How many wakes went out, and how many could not.
    package var told: Figures { figures.withLock { $0 } }

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
            return pending.map { EventWake(workspaceID: $0.key, position: $0.value) }
        }
        do {
            try await channel.send(wakes)
            figures.withLock { $0.sent += wakes.count }
        } catch {
            figures.withLock { $0.unsent += wakes.count }
            // The others find out by their backstop; the channel tells the log when it is lost.
            logger.debug("cannot send wakes", error: error)
        }
    }
}
