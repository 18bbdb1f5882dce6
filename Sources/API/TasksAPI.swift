// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// The endpoints of tasks (seed 000): requests in the seed's names, answers in snake_case.
package enum TasksAPI {
    package static let create = Endpoint<CreateTaskInput, TaskView>(
        "createTask", .post, "/task", .peopleAndServices(.writeTasks), "Asks an agent for work.",
        description: """
            The same idempotency key with the same body answers the task that was made first, with \
            `Idempotency-Replayed: true`; with another body it is refused with 409.
            """,
        tag: "tasks", success: [201],
        headers: [
            ("Location", "The path of the task."),
            ("Idempotency-Replayed", "`true` when the task was made by an earlier request with the same key."),
        ],
        problems: [.conflict])

    package static let get = Endpoint<GetTaskInput, TaskView>(
        "getTask", .get, "/task/{id}", .peopleAndServices(.readTasks), "Reads a task.", tag: "tasks")

    package static let list = Endpoint<ListTasksInput, Page<TaskRow>>(
        "listTasks", .get, "/tasks", .peopleAndServices(.readTasks), "Lists tasks, newest first, without payloads.",
        description: """
            A page looks at a bounded number of tasks, so with a rare combination it can be empty and still have a \
            `next_cursor`.
            """,
        tag: "tasks")

    package static let change = Endpoint<ChangeTaskInput, TaskView>(
        "changeTask", .patch, "/task/{id}", .peopleAndServices(.writeTasks),
        "Edits, cancels, retries, completes or fails a task by hand.",
        description: """
            `ifVersion` names the version that the caller has seen; 412 answers the current one when it has changed. \
            Without `status` the other members edit a task that is queued or scheduled. With `status` they say what \
            it becomes: `cancelled` (with an optional `reason`), `queued` (a retry of a failed or cancelled task), \
            `completed` (with `result`) or `failed` (with `error`).
            """,
        tag: "tasks", problems: [.conflict, .stale, .preconditionRequired])

    package static let events = Endpoint<TaskEventsInput, Page<EventView>>(
        "listTaskEvents", .get, "/task/{id}/events", .peopleAndServices(.readEvents),
        "Lists what happened to a task, oldest first.", tag: "tasks")

    package static let catalogue: [AnyEndpoint] = [create.route, get.route, list.route, change.route, events.route]
}

/// The body of `POST /task`. Members left out are nil, so that the request can be told from one that names a default.
package struct CreateTaskInput: WireInput {
    package static let wireName = "NewTask"

    package let workspaceID: ID<Workspace>
    package let agent: String
    package let roomID: ID<Room>?
    package let input: JSONValue?
    package let correlationID: String?
    package let idempotencyKey: String?
    package let priority: Int?
    package let runAt: Timestamp?
    package let timeoutSeconds: Int?
    package let retry: RetryInput?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        agent = reader.member("agent", "The name of the agent that is to carry it out.", .string(.name, max: 63))
        roomID = reader.optional("roomId", "The room it belongs to; the default one unless given.", .id())
        input = reader.optional("input", "What the agent gets; checked against its input schema.", .anything)
        correlationID = reader.optional(
            "correlationId", "Ties tasks and logs together that belong to one matter.", .string(.token, max: 128))
        idempotencyKey = reader.optional(
            "idempotencyKey", "Makes sending the same request again harmless.", .string(.text, min: 1, max: 255))
        priority = reader.optional("priority", "Larger goes first; 5 unless given.", .integer(0...9))
        runAt = reader.optional("runAt", "Not to be started before; at once unless given.", .timestamp)
        timeoutSeconds = reader.optional(
            "timeoutSeconds", "How long one run may take; 300 unless given.", .integer(1...86_400))
        retry = reader.optional("retry", "What to do when a run fails.", .object(RetryInput.self))
    }
}

/// How often and after what pause a failed run is tried again; what is left out is as by default.
package struct RetryInput: WireInput {
    package static let wireName = "RetryPolicyInput"

    package let maxAttempts: Int?
    package let initialSeconds: Double?
    package let maxSeconds: Double?
    package let factor: Double?

    package init(_ reader: inout InputReader) {
        maxAttempts = reader.optional(
            "maxAttempts", "Tries in all, the first included; 3 unless given.", .integer(1...100))
        initialSeconds = reader.optional(
            "initialSeconds", "The pause before the second try; 1 unless given.", .number(0...86_400))
        maxSeconds = reader.optional("maxSeconds", "No pause is longer; 300 unless given.", .number(0...604_800))
        factor = reader.optional(
            "factor", "What the pause is multiplied by from try to try; 2 unless given.", .number(1...10))
    }
}

