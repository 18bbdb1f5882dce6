// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Logging
import Orchestration

/// Follows the log of frames for one subscription: from the ring of recent frames, or from logging-svc in pages when the
/// subscriber is further behind. While logging-svc is away it waits; the subscriber is told so.
struct LogFollower: Sendable {
    let feed: LogFeed
    let filter: LiveFilter
    let outlet: LiveOutlet
    let limits: LiveLimits
    let counters: LiveCounters
    let catchUps: Permits
    let logger: Logger

    private static let ringRead = 1024

    /// What one look at the feed led to.
    private enum Step {
        /// Read on when something has changed.
        case wait
        case goOn(wasFull: Bool)
        /// logging-svc did not answer.
        case failed
    }

    private struct Place {
        /// Nil until the end of the log is known.
        var id: Int64?
        var isLive = false
        var isAvailable = true
    }

    /// Never returns; throws when the connection is gone or the task is cancelled. `start` nil means from now on.
    func run(from start: Int64?) async throws {
        feed.join()
        defer { feed.leave() }
        var place = Place(id: start)
        var pace = Pace(least: limits.pace)
        while true {
            try await pace.hold()
            let changes = feed.changes
            switch try await step(&place) {
            case .wait:
                await feed.wait(past: changes)
                try Task.checkCancellation()
            case .goOn(let wasFull): pace.note(wasFull: wasFull)
            case .failed: try await Task.sleep(for: limits.retry)
            }
        }
    }

    private func step(_ place: inout Place) async throws -> Step {
        switch feed.condition {
        case .idle, .opening: return .wait
        case .away:
            try await tell(isAvailable: false, &place)
            return .wait
        case .live: break
        }
        guard let id = place.id else {
            guard let last = feed.lastID else { return .wait }
            place.id = last
            outlet.advance(.logs, to: last)
            return .goOn(wasFull: true)
        }
        guard let recent = feed.recent(after: id, limit: Self.ringRead) else {
            return try await catchUp(from: id, &place)
        }
        try await tell(isAvailable: true, &place)
        guard let last = recent.last else {
            if !place.isLive { try await outlet.send(.logs) { .caughtUp(outlet.id, .logs, $0) } }
            place.isLive = true
            return .wait
        }
        let wasFull = try await outlet.deliver(.logs, recent.lazy.map { ($0.id, $0.json(for: filter)) })
        place.id = last.id
        return .goOn(wasFull: wasFull)
    }

    private func catchUp(from id: Int64, _ place: inout Place) async throws -> Step {
        let page: LogPage
        do {
            counters.catchUps.add()
            page = try await catchUps.withPermit {
                try await feed.client.logs(after: id, limit: limits.catchUpPage, filter: filter)
            }
        } catch let error as HTTPCallError {
            if place.isAvailable { logger.warning("Logs cannot be read for a live subscriber.", error: error) }
            try await tell(isAvailable: false, &place)
            return .failed
        }
        try await tell(isAvailable: true, &place)
        // What followed the place is gone with age, or the place is none of this log's.
        guard id >= page.oldestID - 1, id <= page.newestID else {
            let before = min(page.oldestID - 1, page.newestID)
            place.id = before
            counters.resets.add()
            try await outlet.send(.logs, place: before) { .reset(outlet.id, .logs, oldest: page.oldestID, $0) }
            return .goOn(wasFull: true)
        }
        let wasFull = try await outlet.deliver(.logs, page.entries.map { ($0.id, $0.json(for: filter)) })
        let end = max(page.scannedTo, id)
        place.id = end
        outlet.advance(.logs, to: end)
        return .goOn(wasFull: wasFull || end < page.newestID)
    }

    private func tell(isAvailable: Bool, _ place: inout Place) async throws {
        guard place.isAvailable != isAvailable else { return }
        place.isAvailable = isAvailable
        try await outlet.send(.logs) { _ in .notice(outlet.id, .logs, isAvailable: isAvailable) }
    }
}
