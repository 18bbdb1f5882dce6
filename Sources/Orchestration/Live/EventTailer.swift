// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Logging
package import Postgres
import ServiceLifecycle
import Store
import Synchronization

/// Brings events that other daemons committed into the hub: woken over a channel, with the pulse as a backstop.
package final class EventTailer: Service {
    private static let page = 1000
    private static let pause: Duration = .seconds(1)

    private let hub: EventHub
    private let pool: PostgresPool
    private let wakes: any WakeChannel
    private let onRemoteEvents: @Sendable (ID<Workspace>) -> Void
    private let logger: Logger
    private let figures = Mutex(Figures())

    /// How wakes fare; each figure only grows.
    package struct Figures: Sendable {
        /// Wakes that arrived, those of this daemon included.
        package var received = 0
        /// Those that announced events not known here.
        package var wakeFinds = 0
        /// How often a head on disk was ahead of all that had been announced; rising fast means that wakes get lost.
        package var backstopFinds = 0
    }

    /// `onRemoteEvents` is told after events of another daemon were taken over.
    package init(
        hub: EventHub, pool: PostgresPool, wakes: any WakeChannel, logger: Logger,
        onRemoteEvents: @escaping @Sendable (ID<Workspace>) -> Void
    ) {
        self.hub = hub
        self.pool = pool
        self.wakes = wakes
        self.logger = logger
        self.onRemoteEvents = onRemoteEvents
    }

    /// What it has found so far.
    package var found: Figures { figures.withLock { $0 } }

    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.fetchGaps() }
                group.addTask { await self.followWakes() }
                await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.hub.close()
        }
    }

    private func fetchGaps() async {
        for await _ in hub.gapSignals {
            for tail in hub.behind { await fetch(tail.workspaceID, after: tail.last, known: tail.known) }
        }
    }

    private func fetch(_ workspaceID: ID<Workspace>, after position: Int64, known: Int64) async {
        var last = position
        while !Task.isCancelled {
            do {
                let statement = EventStore.events(of: workspaceID, after: last, limit: Self.page)
                let events = try statement.decode(try await pool.query(statement.sql))
                hub.publish(events, of: workspaceID)
                if !events.isEmpty { onRemoteEvents(workspaceID) }
                guard let newest = events.last, events.count == Self.page else {
                    return hub.settle(workspaceID, at: known)
                }
                last = newest.position
            } catch {
                logger.warning("cannot read events", error: error)
                guard (try? await Task.sleep(for: Self.pause)) != nil else { return }
            }
        }
    }

    private func followWakes() async {
        await wakes.receive { signal in
            switch signal {
            case .wake(let wake):
                let isNew = hub.announce(wake.workspaceID, at: wake.position)
                figures.withLock { figures in
                    figures.received += 1
                    if isNew { figures.wakeFinds += 1 }
                }
            // What was sent while nobody listened is found by reading the heads.
            case .gap: await readHeads()
            }
        }
        // A channel that has stopped must not end the tailer: the backstop goes on alone.
        while (try? await Task.sleep(for: .seconds(3600))) != nil {}
    }

    private func readHeads() async {
        let statement = EventStore.workspaceHeads()
        guard let heads = try? statement.decode(try await pool.query(statement.sql)) else { return }
        for head in heads { notice(head.workspaceID, at: head.position) }
    }

    /// Compares a head on disk with what is known here, for wakes that got lost.
    package func notice(_ workspaceID: ID<Workspace>, at position: Int64) {
        hub.open(workspaceID, at: position)
        // A commit of our own may be on its way into the hub at this very moment; counting it too is harmless.
        if hub.announce(workspaceID, at: position) { figures.withLock { $0.backstopFinds += 1 } }
    }
}