/// `GET /task/{id}`.
package struct GetTaskInput: WireInput {
    package enum Part: String, Sendable, CaseIterable { case runs, events }

    package let workspaceID: ID<Workspace>
    package let id: ID<WorkTask>
    package let include: [Part]

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("id", "The task.", .id())
        include = reader.queryList("include", "What to add to the answer.", of: .choice(Part.self), max: 2)
    }
}

/// `GET /tasks`.
package struct ListTasksInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let statuses: [TaskStatus]
    package let agent: String?
    package let roomID: ID<Room>?
    package let parentRunID: ID<Run>?
    package let label: String?
    package let correlationID: String?
    package let traceID: String?
    package let since: Timestamp?
    package let until: Timestamp?
    package let limit: Int
    package let cursor: ID<WorkTask>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        statuses = reader.queryList("status", "Only tasks in this status.", of: .choice(TaskStatus.self), max: 7)
        agent = reader.query("agent", "Only tasks of this agent.", .string(.name, max: 63))
        roomID = reader.query("roomId", "Only tasks of this room.", .id())
        parentRunID = reader.query("parentRunId", "Only tasks that this run asked for.", .id())
        label = reader.query("label", "Only tasks that carry this label.", .string(.name, max: 63))
        correlationID = reader.query(
            "correlationId", "Only tasks with this correlation id.", .string(.token, max: 128))
        traceID = reader.query("traceId", "Only tasks of this trace.", .string(.traceID, max: 32))
        since = reader.query("since", "Created at this time or later.", .timestamp)
        until = reader.query("until", "Created before this time.", .timestamp)
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// `PATCH /task/{id}`.
package struct ChangeTaskInput: WireInput {
    package static let wireName = "TaskChange"

    /// What a person can make of a task.
    package enum Status: String, Sendable, CaseIterable { case cancelled, queued, completed, failed }

    package let workspaceID: ID<Workspace>
    package let id: ID<WorkTask>
    package let ifVersion: Int?
    package let status: Status?
    package let input: JSONValue?
    package let priority: Int?
    package let timeoutSeconds: Int?
    package let result: JSONValue?
    package let error: FailureInput?
    package let reason: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("id", "The task.", .id())
        ifVersion = reader.optional(
            "ifVersion", "The version the caller has seen; 428 without it.", .integer(1...Int(Int32.max)))
        status = reader.optional("status", "What the task becomes.", .choice(Status.self))
        input = reader.optional("input", "Another input, while nothing has started.", .anything)
        priority = reader.optional("priority", "Another priority, while nothing has started.", .integer(0...9))
        timeoutSeconds = reader.optional(
            "timeoutSeconds", "Another time limit, while nothing has started.", .integer(1...86_400))
        result = reader.optional("result", "The result, with status `completed`.", .anything)
        error = reader.optional("error", "What went wrong, with status `failed`.", .object(FailureInput.self))
        reason = reader.optional("reason", "Why, with status `cancelled`.", .string(.text, max: 1000))
    }
}

/// What went wrong, as a person says it.
package struct FailureInput: WireInput {
    package static let wireName = "FailureInput"

    package let code: String
    package let message: String

    package init(_ reader: inout InputReader) {
        code = reader.member("code", "A stable word.", .string(.token, max: 64), default: "failed_by_hand")
        message = reader.member("message", "One sentence.", .string(.text, max: 1000), default: "")
    }
}

/// `GET /task/{id}/events`.
package struct TaskEventsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let id: ID<WorkTask>
    package let after: Int
    package let limit: Int

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("id", "The task.", .id())
        after = reader.query(
            "cursor", "Only events after this position: an earlier answer's `next_cursor`.",
            .integer(0...Int(Int64.max)),
            default: 0)
        limit = reader.query("limit", "How many at most.", .integer(1...500), default: 100)
    }
}
