// SPDX-License-Identifier: Apache-2.0

import API
import Blueprints
import Common
import Domain
import Render
import RenderPlans
import ServiceKit
import Store

/// Makes plans and keeps them.
struct PlanDesk: Sendable {
    let door: RenderDoor
    let plans: RenderPlanStore
    let ledger: StoredLedger
    let fingerprints: Fingerprinter
    let memory: PlanMemory
    let recorder: Recorder
    /// How long reading Render for a plan may take: a large account is read at the pace that Render allows.
    static let patience = Duration.seconds(240)

    static func validate(_ input: ValidateBlueprintInput) -> BlueprintValidationView {
        let blueprint = Blueprint.read(Array(input.blueprint.utf8))
        return BlueprintValidationView(
            isValid: blueprint.isValid, dialect: blueprint.dialect.rawValue,
            resources: blueprint.resources.map(\.address.description),
            diagnostics: blueprint.diagnostics.map(BlueprintDiagnosticView.init))
    }

    func plan(_ input: PlanBlueprintInput, _ context: CallContext) async throws -> RenderPlanDocument {
        _ = try door.client()
        let ownerID = try await door.owner(input.ownerID)
        let request = PlanRequest(
            name: input.name, ownerID: ownerID, source: input.blueprint, file: input.file, prune: input.prune,
            origin: input.origin, entered: input.entered)
        return try await keep(request, context).document
    }

    /// Makes a plan, keeps it and records that it was made.
    func keep(
        _ request: PlanRequest, _ context: CallContext
    ) async throws -> (plan: Plan, document: RenderPlanDocument) {
        let plan = try await compile(request)
        let document = try await keep(plan, request, by: context.caller.principal)
        await recorder.record(
            .planMade, context,
            [
                "plan_id": .string(plan.id), "owner_id": .string(plan.ownerID), "name": .string(plan.blueprint),
                "outcome": .string(plan.outcome.rawValue), "counts": .object(plan.counts.json),
            ])
        return (plan, document)
    }

    /// Keeps a plan; the same one again stays as it was first, and is shown as it is now.
    func keep(_ plan: Plan, _ request: PlanRequest, by principal: Principal) async throws -> RenderPlanDocument {
        let now = Timestamp.now()
        let fresh = StoredPlan(
            id: plan.id, ownerID: plan.ownerID, blueprint: plan.blueprint, principal: principal.text,
            outcome: plan.outcome.rawValue, source: request.source, options: request.stored(observed: plan.observed),
            document: Self.view(plan, request, by: principal.text, at: now).text, createdAt: now)
        try await plans.keep(fresh)
        memory.keep(plan, request)
        return document(try await plans.plan(plan.id) ?? fresh)
    }

    /// A plan that is kept, as it was made last. Where its file has another name by now, or another line before what it
    /// describes, that is no other plan; but people look for what it says in the file that they have.
    func document(_ stored: StoredPlan) -> RenderPlanDocument {
        guard let known = memory.entry(stored.id) else { return RenderPlanDocument(trusted: stored.document) }
        return Self.view(known.plan, known.request, by: stored.principal, at: stored.createdAt)
    }

    private static func view(
        _ plan: Plan, _ request: PlanRequest, by author: String, at time: Timestamp
    ) -> RenderPlanDocument {
        RenderPlanDocument(RenderPlanView(plan, file: request.file, createdBy: author, createdAt: time))
    }

    /// Reads what is live and compares it; throws `invalid_blueprint` for a file with errors.
    func compile(_ request: PlanRequest) async throws -> Plan {
        let client = try door.patientClient()
        let blueprint = try Self.checked(request.blueprint)
        try request.checkEntered(in: blueprint)
        let applied = try await ledger.applied(ownerID: request.ownerID, blueprint: request.name)
        let snapshot = try await read(request.ownerID, blueprint, applied, client)
        return PlanCompiler(name: request.name, fingerprints: fingerprints, options: request.options)
            .plan(blueprint, live: snapshot, applied: applied)
    }

    private func read(
        _ ownerID: String, _ blueprint: Blueprint, _ applied: AppliedState, _ client: RenderClient
    ) async throws -> Snapshot {
        try await withDeadline(
            Self.patience,
            throwing: Problem(
                .timeout, "Reading Render took too long; its limits of calls may be used up. Try again later.",
                code: "render_slow")
        ) {
            try await SnapshotReader(client: client).read(ownerID: ownerID, blueprint: blueprint, applied: applied).0
        }
    }

    static func checked(_ blueprint: Blueprint) throws(Problem) -> Blueprint {
        guard !blueprint.isValid else { return blueprint }
        let errors = blueprint.diagnostics.filter { $0.severity == .error }
        let first = errors.first.map { ", line \($0.position.line): \($0.message)" } ?? "."
        let diagnostics = blueprint.diagnostics.prefix(200).map { JSONValue.object($0.flat) }
        throw Problem(
            .unprocessable, "The blueprint has \(errors.count == 1 ? "an error" : "\(errors.count) errors")\(first)",
            code: "invalid_blueprint", details: ["diagnostics": .array(Array(diagnostics))])
    }

    /// The plan of that id.
    func document(_ id: String) async throws -> RenderPlanDocument {
        guard let stored = try await plans.plan(id) else { throw Problem.notFound("plan", id) }
        return document(stored)
    }

    func list(_ input: ListRenderPlansInput) async throws -> Page<RenderPlanSummary> {
        let found = try await plans.list(blueprint: input.name, before: input.cursor, limit: input.limit + 1)
        let page = found.prefix(input.limit)
        return Page(
            items: page.map { plan in
                RenderPlanSummary(
                    id: plan.id, ownerID: plan.ownerID, name: plan.blueprint, createdBy: plan.principal,
                    createdAt: plan.createdAt, outcome: RenderPlanOutcome(rawValue: plan.outcome) ?? .changes)
            },
            nextCursor: found.count > page.count ? page.last.map { String($0.number) } : nil)
    }

    /// What is live, compared with what was applied last under a name.
    func drift(_ input: BlueprintDriftInput) async throws -> BlueprintDriftView {
        let client = try door.patientClient()
        let ownerID = try await door.owner(input.ownerID)
        let applied = try await ledger.applied(ownerID: ownerID, blueprint: input.name)
        guard let last = try await plans.lastApplied(ownerID: ownerID, blueprint: input.name) else {
            throw Problem.notFound("applied blueprint", input.name)
        }
        let blueprint = Blueprint.read(Array(last.plan.source.utf8))
        let now = Timestamp.now()
        let snapshot = try await read(ownerID, blueprint, applied, client)
        let report = Drift(fingerprints: fingerprints).report(snapshot, applied, blueprint)
        return BlueprintDriftView(
            report, file: last.plan.options["file"]?.string, ownerID: ownerID, name: input.name, planID: last.plan.id,
            appliedAt: last.at, checkedAt: now)
    }
}

extension Diagnostic {
    /// As answers show it.
    fileprivate var flat: JSONObject {
        [
            "severity": .string(severity.rawValue), "code": .string(code), "path": .string(path),
            "message": .string(message), "line": JSONValue(position.line), "column": JSONValue(position.column),
        ]
    }
}
