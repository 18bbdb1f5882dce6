// SPDX-License-Identifier: Apache-2.0

package import Common

/// Where an apply stands.
package enum RenderApplyState: String, Sendable, CaseIterable, WireEnum {
    case running, succeeded, failed
    /// It was interrupted: what it began is settled, and another apply carries out what was left, or a new plan says it.
    case abandoned
}

/// Where a step of an apply stands.
package enum RenderStepState: String, Sendable, CaseIterable, WireEnum {
    /// Begun; after an interruption it is looked up whether it has happened.
    case begun
    case done, failed
    /// Not tried, because of what it depends on.
    case skipped
}

/// One call that changes something, or one deploy.
package struct RenderStepView: WireObject {
    package static let wireName = "RenderApplyStep"

    package let key: String
    package let resource: String
    package let state: RenderStepState
    package let message: String?
    package let because: String?
    package let result: JSONObject
    package let begunAt: Timestamp
    package let endedAt: Timestamp?

    package init(
        key: String, resource: String, state: RenderStepState, message: String?, because: String?, result: JSONObject,
        begunAt: Timestamp, endedAt: Timestamp?
    ) {
        self.key = key
        self.resource = resource
        self.state = state
        self.message = message
        self.because = because
        self.result = result
        self.begunAt = begunAt
        self.endedAt = endedAt
    }

    package static let fields: [Field<RenderStepView>] = [
        Field("key", "What it does, such as `service/web-api/env.KEY`.") { $0.key },
        Field("resource", "What it is done to, such as `service/web-api`.") { $0.resource },
        Field("state", "Where it stands.") { $0.state },
        Field("message", "Why it failed; null otherwise.") { $0.message },
        Field("because", "The resource on whose account it was skipped; null otherwise.") { $0.because },
        Field("result", "Ids of what it made: `id`, `deploy_id`.") { $0.result },
        Field("begun_at", "When it was begun.") { $0.begunAt },
        Field("ended_at", "When it ended; null before.") { $0.endedAt },
    ]
}

/// How far an apply has come.
package struct RenderStepCounts: WireObject {
    package static let wireName = "RenderStepCounts"

    package var begun = 0
    package var done = 0
    package var failed = 0
    package var skipped = 0

    package init() {}

    package static let fields: [Field<RenderStepCounts>] = [
        Field("begun", "Steps under way.") { $0.begun },
        Field("done", "Steps that were carried out.") { $0.done },
        Field("failed", "Steps that failed.") { $0.failed },
        Field("skipped", "Steps that were not tried.") { $0.skipped },
    ]
}

/// An apply in a list.
package struct RenderApplySummary: WireObject {
    package static let wireName = "RenderApplySummary"

    package let id: ID<RenderApply>
    package let planID: String
    package let ownerID: String
    package let name: String
    package let startedBy: String
    package let status: RenderApplyState
    package let message: String?
    package let successor: ID<RenderApply>?
    package let counts: RenderStepCounts
    package let startedAt: Timestamp
    package let endedAt: Timestamp?

    package init(
        id: ID<RenderApply>, planID: String, ownerID: String, name: String, startedBy: String,
        status: RenderApplyState, message: String?, successor: ID<RenderApply>?, counts: RenderStepCounts,
        startedAt: Timestamp, endedAt: Timestamp?
    ) {
        self.id = id
        self.planID = planID
        self.ownerID = ownerID
        self.name = name
        self.startedBy = startedBy
        self.status = status
        self.message = message
        self.successor = successor
        self.counts = counts
        self.startedAt = startedAt
        self.endedAt = endedAt
    }

    package static let fields: [Field<RenderApplySummary>] = [
        Field("apply_id", "Names the apply.") { $0.id },
        Field("plan_id", "The plan that it carries out.") { $0.planID },
        Field("owner_id", "The workspace on Render.") { $0.ownerID },
        Field("name", "What the blueprint is called here.") { $0.name },
        Field("started_by", "Who asked for it, such as `user:admin`.") { $0.startedBy },
        Field("status", "Where it stands.") { $0.status },
        Field("message", "Why it did not succeed, or what to do now; null otherwise.") { $0.message },
        Field("succeeded_by", "The apply that carries out the rest of it; null for none.") { $0.successor },
        Field("counts", "How far it has come.") { $0.counts },
        Field("started_at", "When it was asked for.") { $0.startedAt },
        Field("ended_at", "When it ended; null before.") { $0.endedAt },
    ]
}

