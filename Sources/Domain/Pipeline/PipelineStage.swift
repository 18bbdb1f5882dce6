// SPDX-License-Identifier: Apache-2.0

/// Where a task is on its way, in the six stages that seed 004 fixes.
package enum PipelineStage: String, Sendable, CaseIterable {
    /// Asked for, and not ready yet: for a later time, after a pause, or behind other tasks.
    case intake
    /// Ready for whoever claims it.
    case queued
    case running
    /// Held up by a person's answer.
    case waitingApproval = "waiting_approval"
    /// Failed for good: somebody has to look at it.
    case failed
    /// Completed or cancelled.
    case done

    /// The stage of a task in this status.
    package init(_ status: TaskStatus) {
        self =
            switch status {
            case .scheduled: .intake
            case .queued: .queued
            case .running: .running
            case .waiting: .waitingApproval
            case .failed: .failed
            case .completed, .cancelled: .done
            }
    }

    /// The statuses of its tasks.
    package var statuses: [TaskStatus] { TaskStatus.allCases.filter { PipelineStage($0) == self } }
}
