// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// A task with its latest runs: the state that commands decide on and events change.
package struct TaskAggregate: Sendable, Equatable {
    package private(set) var task: WorkTask
    /// The latest run last; earlier ones only where events of this aggregate touched them.
    package private(set) var runs: [Run]

    /// Takes over what is stored. `run` is the one that `task.runID` names.
    package init(task: WorkTask, run: Run) {
        self.task = task
        runs = [run]
    }

    /// The latest run.
    package var run: Run { runs[runs.count - 1] }

    /// The aggregate as `TaskEvent.created` makes it.
    package init(_ request: TaskRequest, in event: TaskCreation) {
        let isBlocked = request.dependencies.isBlocking
        let isScheduled = isBlocked || request.runAt.map { $0 > event.at } ?? false
        task = WorkTask(
            id: event.taskID, workspaceID: event.workspaceID, roomID: event.roomID,
            status: isScheduled ? .scheduled : .queued, agent: request.agent, priority: request.priority, version: 1,
            input: request.input, correlationID: event.correlationID, traceID: event.traceID,
            idempotencyKey: event.idempotencyKey, idempotencyHash: request.idempotencyHash, runAt: request.runAt,
            timeoutSeconds: request.timeoutSeconds, retry: request.retry, labels: request.labels,
            limits: request.limits, parentRunID: request.parentRunID, dependencies: request.dependencies,
            isBlocked: isBlocked, attempts: 0, runID: event.runID,
            createdBy: event.by, createdAt: event.at, updatedAt: event.at, lastEventID: event.eventID)
        runs = [
            Run(
                id: event.runID, workspaceID: event.workspaceID, taskID: event.taskID, number: 1,
                status: isScheduled ? .scheduled : .queued, epoch: 0, createdAt: event.at)
        ]
    }

    /// Lets `event`, recorded as `id`, happen at `time`. Total: what is on disk has happened, whatever the rules say today.
    package mutating func apply(_ event: TaskEvent, as id: UUID, at time: Timestamp) {
        task.lastEventID = id
        task.version += 1
        task.updatedAt = time
        switch event {
        case .created: task.version -= 1
        case .edited(let edit):
            task.input = edit.input ?? task.input
            task.priority = edit.priority ?? task.priority
            task.timeoutSeconds = edit.timeoutSeconds ?? task.timeoutSeconds
        case .due: queue()
        case .unblocked:
            task.isBlocked = false
            if task.runAt.map({ $0 <= time }) ?? true { queue() }
        case .claimed(let epoch, let session): hold(epoch, session, at: time)
        case .started(let epoch, let session):
            // An engine claims and starts at once; a worker outside has claimed before, under the same epoch.
            if run.epoch < epoch { hold(epoch, session, at: time) }
            changeRun { $0.startedAt = time }
        case .completed(let result), .completedByHand(let result):
            finish(.completed, run: .completed, error: nil, at: time)
            task.result = result
        case .failed(let failure, let next):
            finish(.failed, run: .failed, error: failure, at: time)
            if let next { schedule(next, at: time) }
        case .failedByHand(let failure): finish(.failed, run: .failed, error: failure, at: time)
        case .leaseLost:
            queue()
            changeRun { $0.workerSessionID = nil }
        case .released:
            queue()
            task.attempts -= 1
            changeRun { $0.workerSessionID = nil }
        case .waiting:
            task.status = .waiting
            changeRun { $0.status = .waiting }
        case .resumed:
            task.status = .running
            changeRun { $0.status = .running }
        case .cancelled: finish(.cancelled, run: .cancelled, error: nil, at: time)
        case .retriedByHand(let runID): restart(runID, replayOf: nil, at: time)
        case .replayed(let replay): restart(replay.id, replayOf: replay.of, at: time)
        }
    }

    private mutating func changeRun(_ change: (inout Run) -> Void) { change(&runs[runs.count - 1]) }

    private mutating func queue() {
        task.status = .queued
        changeRun { $0.status = .queued }
    }

    private mutating func hold(_ epoch: Int, _ session: ID<WorkerSession>, at time: Timestamp) {
        task.status = .running
        task.attempts += 1
        changeRun { run in
            run.status = .running
            run.epoch = epoch
            run.workerSessionID = session
            run.claimedAt = time
            run.startedAt = nil
        }
    }

    private mutating func finish(_ status: TaskStatus, run runStatus: RunStatus, error: RunFailure?, at time: Timestamp)
    {
        task.status = status
        task.isBlocked = false
        task.error = error
        task.finishedAt = time
        changeRun { run in
            guard !run.status.isFinal else { return }
            run.status = runStatus
            run.error = error
            run.finishedAt = time
        }
    }

    private mutating func schedule(_ next: NextRun, at time: Timestamp) {
        task.status = .scheduled
        task.finishedAt = nil
        task.runAt = next.runAt
        append(next.id, status: .scheduled, replayOf: nil, at: time)
    }

    private mutating func restart(_ runID: ID<Run>, replayOf: ID<Run>?, at time: Timestamp) {
        task.status = .queued
        task.error = nil
        task.result = nil
        task.finishedAt = nil
        task.runAt = nil
        task.attempts = 0
        append(runID, status: .queued, replayOf: replayOf, at: time)
    }

    private mutating func append(_ runID: ID<Run>, status: RunStatus, replayOf: ID<Run>?, at time: Timestamp) {
        runs.append(
            Run(
                id: runID, workspaceID: task.workspaceID, taskID: task.id, number: run.number + 1, status: status,
                epoch: 0, replayOf: replayOf, createdAt: time))
        task.runID = runID
    }
}

/// What the envelope of `task.created` says beside its body.
package struct TaskCreation: Sendable {
    package let eventID: UUID
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>
    package let runID: ID<Run>
    package let correlationID: String?
    package let traceID: String
    package let idempotencyKey: String?
    package let by: Principal
    package let at: Timestamp

    package init(
        eventID: UUID, workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>, runID: ID<Run>,
        correlationID: String?, traceID: String, idempotencyKey: String?, by: Principal, at: Timestamp
    ) {
        self.eventID = eventID
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.runID = runID
        self.correlationID = correlationID
        self.traceID = traceID
        self.idempotencyKey = idempotencyKey
        self.by = by
        self.at = at
    }
}
