// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
package import Postgres
package import Store

/// Reading of the log, for people and programs that look back.
package struct EventOperations: Sendable {
    private let pool: PostgresPool
    /// By how much the times of two events may be out of the order in which they were committed.
    private static let disorder: Duration = .seconds(60)

    package init(pool: PostgresPool) { self.pool = pool }

    /// A part of an answer; `next` is the place to go on from, nil at the end.
    package struct Found: Sendable {
        package let events: [RecordedEvent]
        package let next: Int64?
    }

    /// The event of that id; throws `notFound` when the workspace has none.
    package func event(_ id: UUID, in workspaceID: ID<Workspace>) async throws -> RecordedEvent {
        guard let event = try await read(EventStore.event(id, in: workspaceID)) else {
            throw Problem.notFound("event", id.uuidString.lowercased())
        }
        return event
    }

    /// Events that fit, in order, behind the place where an earlier answer ended. The answer can be short, or even empty,
    /// and still not be the end, because it looks at a bounded number of events.
    package func find(
        _ filter: EventFilter, in workspaceID: ID<Workspace>, isAscending: Bool, from place: Int64?, limit: Int
    ) async throws -> Found {
        var window = EventWindow(isAscending: isAscending, limit: limit + 1)
        if let place {
            if isAscending { window.after = place } else { window.before = place }
        }
        let stream = filter.countsBySequence ? filter.stream : nil
        if stream != nil, let first = filter.fromSequence { window.after = max(window.after, first - 1) }
        if let since = filter.since {
            let time = since + (.zero - Self.disorder)
            window.after = max(window.after, try await read(EventStore.place(of: time, in: stream, of: workspaceID)))
        }
        if let until = filter.until {
            let place = try await read(
                EventStore.place(of: until + Self.disorder, in: stream, of: workspaceID))
            window.before = min(window.before, place + 1)
        }
        let page = try await read(EventStore.events(filter, in: workspaceID, window))
        if page.isCut || page.events.count > limit {
            let shown = Array(page.events.prefix(limit))
            return Found(events: shown, next: shown.last.map { Self.place($0, filter) })
        }
        // Less than was asked for: either that is all, or the rest lies beyond what was looked at.
        let last = try await read(EventStore.lastPlace(filter, in: workspaceID, window))
        return Found(events: page.events, next: last)
    }

    private static func place(_ event: RecordedEvent, _ filter: EventFilter) -> Int64 {
        filter.countsBySequence ? event.streamSequence : event.position
    }

    private func read<Output: Sendable>(_ statement: Statement<Output>) async throws -> Output {
        try statement.decode(try await pool.query(statement.sql))
    }
}
