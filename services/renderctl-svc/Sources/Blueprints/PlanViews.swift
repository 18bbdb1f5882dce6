// SPDX-License-Identifier: Apache-2.0

import API
import Blueprints
import Common
import RenderPlans

extension RenderPlanView {
    /// - Parameter file: What the blueprint's file is called, if it has a name.
    init(_ plan: Plan, file: String?, createdBy: String, createdAt: Timestamp) {
        self.init(
            id: plan.id, ownerID: plan.ownerID, name: plan.blueprint, createdBy: createdBy, createdAt: createdAt,
            outcome: plan.outcome, counts: PlanCountsView(plan), actions: plan.actions.map(PlannedActionView.init),
            diagnostics: plan.diagnostics.map(BlueprintDiagnosticView.init),
            text: PlanText(file: file ?? plan.blueprint).text(of: plan))
    }
}

extension Plan {
    var outcome: RenderPlanOutcome {
        switch exitCode {
        case .clean: .clean
        case .changes: .changes
        case .driftOnly: .drift
        case .failed, .blocked: .blocked
        }
    }
}

extension PlanCountsView {
    init(_ plan: Plan) {
        self.init()
        let counts = plan.counts
        create = counts.create
        update = counts.update
        adopt = counts.adopt
        noop = counts.noop
        prune = counts.prune
        deploys = counts.deploys
        blocked = counts.blocked
        replace = plan.actions.count { $0.verb == .replace }
    }
}

extension BlueprintDiagnosticView {
    init(_ diagnostic: Diagnostic) {
        self.init(
            severity: diagnostic.severity.rawValue, code: diagnostic.code, path: diagnostic.path,
            message: diagnostic.message, line: diagnostic.position.line, column: diagnostic.position.column)
    }
}

extension PlannedActionView {
    init(_ action: PlanAction) {
        self.init(
            address: action.address.description, kind: action.address.kind.rawValue, name: action.address.name,
            serviceType: action.serviceType?.rawValue, verb: action.verb.rawValue, liveID: action.liveID,
            changes: action.changes.map(PlannedChangeView.init), dependsOn: action.dependsOn.map(\.description),
            layer: action.layer, deploy: action.deploy.rawValue, block: action.block, toEnter: action.toEnter,
            line: action.position?.line, column: action.position?.column)
    }
}

extension PlannedChangeView {
    init(_ change: RenderPlans.FieldChange) {
        self.init(
            path: change.target.description, old: change.old.map(PlannedValueView.init),
            new: change.new.map(PlannedValueView.init), reason: change.reason.rawValue, deploy: change.deploy.rawValue,
            costs: change.costs, interrupts: change.interrupts, line: change.position?.line,
            column: change.position?.column)
    }
}

extension PlannedValueView {
    /// What of it may be seen, as the plan's own JSON says.
    init(_ value: PlannedValue) {
        // The kinds are spelt out: `.generated` alone is a planned value, too, of which this would make itself.
        switch value {
        case .plain: self.init(Kind.plain, value: value.json["value"] ?? .null)
        case .secret: self.init(Kind.secret)
        case .generated: self.init(Kind.generated)
        case .unresolved(let reference): self.init(Kind.reference, reference: reference.description)
        }
    }
}

extension BlueprintDriftView {
    init(
        _ report: DriftReport, file: String?, ownerID: String, name: String, planID: String, appliedAt: Timestamp,
        checkedAt: Timestamp
    ) {
        let resources = Dictionary(grouping: report.entries, by: \.resource).sorted { $0.key < $1.key }
        self.init(
            ownerID: ownerID, name: name, planID: planID, appliedAt: appliedAt, checkedAt: checkedAt,
            resources: resources.map { PlannedActionView($0.key, $0.value) },
            text: PlanText(file: file ?? name).text(of: report))
    }
}

extension PlannedActionView {
    /// What would put a resource back that was changed elsewhere.
    fileprivate init(_ address: ResourceAddress, _ entries: [DriftEntry]) {
        let verb: PlanAction.Verb =
            if entries.contains(where: { $0.kind == .deleted }) {
                .create
            } else if entries.contains(where: { $0.kind == .replaced }) {
                .adopt
            } else {
                .update
            }
        self.init(
            address: address.description, kind: address.kind.rawValue, name: address.name, serviceType: nil,
            verb: verb.rawValue, liveID: verb == .create ? nil : entries.first?.id,
            changes: entries.map { entry in
                PlannedChangeView(
                    path: entry.path, old: entry.live.map(PlannedValueView.init),
                    new: entry.applied.map(PlannedValueView.init), reason: "drifted", deploy: "none", costs: false,
                    interrupts: false, line: nil, column: nil)
            },
            dependsOn: [], layer: 0, deploy: "none", block: nil, line: nil, column: nil)
    }
}
