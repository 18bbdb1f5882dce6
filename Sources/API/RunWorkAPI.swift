// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// What workers outside do with runs: claim, start, report, give back. Every call after the claim carries the lease.
package enum RunWorkAPI {
    package static let claim = Endpoint<ClaimInput, ClaimView>(
        "claimRuns", .post, "/v1/runs/claim", .workers(.workRuns), "Takes ready runs, and waits for some if told to.",
        description: """
            Answers at once when there is work, and as soon as some appears otherwise, within `wait_seconds`; the list \
            is empty after that. A claim keeps the worker session alive. With `start` the runs begin with the claim, and \
            none of them has to be started. 409 `session_expired` says that a new session has to be opened.
            """,
        tag: "work", problems: [.conflict], stopsWithConnection: true, keepsOwnDeadline: true)

    package static let start = Endpoint<LeasedRunInput, RunRow>(
        "startRun", .post, "/v1/runs/{run_id}/start", .workers(.workRuns), "Begins with a claimed run.",
        description: "Saying so twice changes nothing.", tag: "work", problems: [.conflict], isIdempotent: true)

    package static let complete = Endpoint<CompleteRunInput, RunRow>(
        "completeRun", .post, "/v1/runs/{run_id}/complete", .workers(.workRuns), "Hands in the result of a run.",
        description: "Saying so twice changes nothing.", tag: "work", problems: [.conflict], isIdempotent: true)

    package static let fail = Endpoint<FailRunInput, RunRow>(
        "failRun", .post, "/v1/runs/{run_id}/fail", .workers(.workRuns),
        "Says that a run failed; whether another try is made is up to its retry policy.",
        description: "Saying so twice changes nothing.", tag: "work", problems: [.conflict], isIdempotent: true)

    package static let heartbeat = Endpoint<LeaseHeartbeatInput, LeaseView>(
        "extendLease", .post, "/v1/runs/{run_id}/lease/heartbeat", .workers(.workRuns),
        "Reports progress of one run and promises more.",
        description: """
            The worker's own heartbeat keeps all its leases; this one is for handlers that may hang. When the promise \
            is not kept, the run goes to another worker under the next epoch.
            """,
        tag: "work", problems: [.conflict], isIdempotent: true)

    package static let release = Endpoint<ReleaseLeaseInput, NoContent>(
        "releaseLease", .post, "/v1/runs/{run_id}/lease/release", .workers(.workRuns),
        "Gives a run back unfinished; it goes to the next claim and the try is not counted.", tag: "work",
        success: [204], problems: [.conflict])

    package static let catalogue: [AnyEndpoint] = [
        claim.route, start.route, complete.route, fail.route, finish.route, heartbeat.route, release.route,
    ]
}

/// `POST /v1/runs/claim`.
package struct ClaimInput: WireInput {
    package static let wireName = "Claim"

    package let workspaceID: ID<Workspace>
    package let session: ID<WorkerSession>
    package let agents: [String]
    package let labels: [String]
    package let limit: Int
    package let waitSeconds: Double
    package let starts: Bool

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        session = reader.member("worker_session_id", "The session of the worker.", .id())
        agents =
            reader.optional(
                "agents", "Runs of these agents.", .array(of: .string(.name, max: 63), max: 100, unique: true)) ?? []
        labels =
            reader.optional(
                "labels", "Runs with one of these labels.", .array(of: .string(.name, max: 63), max: 100, unique: true))
            ?? []
        limit = reader.member("limit", "How many at most.", .integer(1...100), default: 1)
        waitSeconds = reader.member(
            "wait_seconds", "How long to wait for work to appear.", .number(0...30), default: 0)
        starts = reader.member("start", "Whether the runs begin with the claim.", .bool, default: false)
        reader.requireOne(of: "agents", "labels")
    }
}

/// A run with its lease.
package struct LeasedRunInput: WireInput {
    package static let wireName = "LeaseProof"

    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>
    package let lease: LeaseInput

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.path("run_id", "The run.", .id())
        lease = reader.lease()
    }
}

