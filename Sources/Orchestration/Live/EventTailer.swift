// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Logging
package import Postgres
import ServiceLifecycle
import Store
import Synchronization

/// Brings events that other daemons committed into the hub: woken by `LISTEN`, with the pulse as a backstop.
package final class EventTailer: Service {
    /// The channel on which daemons tell each other that a workspace has new events.
    package static let channel = "tutti_wake"
    private static let page = 1000
    private static let pause: Duration = .seconds(1)

    private let hub: EventHub
    private let pool: PostgresPool
    private let listener: PostgresListener
    private let onRemoteEvents: @Sendable (ID<Workspace>, [RecordedEvent]) -> Void
    private let logger: Logger
    private let found = Mutex(0)

    /// `onRemoteEvents` is told what events of another daemon were taken over.
    package init(
        hub: EventHub, pool: PostgresPool, listener: PostgresListener, logger: Logger,
        onRemoteEvents: @escaping @Sendable (ID<Workspace>, [RecordedEvent]) -> Void
    ) {
        self.hub = hub
        self.pool = pool
        self.listener = listener
        self.logger = logger
        self.onRemoteEvents = onRemoteEvents
    }

    /// How often a head on disk was ahead of what wakes had announced; rising fast means that wakes get lost.
    package var backstopFinds: Int { found.withLock { $0 } }

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
            for (workspaceID, last) in hub.behind { await fetch(workspaceID, after: last) }
        }
    }

    private func fetch(_ workspaceID: ID<Workspace>, after position: Int64) async {
        var last = position
        while !Task.isCancelled {
            do {
                let statement = EventStore.events(of: workspaceID, after: last, limit: Self.page)
                let events = try statement.decode(try await pool.query(statement.sql))
                hub.publish(events, of: workspaceID)
                if !events.isEmpty { onRemoteEvents(workspaceID, events) }
                guard let newest = events.last, events.count == Self.page else { return }
                last = newest.position
            } catch {
                logger.warning("cannot read events", error: error)
                guard (try? await Task.sleep(for: Self.pause)) != nil else { return }
            }
        }
    }

    private func followWakes() async {
        for await event in listener.events {
            switch event {
            case .notification(let notification):
                guard let wake = EventWake(payload: notification.payload) else { continue }
                hub.announce(wake.workspaceID, at: wake.position)
            // What was sent while nobody listened is found by reading the heads.
            case .listening, .missed: await readHeads()
            }
        }
        // A finished listener must not end the tailer: the backstop goes on alone.
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
        if let last = hub.lastPosition(of: workspaceID), last < position { found.withLock { $0 += 1 } }
        hub.announce(workspaceID, at: position)
    }
}

/// What one daemon tells the others: a workspace, and how far its log goes.
package struct EventWake: Sendable, Equatable {
    package let workspaceID: ID<Workspace>
    package let position: Int64

    package init(workspaceID: ID<Workspace>, position: Int64) {
        self.workspaceID = workspaceID
        self.position = position
    }

    package init?(payload: String) {
        guard let space = payload.lastIndex(of: " "), let position = Int64(payload[payload.index(after: space)...])
        else { return nil }
        self.init(workspaceID: ID(trusted: String(payload[..<space])), position: position)
    }

    package var payload: String { "\(workspaceID.rawValue) \(position)" }
}
