// SPDX-License-Identifier: Apache-2.0

package import Common

/// An event as the log has it, read without the code that wrote it.
package struct LoggedEvent: Sendable {
    package var position: Int64
    /// Type and id, such as `room/room_…`.
    package var stream: String
    package var streamSeq: Int64
    package var type: String
    package var taskID: String?
    package var runID: String?
    package var idempotencyKey: String?
    package var correlationID: String?
    package var body: JSONValue
    package var occurredAt: Timestamp

    package init(
        position: Int64, stream: String, streamSeq: Int64, type: String, taskID: String? = nil, runID: String? = nil,
        idempotencyKey: String? = nil, correlationID: String? = nil, body: JSONValue = [:],
        occurredAt: Timestamp = .now()
    ) {
        self.position = position
        self.stream = stream
        self.streamSeq = streamSeq
        self.type = type
        self.taskID = taskID
        self.runID = runID
        self.idempotencyKey = idempotencyKey
        self.correlationID = correlationID
        self.body = body
        self.occurredAt = occurredAt
    }

    /// The epoch whose effect this is: what the event says itself, else what an agent of the tests put into its answer.
    var epoch: Int? {
        body["epoch"]?.int ?? (type == "run.completed" ? body["result"]?["epoch"]?.int : nil)
    }
    /// Whether its status and version are the task's; those of a step or an approval are its own.
    var isAboutTask: Bool { type.hasPrefix("task.") || type.hasPrefix("run.") }
    /// How the event says that it leaves its task.
    var status: String? { body["status"]?.string }
    /// The task's version after the event.
    var version: Int? { body["version"]?.int }
}

extension LoggedEvent: CustomStringConvertible {
    package var description: String {
        let epoch = epoch.map { " epoch \($0)" } ?? ""
        return "\(position) \(type)\(epoch)" + (runID.map { " of \($0)" } ?? "")
    }
}
