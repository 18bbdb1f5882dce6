// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// Runs as people and programs ask for them (seed 004); what workers do with them is in `RunWorkAPI`.
package enum RunsAPI {
    package static let create = Endpoint<NewRunInput, RunDetailView>(
        "createRun", .post, "/v1/runs", .workers(.writeRuns), "Asks an agent for work: a task with its first run.",
        description: """
            The same idempotency key with the same body answers the run of the task that was made first, with \
            `Idempotency-Replayed: true`; with another body it is refused with 409. A run with `after` starts when the \
            tasks of those runs have completed; `on_dependency_failure` says what happens when one of them does not. A \
            run with `parent_run_id` is cancelled when that run ends without success.
            """,
        tag: "runs", success: [201],
        headers: [
            ("Location", "The path of the run."),
            ("Idempotency-Replayed", "`true` when the run was made by an earlier request with the same key."),
        ],
        problems: [.conflict])

    package static let list = Endpoint<ListRunsInput, Page<RunRow>>(
        "listRuns", .get, "/v1/runs", .workers(.readRuns), "Lists the latest run of each task, newest task first.",
        description: """
            With `task_id` all runs of that task are listed, newest first, and nothing else restricts. A page looks at a \
            bounded number of tasks, so with a rare combination it can be empty and still have a `next_cursor`.
            """,
        tag: "runs")

    package static let get = Endpoint<RunInput, RunDetailView>(
        "getRun", .get, "/v1/runs/{run_id}", .workers(.readRuns), "Reads a run with input and result.", tag: "runs")

    package static let cancel = Endpoint<CancelRunInput, RunDetailView>(
        "cancelRun", .post, "/v1/runs/{run_id}/cancel", .peopleAndServices(.writeRuns),
        "Cancels the task of a run; runs that it asked for follow.", tag: "runs", problems: [.conflict])

    package static let replay = Endpoint<ReplayRunInput, RunDetailView>(
        "replayRun", .post, "/v1/runs/{run_id}/replay", .peopleAndServices(.writeRuns),
        "Makes a new run of a task that has ended.",
        description: """
            With `from_step` the completed steps before it are taken over into the new run, so that its worker gets their \
            outputs instead of doing them again.
            """,
        tag: "runs", success: [201], headers: [("Location", "The path of the new run.")], problems: [.conflict])

    package static let cancelAll = Endpoint<CancelRunsInput, BulkView>(
        "cancelRuns", .post, "/v1/runs/cancel", .peopleAndServices(.writeRuns),
        "Cancels every run that has not ended and fits a filter.",
        description: "Ask again while `has_more` says so. With `dry_run` nothing changes.", tag: "runs")

    package static let replayAll = Endpoint<ReplayRunsInput, BulkReplayView>(
        "replayRuns", .post, "/v1/runs/replay", .peopleAndServices(.writeRuns),
        "Makes new runs of tasks that have ended and fit a filter.",
        description: """
            The latest run of each task counts; everything is done again, no steps are taken over. What a replay makes can end             and fit again, so ask for the rest with `next_cursor` while `has_more` says so, under another idempotency key. The             same key with the same body means the same runs for ever: what is missing of them is made, and the answer is the             same, with `Idempotency-Replayed: true`; with another body it is refused with 409. With `dry_run` nothing changes.
            """,
        tag: "runs",
        headers: [
            ("Idempotency-Replayed", "`true` when an earlier request with the same key said which runs are meant.")
        ],
        problems: [.conflict])

    package static let deadLetters = Endpoint<DeadLettersInput, Page<RunRow>>(
        "listDeadLetters", .get, "/v1/dead-letters", .peopleAndServices(.readRuns),
        "Lists runs that failed for good, newest task first.",
        description: """
            A page looks at a bounded number of tasks, so with a rare combination it can be empty and still have a \
            `next_cursor`.
            """,
        tag: "runs")

    package static let retryDeadLetters = Endpoint<RetryDeadLettersInput, BulkView>(
        "retryDeadLetters", .post, "/v1/dead-letters/retry", .peopleAndServices(.writeRuns),
        "Tries runs again that failed for good and fit a filter.",
        description: "Ask again while `has_more` says so. With `dry_run` nothing changes.", tag: "runs")

    package static let catalogue: [AnyEndpoint] = [
        create.route, list.route, get.route, cancel.route, replay.route, cancelAll.route, replayAll.route,
        deadLetters.route, retryDeadLetters.route,
    ]
}

