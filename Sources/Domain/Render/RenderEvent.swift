// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// What renderctl-svc does and finds out on Render, as the orchestrator keeps it: in a stream of its own, beside tasks and
/// rooms. No body holds the value of an environment variable.
package enum RenderEvent: String, Sendable, CaseIterable {
    /// `service_id`, `name`, `type`, `owner_id`, `env` (names), `deploy_id`.
    case serviceCreated = "render.service_created"
    /// `service_id`, `name`, `added`, `changed`, `removed` (names of what was written), `cleared`; of one that was not brought to
    /// its end also `not_written` and `uncertain` (sent and not answered).
    case environmentChanged = "render.env_changed"
    /// `service_id`, `name`, `deploy_id`, and the action: `kind`, `target`, `arguments`, `arguments_hash`.
    case deployRequested = "render.deploy_requested"
    /// `plan_id`, `owner_id`, `name`, `outcome`, `counts`.
    case planMade = "render.plan_made"
    /// `apply_id`, `plan_id`, `owner_id`, `name`, and the action.
    case applyStarted = "render.apply_started"
    /// `apply_id`, `plan_id`, `owner_id`, `name`, `status`, `message`, `succeeded_by`.
    case applyFinished = "render.apply_finished"
    /// `service_id`, `name`, and the diagnosis.
    case diagnosisMade = "render.diagnosis_made"
    /// `service_id`, `name`, and the attempt.
    case fixAttempted = "render.fix_attempted"
    case fixSucceeded = "render.fix_succeeded"
    case fixReverted = "render.fix_reverted"
    case patchProposed = "render.patch_proposed"
    /// One call of an operation, or several alike: `operation`, `target` (the id in the path), `status`, `outcome`
    /// (`succeeded`, `refused`, `failed`), `code` of the problem, `calls`, `duration_us` (of the longest), and `first_at`
    /// when there are several.
    case called = "render.called"

    /// Every name this version can read. Append-only: a name once written is never reused.
    package static let names = Set(allCases.map(\.rawValue))

    /// The stream that they are in.
    package static let stream = StreamKey.service("renderctl-svc")
}

/// An event of Render as it is told to the orchestrator.
package struct RenderReport: Sendable, Equatable {
    /// Chosen by whoever tells it, so that telling it again changes nothing.
    package let id: UUID
    package let event: RenderEvent
    package let actor: Principal
    package let traceID: String
    package let occurredAt: Timestamp
    package let body: JSONObject

    package init(
        id: UUID, event: RenderEvent, actor: Principal, traceID: String, occurredAt: Timestamp, body: JSONObject
    ) {
        self.id = id
        self.event = event
        self.actor = actor
        self.traceID = traceID
        self.occurredAt = occurredAt
        self.body = body
    }
}
