// SPDX-License-Identifier: Apache-2.0

package import Common

/// How one look went.
package struct TickReport: Sendable {
    package let at: Timestamp
    /// Services that were looked at.
    package var visited = 0
    /// Services whose turn comes at the next look, for want of calls.
    package var deferred = 0
    package var calls = CallCounts()
    /// By the names of the services that could not be looked at.
    package var problems: [String: String] = [:]
    /// Why the look ended early.
    package var failure: String?
    /// The time until the next.
    package var nextIn: Duration

    init(at: Timestamp, failure: String? = nil, nextIn: Duration) {
        self.at = at
        self.failure = failure
        self.nextIn = nextIn
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "at": .string(at.description), "visited": JSONValue(visited), "deferred": JSONValue(deferred),
            "reads": JSONValue(calls.reads), "log_reads": JSONValue(calls.logReads), "writes": JSONValue(calls.writes),
            "problems": .object(
                JSONObject(problems.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) })),
            "next_at": .string((at + nextIn).description),
        ]
        object["failure"] = failure.map { .string($0) }
        return object
    }
}
