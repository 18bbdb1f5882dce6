// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
package import Orchestration
package import ServiceKit
import Store

/// Answers questions about what happened.
package func answerEvents(_ router: inout EndpointRouter, _ events: EventOperations) {
    router.on(EventsAPI.get) { input, _ in EventView(try await events.event(input.id, in: input.workspaceID)) }
    router.on(EventsAPI.list) { input, _ in
        let filter = EventFilter(input)
        if let cursor = input.cursor, cursor.countsBySequence != filter.countsBySequence {
            throw Problem.invalid("cursor", "belongs to other restrictions")
        }
        let found = try await events.find(
            filter, in: input.workspaceID, isAscending: input.order == .ascending, from: input.cursor?.place,
            limit: input.limit)
        let next = found.next.map {
            EventCursor(order: input.order, countsBySequence: filter.countsBySequence, place: $0).text
        }
        return Page(items: found.events.map(EventView.init), nextCursor: next)
    }
}

extension EventFilter {
    fileprivate init(_ input: ListEventsInput) {
        self.init()
        stream = input.stream
        fromSequence = input.fromSequence
        runID = input.runID
        taskID = input.taskID
        correlationID = input.correlationID
        type = input.type
        actor = input.actor
        since = input.since
        until = input.until
    }
}
