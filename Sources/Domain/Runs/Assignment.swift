// SPDX-License-Identifier: Apache-2.0

package import Common

/// A run that a worker has got hold of, with all it needs to carry it out.
package struct Assignment: Sendable, Equatable {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>
    package let lease: Lease
    /// The agent's name.
    package let agent: String
    /// JSON.
    package let input: [UInt8]
    /// 1 for the first start of the task; every start counts.
    package let attempt: Int
    /// How long the run may take.
    package let timeoutSeconds: Int
    package let correlationID: String?
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>, lease: Lease, agent: String,
        input: [UInt8], attempt: Int, timeoutSeconds: Int, correlationID: String?, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.lease = lease
        self.agent = agent
        self.input = input
        self.attempt = attempt
        self.timeoutSeconds = timeoutSeconds
        self.correlationID = correlationID
        self.traceID = traceID
    }

    /// The task as it was claimed under the lease.
    package init(_ task: WorkTask, _ lease: Lease) {
        self.init(
            workspaceID: task.workspaceID, roomID: task.roomID, taskID: task.id, lease: lease, agent: task.agent,
            input: task.input, attempt: task.attempts, timeoutSeconds: task.timeoutSeconds,
            correlationID: task.correlationID, traceID: task.traceID)
    }
}

/// What became of an assignment, told by the worker that had it.
package enum RunEnding: Sendable, Equatable {
    /// The result as JSON.
    case completed([UInt8])
    /// A failure; the pause before the next try is at least `leastPause`.
    case failed(RunFailure, leastPause: Duration)
    /// The worker gives the run back unfinished: the same run goes to the next claim.
    case released(reason: String?)

    /// Whether `event` is the record of this very ending; of one whose content was redacted nobody can say so.
    package func isRecorded(by event: Event) -> Bool {
        guard let body = try? JSONValue.parse(event.body),
            let recorded = try? TaskEvent(type: event.type, runID: event.runID, body: body)
        else { return false }
        switch (self, recorded) {
        case (.completed(let result), .completed(let known)):
            guard let result = try? JSONValue.parse(result), let known = try? JSONValue.parse(known) else {
                return false
            }
            return result == known
        case (.failed(let failure, _), .failed(let known, _)): return failure == known
        default: return false
        }
    }
}
