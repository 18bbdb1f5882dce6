// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Logging
import Orchestration
import Postgres
import Store

/// Follows the event log for one subscription: from the ring of recent events, or from the database when the subscriber is
/// further behind. Nothing is kept for a slow one; it merely reads later.
struct TaskFollower: Sendable {
    let hub: EventHub
    let pool: PostgresPool
    let workspaceID: ID<Workspace>
    let filter: LiveFilter
    let outlet: LiveOutlet
    let limits: LiveLimits
    let counters: LiveCounters
    let catchUps: Permits
    let logger: Logger

    private static let ringRead = 1024

    /// Returns when the hub closes; throws when the connection does or the task is cancelled.
    func run(from start: Int64) async throws {
        var position = try await place(start)
        var pace = Pace(least: limits.pace)
        var isLive = false
        while !hub.isClosed {
            try await pace.hold()
            let entries: [EventHub.Entry]
            if let recent = hub.recent(of: workspaceID, after: position, limit: Self.ringRead) {
                guard !recent.isEmpty else {
                    if !isLive { try await outlet.send(.tasks) { .caughtUp(outlet.id, .tasks, $0) } }
                    isLive = true
                    await hub.wait(for: workspaceID, past: position)
                    try Task.checkCancellation()
                    continue
                }
                entries = recent
            } else {
                entries = try await read(after: position, limit: limits.catchUpPage)
                counters.catchUps.add()
            }
            let wasFull = try await outlet.deliver(
                .tasks, entries.lazy.map { entry in (entry.event.position, PreparedUpdate(entry).json(for: filter)) })
            if let last = entries.last { position = last.event.position }
            pace.note(wasFull: wasFull || entries.count >= limits.catchUpPage)
        }
    }

    /// Where to begin. A place beyond the end of the log is none of this log's, unless this daemon has yet to hear of it.
    private func place(_ start: Int64) async throws -> Int64 {
        guard let last = hub.lastPosition(of: workspaceID), start > last else { return start }
        guard try await read(after: start - 1, limit: 1).first?.event.position != start else { return start }
        let end = hub.lastPosition(of: workspaceID) ?? last
        counters.resets.add()
        try await outlet.send(.tasks, place: end) { .reset(outlet.id, .tasks, oldest: 1, $0) }
        return end
    }

    /// Reads a page; while that is impossible the subscriber is told so, and it is tried again.
    private func read(after position: Int64, limit: Int) async throws -> [EventHub.Entry] {
        var isAvailable = true
        while true {
            do {
                let statement = EventStore.events(of: workspaceID, after: position, limit: limit)
                let events = try await catchUps.withPermit { try statement.decode(try await pool.query(statement.sql)) }
                if !isAvailable { try await outlet.send(.tasks) { _ in .notice(outlet.id, .tasks, isAvailable: true) } }
                return events.map(EventHub.Entry.init)
            } catch let error as PostgresError {
                try Task.checkCancellation()
                if isAvailable {
                    logger.warning("Events cannot be read for a live subscriber.", error: error)
                    try await outlet.send(.tasks) { _ in .notice(outlet.id, .tasks, isAvailable: false) }
                }
                isAvailable = false
                try await Task.sleep(for: limits.retry)
            }
        }
    }
}

/// An event in the form in which the hub keeps it for all subscribers: the status after it in one byte, by which a filter
/// decides without reading JSON, and the update as JSON. Nothing at all for an event that is about no task.
struct PreparedUpdate: Sendable {
    private let entry: EventHub.Entry
    private let bytes: [UInt8]

    init(_ entry: EventHub.Entry) {
        self.entry = entry
        bytes = entry.bytes(Self.prepare)
    }

    /// The update for a subscriber with that filter; nil when it is not wanted.
    func json(for filter: LiveFilter) -> ArraySlice<UInt8>? {
        guard let first = bytes.first, filter.admits(entry.event.event, status: Self.status(first)) else { return nil }
        return bytes.dropFirst()
    }

    private static func prepare(_ event: RecordedEvent) -> [UInt8] {
        guard let update = TaskUpdate(event) else { return [] }
        let number = update.status.flatMap { TaskStatus.allCases.firstIndex(of: $0) } ?? TaskStatus.allCases.count
        return [UInt8(number)] + update.json
    }

    private static func status(_ byte: UInt8) -> TaskStatus? {
        TaskStatus.allCases.indices.contains(Int(byte)) ? TaskStatus.allCases[Int(byte)] : nil
    }
}
