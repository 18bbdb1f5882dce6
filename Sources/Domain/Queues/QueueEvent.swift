// SPDX-License-Identifier: Apache-2.0

import Common

/// Everything that can happen to an agent's queue as a whole. The stream is the workspace.
package enum QueueEvent: RowEvent {
    case paused(reason: String?)
    case resumed

    package static let names = ["queue.paused", "queue.resumed"]

    package var name: String {
        switch self {
        case .paused: "queue.paused"
        case .resumed: "queue.resumed"
        }
    }

    package static func key(of row: AgentQueue) -> String { row.agent }

    package static func key(in _: EventContext, _ body: EventBody) throws(EventDecodingError) -> String {
        try body.string("agent")
    }

    package func body(of row: AgentQueue) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("agent", row.agent)
        if case .paused(let reason) = self { writer.optional("reason", reason) }
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "queue.paused": self = .paused(reason: body.text("reason"))
        case "queue.resumed": self = .resumed
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }

    package func applied(to row: AgentQueue?, key: String, in context: EventContext) -> AgentQueue? {
        var queue = AgentQueue(
            workspaceID: context.workspaceID, agent: key, pausedAt: nil, pausedBy: nil, reason: nil,
            version: (row?.version ?? 0) + 1, updatedAt: context.occurredAt)
        if case .paused(let reason) = self {
            queue.pausedAt = context.occurredAt
            queue.pausedBy = context.actor
            queue.reason = reason
        }
        return queue
    }
}
