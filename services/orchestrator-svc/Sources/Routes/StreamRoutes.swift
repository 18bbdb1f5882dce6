// SPDX-License-Identifier: Apache-2.0

import API
package import Common
package import Orchestration
package import ServiceKit

/// The rooms' streams over HTTP.
package struct RoomStreams: Sendable {
    private let feed: RoomFeed
    private let fanOut: TailFanOut
    private let resets = Counter()

    package init(feed: RoomFeed, heartbeat: Duration = .seconds(15)) {
        self.feed = feed
        fanOut = TailFanOut(heartbeat: heartbeat)
    }

    package func answer(_ router: inout EndpointRouter) {
        router.on(StreamsAPI.room) { input, _ in try await follow(input) }
    }

    package func addMetrics(to metrics: Metrics) {
        metrics.gauge("room_streams", "Streams of rooms that are open.") { Double(feed.figures.readers) }
        metrics.gauge("room_streams_rooms", "Rooms that somebody follows.") { Double(feed.figures.rooms) }
        metrics.counter("room_streams_stored_pages_total", "Pages that streams read from storage.") { feed.storedPages }
        metrics.counter("room_streams_resets_total", "Streams that could not be resumed.") { resets.value }
    }

    private func follow(_ input: FollowRoomInput) async throws -> EventSource {
        let reader = try await feed.reader(
            of: input.roomID, in: input.workspaceID, from: input.after.map { .after($0) } ?? .now)
        switch reader.beginning {
        case .after(let cursor):
            let source = TailSource(reader.tail, through: fanOut, after: cursor) { cursor in
                switch try await reader.stored(after: cursor) {
                case .batch(let batch): .batch(batch)
                case .reset(let reason, let last): .last(reset(reason, last))
                case .nothing: .nothing
                }
            }
            return EventSource(source)
        case .reset(let reason, let last): return EventSource([reset(reason, last)])
        }
    }

    private func reset(_ reason: RoomReader.Reset, _ last: Int64) -> StreamEvent {
        resets.add()
        return StreamEvent(
            id: String(last), name: "reset", StreamReset(reason: reason.rawValue, lastSequence: last))
    }
}