/// `POST /v1/runs/{run_id}/complete`.
package struct CompleteRunInput: WireInput {
    package static let wireName = "RunCompletion"

    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>
    package let lease: LeaseInput
    package let result: JSONValue?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.path("run_id", "The run.", .id())
        lease = reader.lease()
        result = reader.runResult()
    }
}

/// `POST /v1/runs/{run_id}/fail`.
package struct FailRunInput: WireInput {
    package static let wireName = "RunFailureReport"

    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>
    package let lease: LeaseInput
    package let error: RunErrorInput
    package let retryAfterSeconds: Double?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.path("run_id", "The run.", .id())
        lease = reader.lease()
        error = reader.member("error", "What went wrong.", .object(RunErrorInput.self))
        retryAfterSeconds = reader.leastPause()
    }
}

/// What went wrong, as a worker says it.
package struct RunErrorInput: WireInput {
    package static let wireName = "RunError"

    package let failure: RunFailure

    package init(_ reader: inout InputReader) {
        failure = RunFailure(
            code: reader.member("code", "A stable word.", .string(.token, max: 64), default: "failed"),
            message: reader.member("message", "One sentence, without secrets.", .string(.text, max: 4000), default: ""),
            isRetryable: reader.member("retryable", "Whether another try could succeed.", .bool, default: true))
    }
}

/// `POST /v1/runs/{run_id}/lease/heartbeat`.
package struct LeaseHeartbeatInput: WireInput {
    package static let wireName = "LeaseHeartbeat"

    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>
    package let lease: LeaseInput
    package let progressSeconds: Double

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.path("run_id", "The run.", .id())
        lease = reader.lease()
        progressSeconds = reader.member(
            "progress_seconds", "When the next sign of progress comes at the latest.", .number(1...86_400), default: 60)
    }
}

/// `POST /v1/runs/{run_id}/lease/release`.
package struct ReleaseLeaseInput: WireInput {
    package static let wireName = "LeaseRelease"

    package let workspaceID: ID<Workspace>
    package let runID: ID<Run>
    package let lease: LeaseInput
    package let reason: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        runID = reader.path("run_id", "The run.", .id())
        lease = reader.lease()
        reason = reader.releaseReason()
    }
}

/// What a claim handed out.
package struct ClaimView: WireObject {
    package static let wireName = "ClaimOutcome"

    package let runs: [ClaimedRunView]

    package init(runs: [ClaimedRunView]) { self.runs = runs }

    package static let fields: [Field<ClaimView>] = [Field("runs", "The runs, best first.") { $0.runs }]
}

/// A run that is now the caller's.
package struct ClaimedRunView: WireObject {
    package static let wireName = "ClaimedRun"

    package let row: RunRow
    package let lease: Lease
    package let token: Secret<String>

    package init(_ row: RunRow, lease: Lease, token: Secret<String>) {
        self.row = row
        self.lease = lease
        self.token = token
    }

    package static let fields: [Field<ClaimedRunView>] =
        RunRow.fields(of: \.row) + [
            Field("input", "What is to be worked on.") { WireJSON(trusted: $0.row.task.input) },
            Field("timeout_seconds", "How long it may take.") { $0.row.task.timeoutSeconds },
            Field("deadline_at", "When it is over whether it has ended or not.") { view in
                view.row.run.claimedAt.map { $0 + .seconds(view.row.task.timeoutSeconds) }
            },
            Field("idempotency_key", "What effects outside may be deduplicated by, with the key of a step.") {
                $0.row.task.id
            },
            Field("lease_token", "To be sent with every call about the run.") { $0.token.reveal() },
            Field("lease_epoch", "To be sent with every call about the run.") { $0.lease.epoch },
        ]
}

/// A lease as it stands.
package struct LeaseView: WireObject {
    package static let wireName = "Lease"

    package let epoch: Int
    package let deadlineAt: Timestamp?

    package init(epoch: Int, deadlineAt: Timestamp?) {
        self.epoch = epoch
        self.deadlineAt = deadlineAt
    }

    package static let fields: [Field<LeaseView>] = [
        Field("lease_epoch", "The epoch.") { $0.epoch },
        Field("deadline_at", "When the next sign of progress or the end has to come; null without a limit.") {
            $0.deadlineAt
        },
    ]
}
