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

    /// Nil when the wait was called off meanwhile.
    package func becomeDue(run due: ID<Run>) -> TaskEvent? {
        task.status == .scheduled && run.id == due ? .due : nil
    }

    package func cancel(reason: String?) throws(TaskError) -> TaskEvent {
        try require(.cancelled)
        return .cancelled(reason: reason)
    }

    package func edit(_ edit: TaskEdit) throws(TaskError) -> TaskEvent {
        guard task.status.isEditable else { throw .notEditable(task.status) }
        return .edited(edit)
    }

    package func retryByHand() throws(TaskError) -> TaskEvent {
        guard task.status.isFinal else { throw .illegalTransition(from: task.status, to: .queued) }
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