/// The body of `POST /v1/runs`. Members left out are nil, so that the request can be told from one that names a default.
package struct NewRunInput: WireInput {
    package static let wireName = "NewRun"

    package let workspaceID: ID<Workspace>
    package let agent: String
    package let input: JSONValue?
    package let roomID: ID<Room>?
    package let labels: [String]
    package let priority: Int?
    package let runAt: Timestamp?
    package let timeoutSeconds: Int?
    package let retry: RunRetryInput?
    package let correlationID: String?
    package let idempotencyKey: String?
    package let parentRunID: ID<Run>?
    package let after: [ID<Run>]
    package let dependencyPolicy: TaskDependencies.Policy?
    package let limits: [LimitUseInput]

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        agent = reader.member("agent", "Who carries it out.", .string(.name, max: 63))
        input = reader.optional("input", "What the agent gets; an empty object unless given.", .anything)
        roomID = reader.optional("room_id", "The room it belongs to; the parent's, or the default one.", .id())
        labels =
            reader.optional(
                "labels", "By which it can be claimed beside its agent.",
                .array(of: .string(.name, max: 63), max: 8, unique: true)) ?? []
        priority = reader.optional("priority", "0 to 9, larger goes first; 5 unless given.", .integer(0...9))
        runAt = reader.optional("run_at", "Not before this time.", .timestamp)
        timeoutSeconds = reader.optional(
            "timeout_seconds", "How long one run may take; 300 unless given.", .integer(1...86_400))
        retry = reader.optional("retry", "What is done when a run fails.", .object(RunRetryInput.self))
        correlationID = reader.optional("correlation_id", "What ties it to others.", .string(.token, max: 128))
        idempotencyKey = reader.optional(
            "idempotency_key", "Makes the request safe to repeat.", .string(.token, max: 128))
        parentRunID = reader.optional("parent_run_id", "The run that asks for it.", .id())
        after =
            reader.optional(
                "after", "Runs whose tasks have to complete before.", .array(of: .id(), max: 50, unique: true)) ?? []
        dependencyPolicy = reader.optional(
            "on_dependency_failure", "What happens when one before it does not complete; `fail` unless given.",
            .choice())
        limits =
            reader.optional(
                "limits", "What it counts against.", .array(of: .object(LimitUseInput.self), max: 4, unique: true))
            ?? []
    }
}

/// One key of a limit.
package struct LimitUseInput: WireInput {
    package static let wireName = "LimitUse"

    package let name: String
    package let key: String

    package init(_ reader: inout InputReader) {
        name = reader.member("name", "The limit.", .string(.name, max: 63))
        key = reader.member(
            "key", "What it is counted for, such as a customer.", .string(.token, max: 128), default: "all")
    }
}

/// How often and after what pause a failed run is tried again; what is left out is as by default.
package struct RunRetryInput: WireInput {
    package static let wireName = "RunRetryPolicy"

    package let maxAttempts: Int?
    package let initialSeconds: Double?
    package let maxSeconds: Double?
    package let factor: Double?

    package init(_ reader: inout InputReader) {
        maxAttempts = reader.optional(
            "max_attempts", "Tries in all, the first included; 3 unless given.", .integer(1...100))
        initialSeconds = reader.optional(
            "initial_seconds", "The pause before the second try; 1 unless given.", .number(0...86_400))
        maxSeconds = reader.optional("max_seconds", "No pause is longer; 300 unless given.", .number(0...604_800))
        factor = reader.optional(
            "factor", "What the pause is multiplied by from try to try; 2 unless given.", .number(1...10))
    }
}

/// Names a run in a path.
package struct RunInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.path("run_id", "The run.", .id())
    }
}

/// `GET /v1/runs`.
package struct ListRunsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let filter: RunFilterQuery
    package let taskID: ID<WorkTask>?
    package let limit: Int
    package let cursor: ID<WorkTask>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        filter = RunFilterQuery(&reader)
        taskID = reader.query("task_id", "All runs of this task.", .id())
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// Which runs a list shows, as query parameters.
package struct RunFilterQuery: Sendable {
    package let statuses: [TaskStatus]
    package let agent: String?
    package let roomID: ID<Room>?
    package let parentRunID: ID<Run>?
    package let label: String?
    package let correlationID: String?
    package let since: Timestamp?
    package let until: Timestamp?

    init(_ reader: inout InputReader) {
        statuses = reader.queryList("status", "Only runs in this status.", of: .choice(TaskStatus.self), max: 7)
        agent = reader.query("agent", "Only runs of this agent.", .string(.name, max: 63))
        roomID = reader.query("room_id", "Only runs of this room.", .id())
        parentRunID = reader.query("parent_run_id", "Only runs that this run asked for.", .id())
        label = reader.query("label", "Only runs that carry this label.", .string(.name, max: 63))
        correlationID = reader.query(
            "correlation_id", "Only runs with this correlation id.", .string(.token, max: 128))
        since = reader.query("since", "Of tasks created at this time or later.", .timestamp)
        until = reader.query("until", "Of tasks created before this time.", .timestamp)
    }
}

/// `POST /v1/runs/{run_id}/cancel`.
package struct CancelRunInput: WireInput {
    package static let wireName = "RunCancellation"

    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>
    package let reason: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.path("run_id", "The run.", .id())
        reason = reader.optional("reason", "Why.", .string(.text, max: 1000))
    }
}

/// `POST /v1/runs/{run_id}/replay`.
package struct ReplayRunInput: WireInput {
    package static let wireName = "RunReplay"

    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>
    package let fromStep: ID<Step>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.path("run_id", "The run.", .id())
        fromStep = reader.optional("from_step", "The first step that is done again; all unless given.", .id())
    }
}
