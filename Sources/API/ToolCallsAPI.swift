// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

extension ToolCallStatus: WireEnum {}

/// What workers do within their steps: tool calls. Every call of theirs carries the lease.
package enum ToolCallsAPI {
    package static let start = Endpoint<StartToolCallInput, ToolCallView>(
        "startToolCall", .post, "/v1/steps/{step_id}/toolcalls", .workers(.workRuns),
        "Says that a tool is being called.",
        description: """
            With a `key` the call is found again: 200 answers the one that is there. If it `succeeded`, its `result` \
            stands in for calling again; if its worker is gone, it is `running` under this epoch now. Hand \
            `idempotency_key` to the tool, so that it can tell a repetition.
            """,
        tag: "toolcalls", success: [201, 200], problems: [.conflict])

    package static let list = Endpoint<ListToolCallsInput, Page<ToolCallView>>(
        "listToolCalls", .get, "/v1/toolcalls", .peopleAndServices(.readRuns), "Lists tool calls, newest first.",
        description: "A page ends early once payloads of 4 MiB are in it.", tag: "toolcalls")

    package static let get = Endpoint<ToolCallInput, ToolCallView>(
        "getToolCall", .get, "/v1/toolcalls/{tool_call_id}", .peopleAndServices(.readRuns), "Reads a tool call.",
        tag: "toolcalls")

    package static let succeed = Endpoint<SucceedToolCallInput, ToolCallView>(
        "succeedToolCall", .post, "/v1/toolcalls/{tool_call_id}/succeed", .workers(.workRuns),
        "Says that a tool call succeeded.", description: "One that succeeded already stays as it is.",
        tag: "toolcalls", problems: [.conflict], isIdempotent: true)

    package static let fail = Endpoint<FailToolCallInput, ToolCallView>(
        "failToolCall", .post, "/v1/toolcalls/{tool_call_id}/fail", .workers(.workRuns),
        "Says that a tool call did not succeed.", tag: "toolcalls", problems: [.conflict], isIdempotent: true)

    package static let catalogue: [AnyEndpoint] = [start.route, list.route, get.route, succeed.route, fail.route]
}

/// `POST /v1/steps/{step_id}/toolcalls`.
package struct StartToolCallInput: WireInput {
    package static let wireName = "NewToolCall"

    package let workspaceID: ID<Workspace>
    package let stepID: ID<Step>
    package let lease: LeaseInput
    package let tool: String
    package let key: String?
    package let arguments: JSONValue?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        stepID = reader.path("step_id", "The step, which must be under way.", .id())
        lease = reader.lease()
        tool = reader.member("tool", "The tool's name.", .toolName)
        key = reader.optional("key", "The worker's own word for the call, unique within the step.", .workKey)
        arguments = reader.optional("arguments", "What the tool is given; no secrets.", .anything)
    }
}

/// `GET /v1/toolcalls`.
package struct ListToolCallsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>?
    package let stepID: ID<Step>?
    package let tool: String?
    package let status: ToolCallStatus?
    package let hasPayloads: Bool
    package let limit: Int
    package let cursor: ID<ToolCall>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.query("run_id", "Only those of this run.", .id())
        stepID = reader.query("step_id", "Only those of this step.", .id())
        tool = reader.query("tool", "Only calls of this tool.", .toolName)
        status = reader.query("status", "Only those in this status.", .choice(ToolCallStatus.self))
        hasPayloads = reader.pagePayloads("`arguments` and `result`")
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// Names a tool call in a path.
package struct ToolCallInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let id: ID<ToolCall>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("tool_call_id", "The tool call.", .id())
    }
}

/// `POST /v1/toolcalls/{tool_call_id}/succeed`.
package struct SucceedToolCallInput: WireInput {
    package static let wireName = "ToolCallSuccess"

    package let workspaceID: ID<Workspace>
    package let id: ID<ToolCall>
    package let lease: LeaseInput
    package let result: JSONValue?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("tool_call_id", "The tool call.", .id())
        lease = reader.lease()
        result = reader.optional("result", "What the tool answered; no secrets.", .anything)
    }
}

/// `POST /v1/toolcalls/{tool_call_id}/fail`.
package struct FailToolCallInput: WireInput {
    package static let wireName = "ToolCallFailure"

    package let workspaceID: ID<Workspace>
    package let id: ID<ToolCall>
    package let lease: LeaseInput
    package let error: WorkFailureInput

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("tool_call_id", "The tool call.", .id())
        lease = reader.lease()
        error = reader.member("error", "What went wrong.", .object(WorkFailureInput.self))
    }
}

extension Shape where Value == String {
    /// A tool's name, such as `mail.send`.
    static var toolName: Shape<String> { .string(.token, min: 1, max: 128) }
}

/// An invocation of a tool within a step.
package struct ToolCallView: WireObject {
    package static let wireName = "ToolCall"

    package let call: ToolCall

    package init(_ call: ToolCall) { self.call = call }

    package static let fields: [Field<ToolCallView>] = [
        Field("tool_call_id", "Names the tool call.") { $0.call.id },
        Field("workspace_id", "The workspace it belongs to.") { $0.call.workspaceID.rawValue },
        Field("room_id", "The room in whose stream it is told.") { $0.call.roomID },
        Field("task_id", "The task.") { $0.call.taskID },
        Field("run_id", "The run.") { $0.call.runID },
        Field("step_id", "The step.") { $0.call.stepID },
        Field("tool", "The tool's name.") { $0.call.tool },
        Field("key", "The worker's own word for it; null without.") { $0.call.key },
        Field("status", "Where it stands; `abandoned` when its run ended or was taken over while it was running.") {
            $0.call.status
        },
        Field("attempt", "How often it was started.") { $0.call.attempt },
        Field("epoch", "The epoch under which it was started last.") { $0.call.epoch },
        Field("idempotency_key", "The same in every run and epoch of the task; null without a key.") {
            $0.call.idempotencyKey
        },
        Field("arguments", "What the tool is given; null without, and where payloads were left out.") {
            $0.call.arguments.map { WireJSON(trusted: $0) }
        },
        Field("result", "What the tool answered; null unless it succeeded with any, and where payloads were left out.")
        {
            $0.call.result.map { WireJSON(trusted: $0) }
        },
        Field("error", "What went wrong; null unless failed.") { $0.call.error.map(FailureView.init) },
        Field("started_at", "When it was started last.") { $0.call.startedAt },
        Field("finished_at", "When it ended; null before.") { $0.call.finishedAt },
    ]
}
