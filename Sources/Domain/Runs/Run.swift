// SPDX-License-Identifier: Apache-2.0

package import Common

/// Where one execution of a task stands.
package enum RunStatus: String, Sendable, CaseIterable {
    case queued, scheduled, running, waiting, completed, failed, cancelled

    package var isFinal: Bool { self == .completed || self == .failed || self == .cancelled }
}

/// One execution of a task. A lost lease is the same run with the next epoch; a retry is a new run.
package struct Run: Identified, Sendable, Equatable {
    package static let idPrefix = "run"

    package let id: ID<Run>
    package let workspaceID: ID<Workspace>
    package let taskID: ID<WorkTask>
    /// 1 for the task's first run.
    package let number: Int
    package var status: RunStatus
    /// How often it was claimed; every effect names the epoch, and a stale one changes nothing.
    package var epoch: Int
    package var workerSessionID: ID<WorkerSession>?
    package var error: RunFailure?
    /// The run whose steps it took over, where it was made by a replay.
    package let replayOf: ID<Run>?
    package let createdAt: Timestamp
    /// When the holder of the newest epoch got it.
    package var claimedAt: Timestamp?
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?

    package init(
        id: ID<Run>, workspaceID: ID<Workspace>, taskID: ID<WorkTask>, number: Int, status: RunStatus, epoch: Int,
        workerSessionID: ID<WorkerSession>? = nil, error: RunFailure? = nil,
        replayOf: ID<Run>? = nil, createdAt: Timestamp, claimedAt: Timestamp? = nil, startedAt: Timestamp? = nil,
        finishedAt: Timestamp? = nil
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.taskID = taskID
        self.number = number
        self.status = status
        self.epoch = epoch
        self.workerSessionID = workerSessionID
        self.error = error
        self.replayOf = replayOf
        self.createdAt = createdAt
        self.claimedAt = claimedAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}

/// One life of a worker process.
package enum WorkerSession: Identified {
    package static let idPrefix = "ses"
}

/// Why a run did not complete.
package struct RunFailure: Sendable, Equatable {
    /// A stable word, such as `timeout`, `agent_unreachable`, `lease_lost`, or the agent's own.
    package let code: String
    /// One sentence for a person; never holds a secret.
    package let message: String
    /// Whether another try could succeed.
    package let isRetryable: Bool

    package init(code: String, message: String, isRetryable: Bool) {
        self.code = code
        self.message = message
        self.isRetryable = isRetryable
    }
}

/// The right to carry out a run, for as long as no higher epoch exists.
package struct Lease: Sendable, Hashable {
    package let runID: ID<Run>
    package let epoch: Int
    package let workerSessionID: ID<WorkerSession>

    package init(runID: ID<Run>, epoch: Int, workerSessionID: ID<WorkerSession>) {
        self.runID = runID
        self.epoch = epoch
        self.workerSessionID = workerSessionID
    }
}
