// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// Following what happens.
package enum StreamsAPI {
    package static let room = Endpoint<FollowRoomInput, EventStream<EventView>>(
        "followRoom", .get, "/v1/streams/rooms/{room_id}", .peopleAndServices(.openStreams),
        "Streams the events of a room as they happen.",
        description: """
            Each event is sent once, in order: `id` is its `stream_seq`, `event` its type, `data` the event. With \
            `from_seq` the stream begins with that sequence, with `Last-Event-ID` behind it, and without either with what \
            happens from now on. Comments keep the connection. An event `reset` \
            (`{"reason":"ahead","last_seq":5}`) is the only one of a stream that cannot be resumed: `ahead` when the \
            client has seen more than there is, `expired` when what follows is no longer kept. Its `id` is the last \
            sequence, so that a client that connects again goes on from there. A stream ends when the daemon stops.
            """,
        tag: "streams")

    package static let catalogue: [AnyEndpoint] = [room.route]
}

/// `GET /v1/streams/rooms/{room_id}`.
package struct FollowRoomInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    /// The sequence behind which the stream begins; nil for what happens from now on.
    package let after: Int64?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        roomID = reader.path("room_id", "The room; archived ones can be followed, too.", .id())
        let from = reader.query(
            "from_seq", "The sequence to begin with; from now on unless given.", .integer(0...Int(Int64.max)))
        let last = reader.header(
            "Last-Event-ID", "The sequence that was seen last; wins over `from_seq`.", .integer(0...Int(Int64.max)))
        after = last.map(Int64.init) ?? from.map { max(0, Int64($0) - 1) }
    }
}

/// Says that a stream cannot be resumed where the client wants to.
package struct StreamReset: WireObject {
    package let reason: String
    package let lastSequence: Int64

    package init(reason: String, lastSequence: Int64) {
        self.reason = reason
        self.lastSequence = lastSequence
    }

    package static let fields: [Field<StreamReset>] = [
        Field("reason", "`ahead` or `expired`.") { $0.reason },
        Field("last_seq", "The last sequence of the stream.") { $0.lastSequence },
    ]
}
