// SPDX-License-Identifier: Apache-2.0

package import Common

/// Why a command cannot happen to a task as it is now.
package enum TaskError: Error, Sendable, Equatable {
    case illegalTransition(from: TaskStatus, to: TaskStatus)
    case notEditable(TaskStatus)
    case staleVersion(current: Int)
    /// The run is held under another epoch, or by nobody.
    case staleLease(current: Int)
}

extension TaskAggregate {
    /// The guard of optimistic updates.
    package func require(version: Int) throws(TaskError) {
        guard version == task.version else { throw .staleVersion(current: task.version) }
    }

    private func require(_ next: TaskStatus) throws(TaskError) {
        guard task.status.mayBecome(next) else { throw .illegalTransition(from: task.status, to: next) }
    }

    /// The guard of every effect: only the holder of the newest epoch of a live run may go on.
    package func requireLive(_ lease: Lease) throws(TaskError) {
        guard lease.runID == run.id, lease.epoch == run.epoch, lease.workerSessionID == run.workerSessionID,
            run.status == .running || run.status == .waiting
        else { throw .staleLease(current: run.epoch) }
    }

    package func start(by session: ID<WorkerSession>) throws(TaskError) -> TaskEvent {
        try require(.running)
        return .started(epoch: run.epoch + 1, workerSessionID: session)
    }

    /// A worker outside takes the run; it starts it later, under this epoch.
    package func claim(by session: ID<WorkerSession>) throws(TaskError) -> TaskEvent {
        try require(.running)
        return .claimed(epoch: run.epoch + 1, workerSessionID: session)
    }

    /// The holder of a claimed run starts it; nil when it has done so.
    package func begin(_ lease: Lease) throws(TaskError) -> TaskEvent? {
        try requireLive(lease)
        guard run.startedAt.map({ $0 < run.claimedAt ?? $0 }) ?? true else { return nil }
        return .started(epoch: lease.epoch, workerSessionID: lease.workerSessionID)
    }

    package func complete(_ lease: Lease, result: [UInt8]) throws(TaskError) -> TaskEvent {
        try requireLive(lease)
        return .completed(result: result)
    }

    /// A failure under the retry policy; `jitter` in 0…1, `leastPause` is what the agent asked for.
    package func fail(
        _ lease: Lease, with failure: RunFailure, at time: Timestamp, jitter: Double, leastPause: Duration = .zero
    ) throws(TaskError) -> TaskEvent {
        try requireLive(lease)
        guard failure.isRetryable, task.attempts < task.retry.maxAttempts else { return .failed(failure, next: nil) }
        let pause = max(task.retry.pause(after: task.attempts, jitter: jitter), leastPause)
        return .failed(failure, next: NextRun(id: .make(), runAt: time + pause))
    }

    /// The holder went silent. The attempt is used up, but the run waits no pause.
    package func loseLease(_ lease: Lease) throws(TaskError) -> TaskEvent {
        try requireLive(lease)
        guard task.attempts < task.retry.maxAttempts else {
            let message = "The worker that held the run went silent, and no attempt is left."
            return .failed(RunFailure(code: "lease_lost", message: message, isRetryable: true), next: nil)
        }
        return .leaseLost(epoch: lease.epoch)
    }

    /// The holder gives the run back by itself, which costs no attempt.
    package func release(_ lease: Lease, reason: String?) throws(TaskError) -> TaskEvent {
        try requireLive(lease)
        return .released(epoch: lease.epoch, reason: reason)
    }

    /// The run's time is over while its holder said nothing.
    package func timeOut(_ lease: Lease, at time: Timestamp, jitter: Double) throws(TaskError) -> TaskEvent {
        let message = "The run took longer than \(task.timeoutSeconds) seconds."
        return try fail(
            lease, with: RunFailure(code: "timeout", message: message, isRetryable: true), at: time, jitter: jitter)
    }

    /// Nil when the wait was called off meanwhile, or tasks before it are still to be waited for.
    package func becomeDue(run due: ID<Run>) -> TaskEvent? {
        task.status == .scheduled && run.id == due && !task.isBlocked ? .due : nil
    }

    /// One of the tasks before it has ended as `status`, and `openCount` have not; nil when that changes nothing yet.
    package func settle(_ status: TaskStatus, of dependency: ID<WorkTask>, openCount: Int) -> TaskEvent? {
        guard task.isBlocked, task.status == .scheduled else { return nil }
        if status != .completed {
            let reason = "\(dependency) before it was \(status == .failed ? "not completed" : "cancelled")."
            switch task.dependencies.policy {
            case .fail:
                let failure = RunFailure(code: "dependency_failed", message: reason, isRetryable: false)
                return .failed(failure, next: nil)
            case .cancel: return .cancelled(reason: reason)
            case .run: break
            }
        }
        return openCount == 0 ? .unblocked : nil
    }

    /// The run that asked for the task has ended without success; nil when the task has ended, too.
    package func loseParent() -> TaskEvent? {
        task.status.isFinal ? nil : .cancelled(reason: "The run that asked for it has ended without success.")
    }

    package func cancel(reason: String?) throws(TaskError) -> TaskEvent {
        try require(.cancelled)
        return .cancelled(reason: reason)
    }

    package func edit(_ edit: TaskEdit) throws(TaskError) -> TaskEvent {
        guard task.status.isEditable else { throw .notEditable(task.status) }
        return .edited(edit)
    }

    /// A new run that takes over the steps of an earlier one, up to `fromStep`.
    package func replay(_ replay: Replay) throws(TaskError) -> TaskEvent {
        guard task.status.isFinal else { throw .illegalTransition(from: task.status, to: .queued) }
        return .replayed(replay)
    }

    package func retryByHand() throws(TaskError) -> TaskEvent {
        guard task.status == .failed || task.status == .cancelled else {
            throw .illegalTransition(from: task.status, to: .queued)
        }
        try require(.queued)
        return .retriedByHand(.make())
    }

    package func completeByHand(result: [UInt8]) throws(TaskError) -> TaskEvent {
        try require(.completed)
        return .completedByHand(result: result)
    }

    package func failByHand(_ failure: RunFailure) throws(TaskError) -> TaskEvent {
        try require(.failed)
        return .failedByHand(failure)
    }
}
