// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

extension ApprovalStatus: WireEnum {}

/// Questions to people. Workers ask, people answer.
package enum ApprovalsAPI {
    package static let request = Endpoint<RequestApprovalInput, ApprovalView>(
        "requestApproval", .post, "/v1/approvals", .workers(.requestApprovals), "Asks people about an action.",
        description: """
            A worker names its run and shows its lease: the run is `waiting` until all it asked for is answered. \
            Others may ask about a run, or about nothing but a room, and nothing waits. An approval is for exactly \
            these arguments, is answered once, and expires. With an idempotency key, what the caller has asked for with \
            this key about the same run (or in the same room, without a run) is answered with 200, whatever has become of \
            it; a worker that took the run over waits for it from then on.
            """,
        tag: "approvals", success: [201, 200], problems: [.conflict, .notFound])

    package static let list = Endpoint<ListApprovalsInput, Page<ApprovalView>>(
        "listApprovals", .get, "/v1/approvals", .peopleAndServices(.readApprovals), "Lists approvals, newest first.",
        tag: "approvals")

    package static let get = Endpoint<ApprovalInput, ApprovalView>(
        "getApproval", .get, "/v1/approvals/{approval_id}", .workers(.readApprovals), "Reads an approval.",
        description: "A worker reads those that its agent asked for.", tag: "approvals")

    package static let decide = Endpoint<DecideApprovalInput, ApprovalView>(
        "decideApproval", .post, "/v1/approvals/{approval_id}/decide", .people(.decideApprovals),
        "Answers an approval.",
        description: """
            `hold` puts the answer off: it can be approved or denied later, until it expires. After that, and once it \
            is approved, denied or cancelled, the answer is 409.
            """,
        tag: "approvals", problems: [.conflict])

    package static let catalogue: [AnyEndpoint] = [request.route, list.route, get.route, decide.route]
}

extension ApprovalDecision: WireEnum {}

/// `POST /v1/approvals`.
package struct RequestApprovalInput: WireInput {
    package static let wireName = "NewApproval"

    package let workspaceID: ID<Workspace>
    package let lease: LeaseInput?
    package let runID: ID<Run>?
    package let stepID: ID<Step>?
    package let roomID: ID<Room>?
    package let action: Action
    package let summary: String?
    package let lifetimeSeconds: Int
    package let idempotencyKey: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        lease = reader.optionalLease()
        runID = reader.optional("run_id", "The run that it is about; with its lease the run waits.", .id())
        stepID = reader.optional("step_id", "The step of the run that it is about.", .id())
        roomID = reader.optional("room_id", "The room; that of the run, or the default one, unless given.", .id())
        action = reader.member("action", "What is to be allowed.", .object(ActionInput.self)).action
        summary = reader.optional("summary", "What people should know; no secrets.", .string(.text, max: 4000))
        lifetimeSeconds = reader.member(
            "expires_in_seconds", "How long there is to answer.", .integer(1...2_592_000), default: 86_400)
        idempotencyKey = reader.idempotencyKey()
        if runID == nil, lease != nil { reader.refuse("/run_id", "is required with a lease") }
        if runID == nil, stepID != nil { reader.refuse("/run_id", "is required with a step") }
    }
}

/// What is to be allowed.
package struct ActionInput: WireInput {
    package static let wireName = "NewAction"

    package let action: Action

    package init(_ reader: inout InputReader) {
        action = Action(
            kind: reader.member(
                "kind", "What sort of action, such as external.write.", .string(.token, min: 1, max: 64)),
            target: reader.optional("target", "What it is done to.", .string(.text, min: 1, max: 1000)),
            arguments: reader.optional("arguments", "With what; {} unless given, and no secrets.", .anything)
                ?? .object([:]))
    }
}

/// `GET /v1/approvals`.
package struct ListApprovalsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let status: ApprovalStatus?
    package let roomID: ID<Room>?
    package let runID: ID<Run>?
    package let limit: Int
    package let cursor: ID<Approval>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        status = reader.query("status", "Only those in this status.", .choice(ApprovalStatus.self))
        roomID = reader.query("room_id", "Only those of this room.", .id())
        runID = reader.query("run_id", "Only those of this run.", .id())
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// Names an approval in a path.
package struct ApprovalInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let id: ID<Approval>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("approval_id", "The approval.", .id())
    }
}

/// `POST /v1/approvals/{approval_id}/decide`.
package struct DecideApprovalInput: WireInput {
    package static let wireName = "ApprovalAnswer"

    package let workspaceID: ID<Workspace>
    package let id: ID<Approval>
    package let decision: ApprovalDecision
    package let note: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("approval_id", "The approval.", .id())
        decision = reader.member("decision", "The answer.", .choice(ApprovalDecision.self))
        note = reader.optional("note", "Why.", .string(.text, max: 4000))
    }
}

/// What an answer is about, without the arguments themselves.
package struct ActionView: WireObject {
    package static let wireName = "Action"

    package let action: Action

    package init(_ action: Action) { self.action = action }

    package static let fields: [Field<ActionView>] = [
        Field("kind", "What sort of action.") { $0.action.kind },
        Field("target", "What it is done to; null when not said.") { $0.action.target },
        Field("arguments_hash", "SHA-256 of the arguments in the form of RFC 8785, in hexadecimal digits.") {
            Hex.text($0.action.argumentsHash)
        },
    ]
}

/// A question to people, and the answer.
package struct ApprovalView: WireObject {
    package static let wireName = "Approval"

    package let approval: Approval

    package init(_ approval: Approval) { self.approval = approval }

    package static let fields: [Field<ApprovalView>] = [
        Field("approval_id", "Names the approval.") { $0.approval.id },
        Field("workspace_id", "The workspace it belongs to.") { $0.approval.workspaceID.rawValue },
        Field("room_id", "The room in whose stream it is told.") { $0.approval.roomID },
        Field("task_id", "The task; null without a run.") { $0.approval.taskID },
        Field("run_id", "The run it is about; null without.") { $0.approval.runID },
        Field("step_id", "The step it is about; null without.") { $0.approval.stepID },
        Field("action", "What is to be allowed.") { ActionView($0.approval.action) },
        Field("arguments", "With what.") { WireJSON(trusted: $0.approval.action.arguments) },
        Field("summary", "What people should know; null without.") { $0.approval.summary },
        Field("status", "Where it stands; `pending` and `held` can be answered.") { $0.approval.status },
        Field("holds_run", "Whether the run waits for it.") { $0.approval.holdsRun },
        Field("requested_by", "Who asked.") { $0.approval.requestedBy.text },
        Field("idempotency_key", "The key it was asked for with; null without.") { $0.approval.idempotencyKey },
        Field("decided_by", "Who answered last; null before.") { $0.approval.decidedBy?.text },
        Field("note", "Why it was answered so; null without.") { $0.approval.note },
        Field("expires_at", "Until when it can be answered.") { $0.approval.expiresAt },
        Field("created_at", "When it was asked for.") { $0.approval.createdAt },
        Field("decided_at", "When it was answered last, or ended; null before.") { $0.approval.decidedAt },
        Field("version", "Rises with every change.") { $0.approval.version },
    ]
}
