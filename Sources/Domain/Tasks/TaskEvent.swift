// SPDX-License-Identifier: Apache-2.0

package import Common

/// Everything that can happen to a task and its runs.
package enum TaskEvent: Sendable, Equatable {
    /// What was asked for, with its first run.
    case created(TaskRequest)
    /// A person changed what is asked for while nothing had started.
    case edited(TaskEdit)
    /// Its time has come.
    case due
    /// What held it up is done: the tasks before it.
    case unblocked
    /// A worker outside claimed the run; it will say when it starts.
    case claimed(epoch: Int, workerSessionID: ID<WorkerSession>)
    /// The run starts: what an engine says with its claim, and a worker outside after it, under the same epoch.
    case started(epoch: Int, workerSessionID: ID<WorkerSession>)
    /// The agent's answer, as JSON.
    case completed(result: [UInt8])
    case failed(RunFailure, next: NextRun?)
    /// The worker went silent; the same run is queued for its next epoch.
    case leaseLost(epoch: Int)
    /// The worker gave the run back unfinished; the same run is queued for its next epoch, and the attempt is not used up.
    case released(epoch: Int, reason: String?)
    /// Its worker asked people for an approval and goes on when they have answered.
    case waiting(approvalID: ID<Approval>, epoch: Int)
    /// The last approval it waited for was answered, or nobody did in time.
    case resumed(approvalID: ID<Approval>, status: ApprovalStatus)
    case cancelled(reason: String?)
    case retriedByHand(ID<Run>)
    case replayed(Replay)
    case completedByHand(result: [UInt8])
    case failedByHand(RunFailure)

    /// The name on disk. Append-only: a name once written is never reused.
    package var name: String {
        switch self {
        case .created: "task.created"
        case .edited: "task.edited"
        case .due: "run.queued"
        case .unblocked: "task.unblocked"
        case .claimed: "run.claimed"
        case .started: "run.started"
        case .completed: "run.completed"
        case .failed: "run.failed"
        case .leaseLost: "run.lease_lost"
        case .released: "run.released"
        case .waiting: "run.waiting"
        case .resumed: "run.resumed"
        case .cancelled: "task.cancelled"
        case .retriedByHand: "task.retried"
        case .replayed: "task.replayed"
        case .completedByHand: "task.completed"
        case .failedByHand: "task.failed"
        }
    }

    /// Every name this version can read.
    package static let names = [
        "task.created", "task.edited", "run.queued", "run.started", "run.completed", "run.failed", "run.lease_lost",
        "task.cancelled", "task.retried", "task.completed", "task.failed", "task.unblocked", "run.claimed",
        "run.released", "task.replayed", "run.waiting", "run.resumed",
    ]
}

/// What a person changed; nil leaves a thing as it is.
package struct TaskEdit: Sendable, Equatable {
    /// JSON.
    package var input: [UInt8]?
    package var priority: Int?
    package var timeoutSeconds: Int?

    package init(input: [UInt8]? = nil, priority: Int? = nil, timeoutSeconds: Int? = nil) {
        self.input = input
        self.priority = priority
        self.timeoutSeconds = timeoutSeconds
    }
}

/// The run that follows a failed one.
package struct NextRun: Sendable, Equatable {
    package let id: ID<Run>
    package let runAt: Timestamp

    package init(id: ID<Run>, runAt: Timestamp) {
        self.id = id
        self.runAt = runAt
    }
}

/// A new run of a task that has ended, made by hand from an earlier one.
package struct Replay: Sendable, Equatable {
    /// The new run.
    package let id: ID<Run>
    /// The run whose steps it takes over.
    package let of: ID<Run>
    /// The first step that is done again; nil when all are.
    package let fromStep: String?

    package init(id: ID<Run>, of: ID<Run>, fromStep: String?) {
        self.id = id
        self.of = of
        self.fromStep = fromStep
    }
}
