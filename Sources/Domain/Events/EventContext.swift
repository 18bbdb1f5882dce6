// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// What an event says beside what happened: where, by whom, and what it belongs to.
package struct EventContext: Sendable, Equatable {
    package var workspaceID: ID<Workspace>
    package var stream: StreamKey
    package var actor: Principal
    package var zone: Zone = .supervised
    package var taskID: ID<WorkTask>?
    package var runID: ID<Run>?
    package var correlationID: String?
    /// The event that led to this one.
    package var causationID: UUID?
    package var traceID: String
    package var idempotencyKey: String?
    package var occurredAt: Timestamp

    package init(
        workspaceID: ID<Workspace>, stream: StreamKey, actor: Principal, traceID: String, occurredAt: Timestamp
    ) {
        self.workspaceID = workspaceID
        self.stream = stream
        self.actor = actor
        self.traceID = traceID
        self.occurredAt = occurredAt
    }

    /// The same, of what an event led to.
    package func because(_ cause: UUID?) -> EventContext {
        var context = self
        context.causationID = cause
        return context
    }

    /// The same, as part of the story of a task and one of its runs.
    package func about(_ task: WorkTask, run: ID<Run>?) -> EventContext {
        var context = self
        context.taskID = task.id
        context.runID = run
        context.correlationID = task.correlationID
        context.traceID = task.traceID
        return context
    }
}

extension Event {
    /// An event that has just happened; its identifier is fresh unless given.
    package init(
        _ type: String, _ context: EventContext, id: UUID? = nil, body: [UInt8], schemaVersion: Int = 1
    ) {
        self.init(
            id: id ?? .timeOrdered(at: context.occurredAt), workspaceID: context.workspaceID, stream: context.stream,
            type: type, schemaVersion: schemaVersion, actor: context.actor, zone: context.zone,
            taskID: context.taskID, runID: context.runID, correlationID: context.correlationID,
            causationID: context.causationID, traceID: context.traceID, idempotencyKey: context.idempotencyKey,
            occurredAt: context.occurredAt, body: body)
    }

    /// What the event says beside what happened.
    package var context: EventContext {
        var context = EventContext(
            workspaceID: workspaceID, stream: stream, actor: actor, traceID: traceID, occurredAt: occurredAt)
        context.zone = zone
        context.taskID = taskID
        context.runID = runID
        context.correlationID = correlationID
        context.causationID = causationID
        context.idempotencyKey = idempotencyKey
        return context
    }
}
