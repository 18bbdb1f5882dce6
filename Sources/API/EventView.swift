// SPDX-License-Identifier: Apache-2.0

import Common
package import Domain
import FoundationEssentials

/// A fact as the log holds it; the same in pages and in streams.
package struct EventView: WireObject {
    package static let wireName = "Event"

    package let recorded: RecordedEvent

    package init(_ recorded: RecordedEvent) { self.recorded = recorded }

    private var event: Event { recorded.event }

    package static let fields: [Field<EventView>] = [
        Field("event_id", "Names the event.") { $0.event.id.uuidString.lowercased() },
        Field("workspace_id", "The workspace it happened in.") { $0.event.workspaceID.rawValue },
        Field("position", "Its place in the workspace's log; gapless.") { $0.recorded.position },
        Field("stream_type", "What its stream is about.") { EventStreamType($0.event.stream) },
        Field("stream_id", "The room, or the workspace for what has no room.") { $0.event.stream.id },
        Field("stream_seq", "Its place in its stream; gapless.") { $0.recorded.streamSequence },
        Field("event_type", "What happened, such as `run.completed`.") { $0.event.type },
        Field("schema_version", "The form of `data`.") { $0.event.schemaVersion },
        Field("actor", "Who caused it, such as `user:admin`.") { $0.event.actor.text },
        Field("zone", "How much could go wrong there.") { $0.event.zone },
        Field("task_id", "The task; null when it is about none.") { $0.event.taskID },
        Field("run_id", "The run; null when it is about none.") { $0.event.runID },
        Field("correlation_id", "What ties it to others; null without.") { $0.event.correlationID },
        Field("causation_id", "The event that led to it; null when nothing that is recorded did.") {
            $0.event.causationID?.uuidString.lowercased()
        },
        Field("trace_id", "The W3C trace it belongs to.") { $0.event.traceID },
        Field("idempotency_key", "The key it was asked for with; null without.") { $0.event.idempotencyKey },
        Field("data", "The particulars, by type; null when they were removed.") {
            WireJSON(trusted: $0.event.body.isEmpty ? Array("null".utf8) : $0.event.body)
        },
        Field("occurred_at", "When it happened.") { $0.event.occurredAt },
        Field("leaf", "Its hash in the chain, as hexadecimal digits.") { Hex.text($0.recorded.leaf) },
    ]
}

/// The kinds of streams.
package enum EventStreamType: String, WireEnum {
    case workspace, room, service

    init(_ stream: StreamKey) {
        switch stream {
        case .workspace: self = .workspace
        case .room: self = .room
        case .service: self = .service
        }
    }
}

extension EventView {
    /// The event as a server-sent event, ready to be written.
    package static func streamed(_ recorded: RecordedEvent) -> [UInt8] {
        var bytes = Array("id: \(recorded.streamSequence)\nevent: \(recorded.event.type)\ndata: ".utf8)
        let json = EventView(recorded).json
        bytes.reserveCapacity(bytes.count + json.count + 2)
        // A line break can only stand between the parts of JSON, but would end the line of data.
        bytes += json.lazy.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
        bytes += [UInt8(ascii: "\n"), UInt8(ascii: "\n")]
        return bytes
    }
}
