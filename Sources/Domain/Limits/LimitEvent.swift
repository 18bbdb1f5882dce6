// SPDX-License-Identifier: Apache-2.0

import Common

/// Everything that can happen to a limit. The stream is the workspace.
package enum LimitEvent: RowEvent {
    case set(maxConcurrent: Int?, rate: Limit.Rate?)
    case removed

    package static let names = ["limit.set", "limit.removed"]

    package var name: String {
        switch self {
        case .set: "limit.set"
        case .removed: "limit.removed"
        }
    }

    package static func key(of row: Limit) -> String { row.name }

    package static func key(in _: EventContext, _ body: EventBody) throws(EventDecodingError) -> String {
        try body.string("limit")
    }

    package func body(of row: Limit) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("limit", row.name)
        if case .set = self {
            if let maxConcurrent = row.maxConcurrent { writer.member("max_concurrent", maxConcurrent) }
            if let rate = row.rate {
                writer.member("rate_count", rate.count)
                writer.name("rate_seconds")
                writer.write(rate.seconds)
            }
        }
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "limit.set":
            let count = body.object["rate_count"]?.int
            self = .set(
                maxConcurrent: body.object["max_concurrent"]?.int,
                rate: try count.map { (count) throws(EventDecodingError) in
                    Limit.Rate(count: count, seconds: try body.double("rate_seconds"))
                })
        case "limit.removed": self = .removed
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }

    package func applied(to row: Limit?, key: String, in context: EventContext) -> Limit? {
        switch self {
        case .set(let maxConcurrent, let rate):
            return Limit(
                workspaceID: context.workspaceID, name: key, maxConcurrent: maxConcurrent, rate: rate,
                createdAt: row?.createdAt ?? context.occurredAt, updatedAt: context.occurredAt)
        case .removed:
            guard var limit = row else { return nil }
            limit.removedAt = context.occurredAt
            limit.updatedAt = context.occurredAt
            return limit
        }
    }
}