/// An apply.
package struct RenderApplyView: WireObject {
    package static let wireName = "RenderApply"

    package let summary: RenderApplySummary
    package let steps: [RenderStepView]

    package init(_ summary: RenderApplySummary, steps: [RenderStepView]) {
        self.summary = summary
        self.steps = steps
    }

    package static let fields: [Field<RenderApplyView>] = [
        Field("apply_id", "Names the apply.") { $0.summary.id },
        Field("plan_id", "The plan that it carries out; read it for the whole list of actions.") { $0.summary.planID },
        Field("owner_id", "The workspace on Render.") { $0.summary.ownerID },
        Field("name", "What the blueprint is called here.") { $0.summary.name },
        Field("started_by", "Who asked for it, such as `user:admin`.") { $0.summary.startedBy },
        Field("status", "Where it stands.") { $0.summary.status },
        Field("message", "Why it did not succeed, or what to do now; null otherwise.") { $0.summary.message },
        Field("succeeded_by", "The apply that carries out the rest of it; null for none.") { $0.summary.successor },
        Field("counts", "How far it has come.") { $0.summary.counts },
        Field("started_at", "When it was asked for.") { $0.summary.startedAt },
        Field("ended_at", "When it ended; null before.") { $0.summary.endedAt },
        Field("steps", "What it has done, in the order in which it was begun.") { $0.steps },
    ]
}

/// What asking for an apply gave.
package struct RenderApplyAnswer: WireObject {
    package static let wireName = "RenderApplyAnswer"

    let plan: RenderPlanDocument
    let apply: RenderApplyView?

    package init(plan: RenderPlanDocument, apply: RenderApplyView?) {
        self.plan = plan
        self.apply = apply
    }

    /// Of the apply that was started.
    package var applyID: ID<RenderApply>? { apply?.summary.id }

    package static let fields: [Field<RenderApplyAnswer>] = [
        Field("dryRun", "Whether it was only planned.") { $0.apply == nil },
        Field("plan", "What is carried out, or would be.") { $0.plan },
        Field("apply", "The apply that was started; null when it was only planned.") { $0.apply },
    ]
}

/// A blueprint that was applied.
package struct RenderBlueprintView: WireObject {
    package static let wireName = "RenderBlueprint"

    package let ownerID: String
    package let name: String
    package let resources: Int
    package let lastApply: RenderApplySummary?

    package init(ownerID: String, name: String, resources: Int, lastApply: RenderApplySummary?) {
        self.ownerID = ownerID
        self.name = name
        self.resources = resources
        self.lastApply = lastApply
    }

    package static let fields: [Field<RenderBlueprintView>] = [
        Field("owner_id", "The workspace on Render.") { $0.ownerID },
        Field("name", "What it is called here.") { $0.name },
        Field("resources", "How many resources were applied under that name and are remembered.") { $0.resources },
        Field("last_apply", "The newest apply; null when it is not kept any more.") { $0.lastApply },
    ]
}

/// The blueprints that were applied.
package struct RenderBlueprintsView: WireObject {
    package static let wireName = "RenderBlueprints"

    let blueprints: [RenderBlueprintView]

    package init(_ blueprints: [RenderBlueprintView]) { self.blueprints = blueprints }

    package static let fields: [Field<RenderBlueprintsView>] = [
        Field("blueprints", "By owner and name.") { $0.blueprints }
    ]
}

/// What is live, compared with what was applied last.
package struct BlueprintDriftView: WireObject {
    package static let wireName = "BlueprintDrift"

    let ownerID: String
    let name: String
    let planID: String
    let appliedAt: Timestamp
    let checkedAt: Timestamp
    let resources: [PlannedActionView]
    let text: String

    package init(
        ownerID: String, name: String, planID: String, appliedAt: Timestamp, checkedAt: Timestamp,
        resources: [PlannedActionView], text: String
    ) {
        self.ownerID = ownerID
        self.name = name
        self.planID = planID
        self.appliedAt = appliedAt
        self.checkedAt = checkedAt
        self.resources = resources
        self.text = text
    }

    package static let fields: [Field<BlueprintDriftView>] = [
        Field("owner_id", "The workspace on Render.") { $0.ownerID },
        Field("name", "What the blueprint is called here.") { $0.name },
        Field("drifted", "Whether somebody changed something elsewhere.") { !$0.resources.isEmpty },
        Field("plan_id", "The plan that was applied last.") { $0.planID },
        Field("applied_at", "When it was applied.") { $0.appliedAt },
        Field("checked_at", "When Render was asked.") { $0.checkedAt },
        Field("resources", "What differs, as an apply of the same blueprint would put it back.") { $0.resources },
        Field("text", "All of it for people, without colours.") { $0.text },
    ]
}
