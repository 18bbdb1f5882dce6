// SPDX-License-Identifier: Apache-2.0

import Common
package import Domain

extension TaskStatus: WireEnum {}
extension RunStatus: WireEnum {}
extension Zone: WireEnum {}

/// A task with its payloads, and on request its runs and events.
package struct TaskView: WireObject {
    package static let wireName = "Task"

    package let task: WorkTask
    package let runs: [Run]?
    package let events: [RecordedEvent]?

    package init(_ task: WorkTask, runs: [Run]? = nil, events: [RecordedEvent]? = nil) {
        self.task = task
        self.runs = runs
        self.events = events
    }

    package static let fields: [Field<TaskView>] =
        TaskRow.fields(of: \.task) + [
            Field("input", "What the agent gets.") { WireJSON(trusted: $0.task.input) },
            Field("result", "What the agent answered; null unless completed.") {
                $0.task.result.map { WireJSON(trusted: $0) }
            },
            .ifPresent("runs", "Its executions, newest first; on request.") { $0.runs?.map(RunView.init) },
            .ifPresent("events", "What happened to it, oldest first; on request, the first 500.") {
                $0.events?.map(EventView.init)
            },
        ]
}

/// A task in a list: everything but its payloads.
package struct TaskRow: WireObject {
    package let task: WorkTask

    package init(_ task: WorkTask) { self.task = task }

    package static let fields: [Field<TaskRow>] = fields(of: \.task)

    static func fields<Owner>(of task: @escaping @Sendable (Owner) -> WorkTask) -> [Field<Owner>] {
        [
            Field("id", "Names the task.") { task($0).id },
            Field("workspace_id", "The workspace it belongs to.") { task($0).workspaceID.rawValue },
            Field("room_id", "The room it belongs to.") { task($0).roomID },
            Field("status", "Where it stands.") { task($0).status },
            Field("agent", "Who carries it out.") { task($0).agent },
            Field("labels", "By which it can be claimed beside its agent.") { task($0).labels },
            Field("priority", "Larger goes first.") { task($0).priority },
            Field("version", "Rises with every change; name it as `ifVersion`.") { task($0).version },
            Field("run_id", "Its latest run.") { task($0).runID },
            Field("attempts", "Starts used up so far.") { task($0).attempts },
            Field("error", "What went wrong last; null when nothing did.") { task($0).error.map(FailureView.init) },
            Field("parent_run_id", "The run that asked for it; null without.") { task($0).parentRunID },
            Field("correlation_id", "What ties it to others; null without.") { task($0).correlationID },
            Field("trace_id", "The W3C trace it belongs to.") { task($0).traceID },
            Field("idempotency_key", "The key it was made with; null without.") { task($0).idempotencyKey },
            Field("timeout_seconds", "How long one run may take.") { task($0).timeoutSeconds },
            Field("retry", "What is done when a run fails.") { RetryView(task($0).retry) },
            Field("created_by", "Who asked for it.") { task($0).createdBy.text },
            Field("run_at", "When it is or was to be queued; null for at once.") { task($0).runAt },
            Field("created_at", "When it was asked for.") { task($0).createdAt },
            Field("updated_at", "When it changed last.") { task($0).updatedAt },
            Field("finished_at", "When it ended; null before.") { task($0).finishedAt },
        ]
    }
}

/// Why a run did not complete.
package struct FailureView: WireObject {
    package static let wireName = "Failure"

    package let failure: RunFailure

    package init(_ failure: RunFailure) { self.failure = failure }

    package static let fields: [Field<FailureView>] = [
        Field("code", "A stable word, such as `timeout`.") { $0.failure.code },
        Field("message", "One sentence for a person.") { $0.failure.message },
        Field("retryable", "Whether another try could have succeeded.") { $0.failure.isRetryable },
    ]
}

/// How often and after what pause a failed run is tried again.
package struct RetryView: WireObject {
    package static let wireName = "RetryPolicy"

    package let retry: TaskRetryPolicy

    package init(_ retry: TaskRetryPolicy) { self.retry = retry }

    package static let fields: [Field<RetryView>] = [
        Field("max_attempts", "Tries in all.") { $0.retry.maxAttempts },
        Field("initial_seconds", "The pause before the second try.") { $0.retry.initialSeconds },
        Field("max_seconds", "No pause is longer.") { $0.retry.maxSeconds },
        Field("factor", "What the pause is multiplied by from try to try.") { $0.retry.factor },
    ]
}

/// One execution of a task.
package struct RunView: WireObject {
    package static let wireName = "Run"

    package let run: Run

    package init(_ run: Run) { self.run = run }

    package static let fields: [Field<RunView>] = [
        Field("id", "Names the run.") { $0.run.id },
        Field("task_id", "Its task.") { $0.run.taskID },
        Field("number", "1 for the task's first run.") { $0.run.number },
        Field("status", "Where it stands.") { $0.run.status },
        Field("epoch", "How often it was claimed.") { $0.run.epoch },
        Field("worker_session_id", "Who holds or held it; null before.") { $0.run.workerSessionID },
        Field("error", "What went wrong; null when nothing did.") { $0.run.error.map(FailureView.init) },
        Field("created_at", "When it was made.") { $0.run.createdAt },
        Field("started_at", "When it was last started; null before.") { $0.run.startedAt },
        Field("finished_at", "When it ended; null before.") { $0.run.finishedAt },
    ]
}
