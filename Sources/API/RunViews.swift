// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

extension TaskDependencies.Policy: WireEnum {}

/// A run in a list, with what it has from its task.
package struct RunRow: WireObject {
    package let run: Run
    package let task: WorkTask

    package init(_ run: Run, of task: WorkTask) {
        self.run = run
        self.task = task
    }

    package static let fields: [Field<RunRow>] = fields(of: { $0 })

    static func fields<Owner>(of row: @escaping @Sendable (Owner) -> RunRow) -> [Field<Owner>] {
        [
            Field("run_id", "Names the run.") { row($0).run.id },
            Field("task_id", "Its task.") { row($0).task.id },
            Field("workspace_id", "The workspace it belongs to.") { row($0).task.workspaceID.rawValue },
            Field("room_id", "The room it belongs to.") { row($0).task.roomID },
            Field("agent", "Who carries it out.") { row($0).task.agent },
            Field("number", "1 for the task's first run.") { row($0).run.number },
            Field("status", "Where it stands.") { row($0).run.status },
            Field("epoch", "How often it was claimed.") { row($0).run.epoch },
            Field("labels", "By which it can be claimed beside its agent.") { row($0).task.labels },
            Field("priority", "Larger goes first.") { row($0).task.priority },
            Field("attempt", "Starts of its task used up so far.") { row($0).task.attempts },
            Field("max_attempts", "Starts of its task in all.") { row($0).task.retry.maxAttempts },
            Field("parent_run_id", "The run that asked for it; null without.") { row($0).task.parentRunID },
            Field("replay_of_run_id", "The run whose steps it took over; null without.") { row($0).run.replayOf },
            Field("worker_session_id", "Who holds or held it; null before.") { row($0).run.workerSessionID },
            Field("error", "What went wrong; null when nothing did.") { row($0).run.error.map(FailureView.init) },
            Field("correlation_id", "What ties it to others; null without.") { row($0).task.correlationID },
            Field("trace_id", "The W3C trace it belongs to.") { row($0).task.traceID },
            Field("run_at", "When it is or was to be queued; null for at once.") { row($0).task.runAt },
            Field("created_at", "When it was made.") { row($0).run.createdAt },
            Field("claimed_at", "When its holder got it; null before.") { row($0).run.claimedAt },
            Field("started_at", "When it was last started; null before.") { row($0).run.startedAt },
            Field("finished_at", "When it ended; null before.") { row($0).run.finishedAt },
        ]
    }
}

/// A run with its payloads and all that its task asks for.
package struct RunDetailView: WireObject {
    package static let wireName = "RunDetail"

    package let row: RunRow

    package init(_ run: Run, of task: WorkTask) { row = RunRow(run, of: task) }

    package static let fields: [Field<RunDetailView>] =
        RunRow.fields(of: \.row) + [
            Field("input", "What the agent gets.") { WireJSON(trusted: $0.row.task.input) },
            Field("result", "What the agent answered; null unless its task has completed.") {
                $0.row.task.result.map { WireJSON(trusted: $0) }
            },
            Field("timeout_seconds", "How long one run may take.") { $0.row.task.timeoutSeconds },
            Field("retry", "What is done when a run fails.") { RetryView($0.row.task.retry) },
            Field("idempotency_key", "The key it was made with; null without.") { $0.row.task.idempotencyKey },
            Field("limits", "What it counts against.") { $0.row.task.limits.map(LimitUseView.init) },
            Field("after_task_ids", "The tasks that had to complete before.") { $0.row.task.dependencies.after },
            Field("on_dependency_failure", "What happens when one of them does not.") {
                $0.row.task.dependencies.policy
            },
            Field("blocked", "Whether it still waits for one of them.") { $0.row.task.isBlocked },
            Field("created_by", "Who asked for it.") { $0.row.task.createdBy.text },
            Field("task_status", "Where its task stands.") { $0.row.task.status },
            Field("task_version", "Rises with every change of its task.") { $0.row.task.version },
        ]
}

/// One key of a limit.
package struct LimitUseView: WireObject {
    package static let wireName = "LimitUseOfRun"

    package let use: LimitUse

    package init(_ use: LimitUse) { self.use = use }

    package static let fields: [Field<LimitUseView>] = [
        Field("name", "The limit.") { $0.use.name },
        Field("key", "What it is counted for.") { $0.use.key },
    ]
}

/// What became of a request about many runs.
package struct BulkView: WireObject {
    package static let wireName = "BulkOutcome"

    package let matched: Int
    package let changed: Int
    package let hasMore: Bool

    package init(matched: Int, changed: Int, hasMore: Bool) {
        self.matched = matched
        self.changed = changed
        self.hasMore = hasMore
    }

    package static let fields: [Field<BulkView>] = [
        Field("matched", "Runs that fit, up to the limit.") { $0.matched },
        Field("changed", "Runs that were changed; not those that changed by themselves meanwhile.") { $0.changed },
        Field("has_more", "Whether more fit than the limit; ask again.") { $0.hasMore },
    ]
}

/// What became of a request to replay many runs.
package struct BulkReplayView: WireObject {
    package static let wireName = "BulkReplayOutcome"

    package let matched: Int
    package let runs: [ReplayedRunView]
    package let next: ID<WorkTask>?

    package init(matched: Int, runs: [ReplayedRunView], next: ID<WorkTask>?) {
        self.matched = matched
        self.runs = runs
        self.next = next
    }

    package static let fields: [Field<BulkReplayView>] = [
        Field("matched", "Runs that fit, up to the limit.") { $0.matched },
        Field("changed", "Runs that were made; not of tasks that went on by themselves meanwhile.") { $0.runs.count },
        Field("has_more", "Whether more fit than the limit.") { $0.next != nil },
        Field("next_cursor", "Send it as `cursor` to go on; null at the end.") { $0.next },
        Field("runs", "Those that were made, newest task first.") { $0.runs },
    ]
}

/// A run that replays another one.
package struct ReplayedRunView: WireObject {
    package static let wireName = "ReplayedRun"

    package let runID: ID<Run>
    package let replayOf: ID<Run>

    package init(runID: ID<Run>, replayOf: ID<Run>) {
        self.runID = runID
        self.replayOf = replayOf
    }

    package static let fields: [Field<ReplayedRunView>] = [
        Field("run_id", "The new run.") { $0.runID },
        Field("replay_of_run_id", "The run that it replays.") { $0.replayOf },
    ]
}
