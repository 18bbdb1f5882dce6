// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// Where a tool call stands.
package enum ToolCallStatus: String, Sendable, CaseIterable {
    case running, succeeded, failed
    /// Nobody goes on with it: its run has ended, or was taken over under another epoch. Derived when it is read, never
    /// stored.
    case abandoned
}

/// Names a tool call within its workspace: by the worker's own word within its step, or by its identifier.
package enum ToolCallKey: Hashable, Sendable {
    case keyed(ID<Step>, String)
    case single(ID<ToolCall>)
}

/// An invocation of a tool within a step, and its outcome. Once it succeeded it stays so.
package struct ToolCall: Identified, Sendable, Equatable {
    package static let idPrefix = "tc"

    package let id: ID<ToolCall>
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>
    package let runID: ID<Run>
    package let stepID: ID<Step>
    package let stepKey: String
    /// The worker's own word for it, unique within the step; without one it is not found again.
    package let key: String?
    package var tool: String
    package var status: ToolCallStatus
    /// How often it was started.
    package var attempt: Int
    /// The epoch under which it was started last.
    package var epoch: Int
    /// JSON, where there are any.
    package var arguments: [UInt8]?
    /// JSON, where it succeeded with any.
    package var result: [UInt8]?
    package var error: RunFailure?
    package var startedAt: Timestamp
    package var finishedAt: Timestamp?
    /// The event that last changed it. Nil in rows that no event made.
    package var lastEventID: UUID?

    package init(
        id: ID<ToolCall>, workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>, runID: ID<Run>,
        stepID: ID<Step>, stepKey: String, key: String?, tool: String, status: ToolCallStatus, attempt: Int,
        epoch: Int, arguments: [UInt8]?, result: [UInt8]? = nil, error: RunFailure? = nil, startedAt: Timestamp,
        finishedAt: Timestamp? = nil, lastEventID: UUID? = nil
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.runID = runID
        self.stepID = stepID
        self.stepKey = stepKey
        self.key = key
        self.tool = tool
        self.status = status
        self.attempt = attempt
        self.epoch = epoch
        self.arguments = arguments
        self.result = result
        self.error = error
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.lastEventID = lastEventID
    }

    /// What names it in commands.
    package var place: ToolCallKey { key.map { .keyed(stepID, $0) } ?? .single(id) }

    /// What to hand to the outside world, so that it can tell a repetition: the same in every run and epoch of the task.
    /// Nil without a key, since nothing then says which call is which.
    package var idempotencyKey: String? { key.map { EffectKey.text(task: taskID, step: stepKey, call: $0) } }
}

/// Names an effect on the outside world, whichever run or epoch brings it about.
package enum EffectKey {
    /// `task:step:call`. A colon or a percent sign in the step's key is written as a percent sequence, so that no two
    /// different pairs of keys give the same text.
    package static func text(task: ID<WorkTask>, step: String, call: String) -> String {
        var text = task.rawValue + ":"
        for character in step.unicodeScalars {
            switch character {
            case ":": text += "%3A"
            case "%": text += "%25"
            default: text.unicodeScalars.append(character)
            }
        }
        return text + ":" + call
    }
}

extension ToolCall: EpochBound {
    package static var running: ToolCallStatus { .running }
    package static var success: ToolCallStatus { .succeeded }
}
