// SPDX-License-Identifier: Apache-2.0

import Common
package import Domain
import Store

/// What events of another daemon mean to claims that wait at this one.
package struct RunNews: Sendable {
    /// How many new tasks are ready in each queue.
    package private(set) var ready: [String: Int] = [:]
    /// Whether runs may be ready of which the events do not say where.
    package private(set) var mayConcernAny = false
    /// Whether runs have ended, so that places may be free.
    package private(set) var hasEnded = false

    package init(_ events: [RecordedEvent]) {
        for recorded in events {
            let event = recorded.event
            switch event.type {
            case "task.created": count(event.body)
            case "run.queued", "run.lease_lost", "run.released", "task.unblocked", "task.retried", "task.replayed",
                "task.edited", "queue.resumed", "room.restored", "limit.set", "limit.removed":
                mayConcernAny = true
            case "run.completed", "run.failed", "task.cancelled", "task.completed", "task.failed": hasEnded = true
            default: break
            }
        }
    }

    private mutating func count(_ body: [UInt8]) {
        guard let body = try? JSONValue.parse(body), body["status"]?.string == TaskStatus.queued.rawValue,
            let agent = body["agent"]?.string
        else { return }
        ready[agent, default: 0] += 1
        for label in body["labels"]?.array?.compactMap(\.string) ?? [] {
            ready[QueuedRun.queue(ofLabel: label), default: 0] += 1
        }
    }
}

/// What events of this daemon mean to claims and parked runs beyond the runs that they name.
struct WorkspaceNews {
    /// Whether runs may be handed out that were held back: those of a queue or of a room.
    private(set) var hasReopened = false
    private(set) var hasChangedLimit = false

    init(_ events: [RecordedEvent]) {
        for event in events {
            switch event.event.type {
            case "queue.resumed", "room.restored": hasReopened = true
            case "limit.set", "limit.removed": hasChangedLimit = true
            default: break
            }
        }
    }
}
