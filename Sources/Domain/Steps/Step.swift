// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// Where a step or a tool call of a run that is under way stands.
package enum StepStatus: String, Sendable, CaseIterable {
    case running, completed, failed
    /// Nobody goes on with it: its run has ended, or was taken over under another epoch. Derived when it is read, never
    /// stored.
    case abandoned
}

/// Names a step within its workspace: its run, and the worker's own word for it.
package struct StepKey: Hashable, Sendable {
    package let runID: ID<Run>
    package let key: String

    package init(runID: ID<Run>, key: String) {
        self.runID = runID
        self.key = key
    }

    /// Stands for whichever step of the run has the highest number; no worker can name one so.
    package static func latest(of runID: ID<Run>) -> StepKey { StepKey(runID: runID, key: "") }
}

/// A unit of work within a run. Once completed it stays so: its output stands in for doing it again.
package struct Step: Identified, Sendable, Equatable {
    package static let idPrefix = "step"

    package let id: ID<Step>
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>
    package let runID: ID<Run>
    /// The worker's own word for it, unique within the run.
    package let key: String
    /// 1 for the run's first step.
    package let number: Int
    package var name: String
    package var kind: String?
    package var status: StepStatus
    /// How often it was started; 0 for one that was carried over.
    package var attempt: Int
    /// The epoch under which it was started last; 0 for one that was carried over.
    package var epoch: Int
    /// JSON, where there is any.
    package var input: [UInt8]?
    /// JSON, where it completed with any.
    package var output: [UInt8]?
    package var error: RunFailure?
    /// The step of an earlier run that it stands for.
    package let carriedFrom: ID<Step>?
    package var startedAt: Timestamp
    package var finishedAt: Timestamp?
    /// The event that last changed it. Nil in rows that no event made.
    package var lastEventID: UUID?

    package init(
        id: ID<Step>, workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>, runID: ID<Run>, key: String,
        number: Int, name: String, kind: String?, status: StepStatus, attempt: Int, epoch: Int, input: [UInt8]?,
        output: [UInt8]? = nil, error: RunFailure? = nil, carriedFrom: ID<Step>? = nil, startedAt: Timestamp,
        finishedAt: Timestamp? = nil, lastEventID: UUID? = nil
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.runID = runID
        self.key = key
        self.number = number
        self.name = name
        self.kind = kind
        self.status = status
        self.attempt = attempt
        self.epoch = epoch
        self.input = input
        self.output = output
        self.error = error
        self.carriedFrom = carriedFrom
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.lastEventID = lastEventID
    }

    /// What names it in commands.
    package var place: StepKey { StepKey(runID: runID, key: key) }
}
