// SPDX-License-Identifier: Apache-2.0

import Common
package import Domain
import FoundationEssentials

/// A change of a task as live subscribers get it: all that can be told from the event alone, without input and result.
package struct TaskUpdate: WireObject {
    private let recorded: RecordedEvent
    private let body: JSONObject

    private static let types = Set(TaskEvent.names)

    /// Nil for an event that changes no task, such as one of a step within a run.
    package init?(_ recorded: RecordedEvent) {
        guard recorded.event.taskID != nil, Self.types.contains(recorded.event.type) else { return nil }
        self.recorded = recorded
        // What was redacted is no body of an event; its facts are then unknown.
        body = (try? JSONValue.parse(recorded.event.body))?.object ?? [:]
    }

    /// The task's status after the event; nil when it is no longer known.
    package var status: TaskStatus? { body["status"]?.string.flatMap(TaskStatus.init(rawValue:)) }

    private var version: Int? { body["version"]?.int }

    private var failure: FailureView? {
        guard let error = body["error"], let code = error["code"]?.string, let message = error["message"]?.string else {
            return nil
        }
        return FailureView(
            RunFailure(code: code, message: message, isRetryable: error["retryable"]?.bool ?? false))
    }

    package static let fields: [Field<TaskUpdate>] = [
        Field("position", "Its place in the workspace's log; gapless.") { $0.recorded.position },
        Field("event_id", "Names the event.") { $0.recorded.event.id.uuidString.lowercased() },
        Field("event_type", "What happened, such as `run.completed`.") { $0.recorded.event.type },
        Field("task_id", "The task.") { $0.recorded.event.taskID },
        Field("run_id", "The run; null for an event of the task alone.") { $0.recorded.event.runID },
        .ifPresent("agent", "Who carries it out; told when a task is created.") { $0.body["agent"]?.string },
        Field("status", "Where the task stands after it; null when the event was redacted.") { $0.status },
        Field("version", "The task's version after it; null when the event was redacted.") { $0.version },
        .ifPresent("error", "What went wrong.") { $0.failure },
        Field("actor", "Who caused it, such as `user:admin`.") { $0.recorded.event.actor.text },
        Field("correlation_id", "What ties it to others; null without.") { $0.recorded.event.correlationID },
        Field("trace_id", "The W3C trace it belongs to.") { $0.recorded.event.traceID },
        Field("occurred_at", "When it happened.") { $0.recorded.event.occurredAt },
    ]
}
