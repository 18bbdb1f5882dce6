// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

extension StepStatus: WireEnum {}

/// What workers do within the runs they hold: steps. Every call of theirs carries the lease.
package enum StepsAPI {
    package static let start = Endpoint<StartStepInput, StepView>(
        "startStep", .post, "/v1/runs/{run_id}/steps", .workers(.workRuns), "Starts a step of a run.",
        description: """
            A step is found again by its key: 200 answers the one that is there. If it is `completed`, its `output` \
            stands in for doing it again; if its worker is gone, it is `running` under this epoch now. Anything else \
            is for the same worker to go on with.
            """,
        tag: "steps", success: [201, 200], problems: [.conflict], isIdempotent: true)

    package static let list = Endpoint<ListStepsInput, Page<StepView>>(
        "listSteps", .get, "/v1/runs/{run_id}/steps", .peopleAndServices(.readRuns),
        "Lists the steps of a run in their order.",
        description: "A page ends early once payloads of 4 MiB are in it.", tag: "steps")

    package static let get = Endpoint<StepInput, StepView>(
        "getStep", .get, "/v1/steps/{step_id}", .peopleAndServices(.readRuns), "Reads a step.", tag: "steps")

    package static let complete = Endpoint<CompleteStepInput, StepView>(
        "completeStep", .post, "/v1/steps/{step_id}/complete", .workers(.workRuns), "Says that a step is done.",
        description: "A step that is completed already stays as it is.", tag: "steps", problems: [.conflict],
        isIdempotent: true)

    package static let fail = Endpoint<FailStepInput, StepView>(
        "failStep", .post, "/v1/steps/{step_id}/fail", .workers(.workRuns), "Says that a step did not succeed.",
        description: "The run goes on; whether to fail it, too, is for its worker to say.", tag: "steps",
        problems: [.conflict], isIdempotent: true)

    package static let catalogue: [AnyEndpoint] = [start.route, list.route, get.route, complete.route, fail.route]
}

extension Shape where Value == String {
    /// The worker's own word for a step or a tool call: it goes into headers of others as part of an idempotency key.
    static var workKey: Shape<String> { .string(.token, min: 1, max: 128) }
}

/// `POST /v1/runs/{run_id}/steps`.
package struct StartStepInput: WireInput {
    package static let wireName = "NewStep"

    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>
    package let lease: LeaseInput
    package let key: String
    package let name: String?
    package let kind: String?
    package let input: JSONValue?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.path("run_id", "The run.", .id())
        lease = reader.lease()
        key = reader.member("key", "The worker's own word for the step, unique within the run.", .workKey)
        name = reader.optional("name", "What people call it; the key unless given.", .string(.text, min: 1, max: 200))
        kind = reader.optional("kind", "What sort of step it is.", .string(.token, min: 1, max: 64))
        input = reader.optional("input", "What it works on.", .anything)
    }
}

/// `GET /v1/runs/{run_id}/steps`.
package struct ListStepsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>
    package let hasPayloads: Bool
    package let limit: Int
    package let cursor: Int

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.path("run_id", "The run.", .id())
        hasPayloads = reader.pagePayloads("`input` and `output`")
        limit = reader.pageLimit()
        cursor = reader.query(
            "cursor", "Where an earlier answer ended: its `next_cursor`.", .integer(0...Int(Int32.max)), default: 0)
    }
}

/// Names a step in a path.
package struct StepInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let id: ID<Step>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("step_id", "The step.", .id())
    }
}

/// `POST /v1/steps/{step_id}/complete`.
package struct CompleteStepInput: WireInput {
    package static let wireName = "StepCompletion"

    package let workspaceID: ID<Workspace>
    package let id: ID<Step>
    package let lease: LeaseInput
    package let output: JSONValue?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("step_id", "The step.", .id())
        lease = reader.lease()
        output = reader.optional("output", "What came of it.", .anything)
    }
}

/// `POST /v1/steps/{step_id}/fail`.
package struct FailStepInput: WireInput {
    package static let wireName = "StepFailure"

    package let workspaceID: ID<Workspace>
    package let id: ID<Step>
    package let lease: LeaseInput
    package let error: WorkFailureInput

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("step_id", "The step.", .id())
        lease = reader.lease()
        error = reader.member("error", "What went wrong.", .object(WorkFailureInput.self))
    }
}

/// What went wrong, as a worker says it.
package struct WorkFailureInput: WireInput {
    package static let wireName = "WorkFailure"

    package let code: String
    package let message: String
    package let isRetryable: Bool

    package init(_ reader: inout InputReader) {
        code = reader.member("code", "A stable word.", .string(.token, min: 1, max: 64))
        message = reader.member("message", "One sentence; no secrets.", .string(.text, max: 4000), default: "")
        isRetryable = reader.member("retryable", "Whether another try could succeed.", .bool, default: false)
    }

    /// The same in the domain's words.
    package var failure: RunFailure { RunFailure(code: code, message: message, isRetryable: isRetryable) }
}

/// A unit of work within a run.
package struct StepView: WireObject {
    package static let wireName = "Step"

    package let step: Step

    package init(_ step: Step) { self.step = step }

    package static let fields: [Field<StepView>] = [
        Field("step_id", "Names the step.") { $0.step.id },
        Field("workspace_id", "The workspace it belongs to.") { $0.step.workspaceID.rawValue },
        Field("room_id", "The room in whose stream it is told.") { $0.step.roomID },
        Field("task_id", "The task.") { $0.step.taskID },
        Field("run_id", "The run.") { $0.step.runID },
        Field("key", "The worker's own word for it.") { $0.step.key },
        Field("number", "1 for the run's first step.") { $0.step.number },
        Field("name", "What people call it.") { $0.step.name },
        Field("kind", "What sort of step it is; null when not said.") { $0.step.kind },
        Field("status", "Where it stands; `abandoned` when its run ended or was taken over while it was running.") {
            $0.step.status
        },
        Field("attempt", "How often it was started; 0 for one that was carried over.") { $0.step.attempt },
        Field("epoch", "The epoch under which it was started last; 0 for one that was carried over.") {
            $0.step.epoch
        },
        Field("input", "What it works on; null without, and where payloads were left out.") {
            $0.step.input.map { WireJSON(trusted: $0) }
        },
        Field(
            "output", "What came of it; null unless completed with any, and where payloads were left out."
        ) {
            $0.step.output.map { WireJSON(trusted: $0) }
        },
        Field("error", "What went wrong; null unless failed.") { $0.step.error.map(FailureView.init) },
        Field("carried_from_step_id", "The step of an earlier run that it stands for; null for one of its own.") {
            $0.step.carriedFrom
        },
        Field("started_at", "When it was started last.") { $0.step.startedAt },
        Field("finished_at", "When it ended; null before.") { $0.step.finishedAt },
    ]
}
