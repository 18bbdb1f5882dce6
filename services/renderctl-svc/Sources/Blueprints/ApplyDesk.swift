// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import RenderPlans
import ServiceKit
import Store

/// Starts applies and shows them.
struct ApplyDesk: Sendable {
    let door: RenderDoor
    let desk: PlanDesk
    let applies: RenderApplyStore
    let applied: AppliedStore
    let runner: ApplyRunner

    func apply(_ input: ApplyBlueprintInput, _ context: CallContext) async throws -> RenderApplyAnswer {
        _ = try door.client()
        let (plan, request, document) = try await plan(input, context)
        if input.isDryRun { return RenderApplyAnswer(plan: document, apply: nil) }
        let id = try await runner.start(
            ApplyRunner.Job(
                plan: plan, request: request, principal: context.caller.principal, traceID: context.caller.traceID))
        return RenderApplyAnswer(plan: document, apply: try await view(id))
    }

    private func plan(
        _ input: ApplyBlueprintInput, _ context: CallContext
    ) async throws -> (Plan, PlanRequest, RenderPlanDocument) {
        guard let planID = input.planID else {
            let request = PlanRequest(
                name: input.name, ownerID: try await door.owner(input.ownerID), source: input.blueprint ?? "",
                file: input.file, prune: input.prune, origin: input.origin, entered: input.entered)
            let made = try await desk.keep(request, context)
            return (made.plan, request, made.document)
        }
        guard let stored = try await desk.plans.plan(planID) else { throw Problem.notFound("plan", planID) }
        // One of another workspace than the configured one is not ours to carry out.
        _ = try await door.owner(stored.ownerID)
        let document = desk.document(stored)
        if input.entered.isEmpty, let known = desk.memory.entry(planID) { return (known.plan, known.request, document) }
        if input.entered.isEmpty, stored.needsEntering {
            throw Problem(
                .conflict,
                "The values that were entered for this plan are not kept. Send them again as `entered`, or plan again.",
                code: "values_needed", details: ["entered": stored.options["entered"] ?? .null])
        }
        let request = PlanRequest(stored, entered: input.entered)
        let plan = try await desk.compile(request)
        guard plan.id == stored.id else {
            let moved = stored.moved(since: plan.observed)
            let why =
                moved.isEmpty
                ? "The plan was made with other values, or something else was applied since. Plan again."
                : "What is live has moved since the plan was made. Plan again and look at the difference."
            throw Problem(.conflict, why, code: "stale_plan", details: ["moved": .array(moved)])
        }
        desk.memory.keep(plan, request)
        return (plan, request, document)
    }

    func view(_ id: String) async throws -> RenderApplyView {
        guard let stored = try await applies.apply(id) else { throw Problem.notFound("apply", id) }
        return RenderApplyView(
            RenderApplySummary(stored), steps: try await applies.steps(of: id).map(RenderStepView.init))
    }

    func list(_ input: ListRenderAppliesInput) async throws -> Page<RenderApplySummary> {
        let found = try await applies.list(blueprint: input.name, before: input.cursor, limit: input.limit + 1)
        let page = found.prefix(input.limit)
        return Page(
            items: page.map(RenderApplySummary.init),
            nextCursor: found.count > page.count ? page.last.map { String($0.number) } : nil)
    }

    func blueprints() async throws -> RenderBlueprintsView {
        var views: [RenderBlueprintView] = []
        for known in try await applied.blueprints(limit: 500) {
            let last = try await applies.last(ownerID: known.ownerID, blueprint: known.name)
            views.append(
                RenderBlueprintView(
                    ownerID: known.ownerID, name: known.name, resources: known.resources,
                    lastApply: last.map(RenderApplySummary.init)))
        }
        return RenderBlueprintsView(views)
    }
}
