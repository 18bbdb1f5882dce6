// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
package import Postgres
import Store

/// Reads the logs again behind what is written, a page at a time, and opens an incident where one is not as it was
/// written. It begins at the first event, and again when a round is hours old, since what is old can be changed, too.
package actor ChainWatcher {
    /// Blocks and events of one pass; the last block is read to its end.
    private static let page = (blocks: 500, events: 1000)
    /// How long a pass waits for the next while there is more to read, and when there is not.
    private static let pauses: (busy: Duration, idle: Duration) = (.seconds(2), .seconds(10))
    private static let round: Duration = .seconds(6 * 3600)

    private struct Watched {
        var place = ChainWalk.Place()
        var begin = ContinuousClock.now
        /// Nothing behind a fault can be told from it, so the walk stops there until the next round.
        var isStopped = false
    }

    private let pool: PostgresPool
    private let hub: EventHub
    private let incidents: SystemIncidents
    private var watched: [ID<Workspace>: Watched] = [:]
    /// The workspace of the last page, so that all have their turn.
    private var last: ID<Workspace>?

    package init(pool: PostgresPool, hub: EventHub, incidents: SystemIncidents) {
        self.pool = pool
        self.hub = hub
        self.incidents = incidents
    }

    /// One pass: a page of one workspace that has moved on. Costs nothing while none has.
    package func pass() async throws -> Duration? {
        let behind = waiting()
        guard let workspaceID = behind.first(where: { $0 > last ?? $0 }) ?? behind.first else {
            return Self.pauses.idle
        }
        last = workspaceID
        var state = watched[workspaceID] ?? Watched()
        let (place, finding) = try await walk(workspaceID, from: state.place)
        if let finding {
            try await report(finding, of: workspaceID)
            state.isStopped = true
        } else {
            state.place = place
        }
        watched[workspaceID] = state
        return waiting().isEmpty ? Self.pauses.idle : Self.pauses.busy
    }

    /// Workspaces with something to read, by id.
    private func waiting() -> [ID<Workspace>] {
        let now = ContinuousClock.now
        return hub.positions.sorted { $0.key < $1.key }.compactMap { workspaceID, position in
            guard var state = watched[workspaceID] else { return position > 0 ? workspaceID : nil }
            if now - state.begin > Self.round, state.isStopped || state.place.position >= position {
                state = Watched()
                watched[workspaceID] = state
            }
            return !state.isStopped && state.place.position < position ? workspaceID : nil
        }
    }

    /// How far it got, or what it found.
    private func walk(
        _ workspaceID: ID<Workspace>, from place: ChainWalk.Place
    ) async throws -> (ChainWalk.Place, ChainFinding?) {
        try await pool.transaction(options: "ISOLATION LEVEL REPEATABLE READ, READ ONLY") { connection in
            var walk = ChainWalk(workspaceID: workspaceID, from: place, checksStreams: false, on: connection)
            do throws(ChainWalk.Stop) {
                let blocks = try await walk.blocks(limit: Self.page.blocks)
                for block in blocks {
                    try await walk.check(block)
                    if walk.place.position - place.position >= Self.page.events { return (walk.place, nil) }
                }
                if blocks.count < Self.page.blocks { try await walk.checkEnd() }
                return (walk.place, nil)
            } catch {
                switch error {
                case .found(let finding): return (walk.place, finding)
                case .failed(let error): throw error
                }
            }
        }
    }

    private func report(_ finding: ChainFinding, of workspaceID: ID<Workspace>) async throws {
        try await incidents.open(
            IncidentReport(
                .chainMismatch, title: "The event log is not as it was written",
                description: "\(finding). `orchestrator-svc verify` reads all of it again.",
                links: IncidentLinks(eventIDs: finding.eventID.map { [$0] } ?? [])),
            key: "log", in: workspaceID)
    }
}
