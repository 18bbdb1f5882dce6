// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
import HTTPTypes

/// Looking back into the log.
package enum EventsAPI {
    package static let list = Endpoint<ListEventsInput, Page<EventView>>(
        "listEvents", .get, "/v1/events", .peopleAndServices(.readEvents), "Finds events.",
        description: """
            All restrictions must hold. `stream_type` and `stream_id` go together; `from_seq` needs them. A page looks at \
            10,000 events at most, beginning with those of the run, task, correlation or stream that is named, else with \
            those of the time, and shows 1 MiB of them; so a page can be short, with a rare `event_type` or `actor` even \
            empty, and still have a `next_cursor` to go on with. Send the same restrictions with it.
            """,
        tag: "events")

    package static let get = Endpoint<GetEventInput, EventView>(
        "getEvent", .get, "/v1/events/{event_id}", .peopleAndServices(.readEvents), "Reads an event.", tag: "events")

    package static let catalogue: [AnyEndpoint] = [list.route, get.route]
}

/// In which direction a list goes.
package enum EventOrder: String, Sendable, CaseIterable, WireEnum {
    case ascending = "asc"
    case descending = "desc"
}

/// The place between two pages of events, as text that clients hand back.
package struct EventCursor: Sendable, Equatable {
    package let order: EventOrder
    /// Whether `place` is a sequence of a stream rather than a position.
    package let countsBySequence: Bool
    /// The last place that has been dealt with.
    package let place: Int64

    package init(order: EventOrder, countsBySequence: Bool, place: Int64) {
        self.order = order
        self.countsBySequence = countsBySequence
        self.place = place
    }

    package var text: String {
        (countsBySequence ? "s" : "p") + (order == .ascending ? "a" : "d") + String(place)
    }

    /// Nil when it is none that was handed out.
    package init?(_ text: String) {
        guard let first = text.first, let countsBySequence = ["s": true, "p": false][first],
            let second = text.dropFirst().first, let order = ["a": EventOrder.ascending, "d": .descending][second],
            let place = Int64(text.dropFirst(2)), place >= 0
        else { return nil }
        self.init(order: order, countsBySequence: countsBySequence, place: place)
        guard text == self.text else { return nil }
    }
}

/// `GET /v1/events`.
package struct ListEventsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let stream: StreamKey?
    package let fromSequence: Int64?
    package let runID: ID<Run>?
    package let taskID: ID<WorkTask>?
    package let correlationID: String?
    package let type: String?
    package let actor: String?
    package let since: Timestamp?
    package let until: Timestamp?
    package let order: EventOrder
    package let limit: Int
    package let cursor: EventCursor?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        let streamType = reader.query(
            "stream_type", "Only of streams of this kind, with `stream_id`.",
            Shape<EventStreamType>.choice())
        let streamID = reader.query(
            "stream_id", "Only of this stream: a room, or the workspace for what has no room.",
            .string(.token, min: 1, max: 64))
        let from = reader.query(
            "from_seq", "Only from this sequence of the stream on.", .integer(0...Int(Int64.max)))
        runID = reader.query("run_id", "Only of this run.", .id())
        taskID = reader.query("task_id", "Only of this task.", .id())
        correlationID = reader.query(
            "correlation_id", "Only with this correlation id.", .string(.token, min: 1, max: 128))
        type = reader.query("event_type", "Only of this type.", .string(.token, min: 1, max: 128))
        actor = reader.query(
            "actor", "Only what this one caused, such as `user:admin`.", .string(.text, min: 1, max: 255))
        since = reader.query("since", "Happened at this time or later.", .timestamp)
        until = reader.query("until", "Happened before this time.", .timestamp)
        let order = reader.query("order", "The order of positions; `asc` unless given.", Shape<EventOrder>.choice())
        limit = reader.pageLimit()
        let cursor = reader.query(
            "cursor", "Where an earlier answer ended: its `next_cursor`.",
            Shape<String>.string(.cursor, max: 64).map(
                placeholder: nil as EventCursor?, words: "a cursor that was handed out"
            ) { text in EventCursor(text).map(Optional.some) })
        self.cursor = cursor ?? nil
        self.order = order ?? self.cursor?.order ?? .ascending
        fromSequence = from.map(Int64.init)
        if let streamType, let streamID {
            stream = StreamKey(type: streamType.rawValue, id: streamID)
        } else {
            stream = nil
            if streamType != nil { reader.refuse("stream_type", "needs stream_id") }
            if streamID != nil { reader.refuse("stream_id", "needs stream_type") }
            if from != nil { reader.refuse("from_seq", "needs stream_type and stream_id") }
        }
        if let place = self.cursor, let order, order != place.order {
            reader.refuse("order", "must be that of the cursor")
        }
    }
}

/// `GET /v1/events/{event_id}`.
package struct GetEventInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let id: UUID

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        let pattern = TextPattern(
            "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", words: "a UUID in lowercase"
        ) { text in UUID(uuidString: text)?.uuidString.lowercased() == text }
        id = reader.path(
            "event_id", "The event.",
            Shape<String>.string(pattern, max: 36).map(
                placeholder: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), words: pattern.words
            ) { UUID(uuidString: $0) })
    }
}
