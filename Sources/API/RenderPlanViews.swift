// SPDX-License-Identifier: Apache-2.0

package import Common

/// Something to say about a blueprint, at one place of it.
package struct BlueprintDiagnosticView: WireObject {
    package static let wireName = "BlueprintDiagnostic"

    package let severity: String
    package let code: String
    package let path: String
    package let message: String
    package let line: Int
    package let column: Int

    package init(severity: String, code: String, path: String, message: String, line: Int, column: Int) {
        self.severity = severity
        self.code = code
        self.path = path
        self.message = message
        self.line = line
        self.column = column
    }

    package static let fields: [Field<BlueprintDiagnosticView>] = [
        Field("severity", "`error`, `unsupported` or `warning`.") { $0.severity },
        Field("code", "A stable word, such as `unknown_field`.") { $0.code },
        Field("path", "Where in the document, such as `services[0].plan`.") { $0.path },
        Field("message", "What is wrong and what to write instead.") { $0.message },
        Field("line", "The line, from 1.") { $0.line },
        Field("column", "The column, from 1.") { $0.column },
    ]
}

/// What reading a blueprint gave.
package struct BlueprintValidationView: WireObject {
    package static let wireName = "BlueprintValidation"

    let isValid: Bool
    let dialect: String
    let resources: [String]
    let diagnostics: [BlueprintDiagnosticView]

    package init(isValid: Bool, dialect: String, resources: [String], diagnostics: [BlueprintDiagnosticView]) {
        self.isValid = isValid
        self.dialect = dialect
        self.resources = resources
        self.diagnostics = diagnostics
    }

    package static let fields: [Field<BlueprintValidationView>] = [
        Field("valid", "Whether it can be planned.") { $0.isValid },
        Field("dialect", "`render` for Render's own form, `api` for that of its API.") { $0.dialect },
        Field("resources", "What it describes, such as `service/web-api`, in the order of the file.") { $0.resources },
        Field("diagnostics", "What there is to say about it, in the order of the file.") { $0.diagnostics },
    ]
}

/// A value in a plan; a secret one is not shown.
package struct PlannedValueView: WireObject {
    package enum Kind: String, Sendable, CaseIterable, WireEnum {
        case plain, secret, generated, reference
    }

    package static let wireName = "PlannedValue"

    package let kind: Kind
    package let value: JSONValue
    package let reference: String?

    package init(_ kind: Kind, value: JSONValue = .null, reference: String? = nil) {
        self.kind = kind
        self.value = value
        self.reference = reference
    }

    package static let fields: [Field<PlannedValueView>] = [
        Field("kind", "`secret` is masked, `generated` is made by Render, `reference` is known only when applied.") {
            $0.kind
        },
        Field("value", "Of a plain value; null otherwise.") { $0.value },
        Field("reference", "What a reference stands for, such as `postgres/db.connectionString`; null otherwise.") {
            $0.reference
        },
    ]
}

/// One value that changes.
package struct PlannedChangeView: WireObject {
    package static let wireName = "PlannedChange"

    package let path: String
    package let old: PlannedValueView?
    package let new: PlannedValueView?
    package let reason: String
    package let deploy: String
    package let costs: Bool
    package let interrupts: Bool
    package let line: Int?
    package let column: Int?

    package init(
        path: String, old: PlannedValueView?, new: PlannedValueView?, reason: String, deploy: String, costs: Bool,
        interrupts: Bool, line: Int?, column: Int?
    ) {
        self.path = path
        self.old = old
        self.new = new
        self.reason = reason
        self.deploy = deploy
        self.costs = costs
        self.interrupts = interrupts
        self.line = line
        self.column = column
    }

    package static let fields: [Field<PlannedChangeView>] = [
        Field("path", "What changes: `plan`, `env.KEY`, `group.shared`, `environment`.") { $0.path },
        Field("old", "What it is; null where there is none.") { $0.old },
        Field("new", "What it becomes; null where it is taken away.") { $0.new },
        Field("reason", "`created`, `edited`, `drifted`, `conflict`, `adopted`, `removed` or `rotated`.") { $0.reason },
        Field("deploy", "What must run so that it takes effect: `none`, `deploy_only` or `build`.") { $0.deploy },
        Field("costs", "Whether what the workspace pays may change.") { $0.costs },
        Field("interrupts", "Whether the resource is interrupted.") { $0.interrupts },
        Field("line", "Where the blueprint says so; null where it does not.") { $0.line },
        Field("column", "Where in that line; null where it does not.") { $0.column },
    ]
}

/// What happens to one resource.
package struct PlannedActionView: WireObject {
    package static let wireName = "PlannedAction"

    package let address: String
    package let kind: String
    package let name: String
    package let serviceType: String?
    package let verb: String
    package let liveID: String?
    package let changes: [PlannedChangeView]
    package let dependsOn: [String]
    package let layer: Int
    package let deploy: String
    package let block: String?
    package let toEnter: [String]
    package let line: Int?
    package let column: Int?

    package init(
        address: String, kind: String, name: String, serviceType: String?, verb: String, liveID: String?,
        changes: [PlannedChangeView], dependsOn: [String], layer: Int, deploy: String, block: String?,
        toEnter: [String] = [], line: Int?, column: Int?
    ) {
        self.address = address
        self.kind = kind
        self.name = name
        self.serviceType = serviceType
        self.verb = verb
        self.liveID = liveID
        self.changes = changes
        self.dependsOn = dependsOn
        self.layer = layer
        self.deploy = deploy
        self.block = block
        self.toEnter = toEnter
        self.line = line
        self.column = column
    }

    package static let fields: [Field<PlannedActionView>] = [
        Field("address", "The resource, such as `service/web-api`.") { $0.address },
        Field("kind", "`project`, `environment`, `postgres`, `key-value`, `env-group` or `service`.") { $0.kind },
        Field("name", "What it is called.") { $0.name },
        Field("service_type", "`web_service` and so on; null for what is no service.") { $0.serviceType },
        Field("verb", "`create`, `update`, `adopt`, `noop`, `replace` or `prune`.") { $0.verb },
        Field("live_id", "Its id at Render; null where it is created.") { $0.liveID },
        Field("changes", "What changes of it.") { $0.changes },
        Field("depends_on", "What must be right before it is touched.") { $0.dependsOn },
        Field("layer", "0 for what depends on nothing; those of one layer do not depend on each other.") { $0.layer },
        Field("deploy", "The one deploy that it leads to: `none`, `deploy_only` or `build`.") { $0.deploy },
        Field("block", "Why it must not be carried out, and what to do about it; null otherwise.") { $0.block },
        Field("to_enter", "Variables without a value that a person has to give by `entered`.") { $0.toEnter },
        Field("line", "Where the blueprint describes it; null where it does not.") { $0.line },
        Field("column", "Where in that line; null where it does not.") { $0.column },
    ]
}

/// How much a plan changes.
package struct PlanCountsView: WireObject {
    package static let wireName = "RenderPlanCounts"

    package var create = 0
    package var update = 0
    package var adopt = 0
    package var noop = 0
    package var replace = 0
    package var prune = 0
    package var deploys = 0
    package var blocked = 0

    package init() {}

    package static let fields: [Field<PlanCountsView>] = [
        Field("create", "Resources that are made.") { $0.create },
        Field("update", "Resources that are changed.") { $0.update },
        Field("adopt", "Resources that are there already and become ours.") { $0.adopt },
        Field("noop", "Resources that stay as they are.") { $0.noop },
        Field("replace", "Resources that would have to be made anew, which is never done by itself.") { $0.replace },
        Field("prune", "Resources that are taken away.") { $0.prune },
        Field("deploys", "Deploys that it leads to.") { $0.deploys },
        Field("blocked", "Resources that must not be touched.") { $0.blocked },
    ]
}

/// What a plan comes to, as the exit codes of `tutti render plan` tell it.
package enum RenderPlanOutcome: String, Sendable, CaseIterable, WireEnum {
    /// Nothing to do.
    case clean
    case changes
    /// Only what somebody changed elsewhere is put back.
    case drift
    /// It may not be applied.
    case blocked
}

/// A plan.
package struct RenderPlanView: WireObject {
    package static let wireName = "RenderPlan"

    package let id: String
    package let ownerID: String
    package let name: String
    package let createdBy: String
    package let createdAt: Timestamp
    package let outcome: RenderPlanOutcome
    package let counts: PlanCountsView
    package let actions: [PlannedActionView]
    package let diagnostics: [BlueprintDiagnosticView]
    package let text: String

    package init(
        id: String, ownerID: String, name: String, createdBy: String, createdAt: Timestamp, outcome: RenderPlanOutcome,
        counts: PlanCountsView, actions: [PlannedActionView], diagnostics: [BlueprintDiagnosticView], text: String
    ) {
        self.id = id
        self.ownerID = ownerID
        self.name = name
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.outcome = outcome
        self.counts = counts
        self.actions = actions
        self.diagnostics = diagnostics
        self.text = text
    }

    package static let fields: [Field<RenderPlanView>] = [
        Field("plan_id", "A hash over what was wanted and what was live.") { $0.id },
        Field("owner_id", "The workspace on Render.") { $0.ownerID },
        Field("name", "What the blueprint is called here.") { $0.name },
        Field("created_by", "Who asked for it first, such as `user:admin`.") { $0.createdBy },
        Field("created_at", "When it was made first.") { $0.createdAt },
        Field("outcome", "What it comes to.") { $0.outcome },
        Field("counts", "How much it changes.") { $0.counts },
        Field("actions", "What happens, in the order in which it is carried out.") { $0.actions },
        Field("diagnostics", "What there is to say about the blueprint.") { $0.diagnostics },
        Field("text", "All of it for people, without colours.") { $0.text },
    ]
}

/// A plan in a list.
package struct RenderPlanSummary: WireObject {
    package static let wireName = "RenderPlanSummary"

    let id: String
    let ownerID: String
    let name: String
    let createdBy: String
    let createdAt: Timestamp
    let outcome: RenderPlanOutcome

    package init(
        id: String, ownerID: String, name: String, createdBy: String, createdAt: Timestamp, outcome: RenderPlanOutcome
    ) {
        self.id = id
        self.ownerID = ownerID
        self.name = name
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.outcome = outcome
    }

    package static let fields: [Field<RenderPlanSummary>] = [
        Field("plan_id", "Names the plan.") { $0.id },
        Field("owner_id", "The workspace on Render.") { $0.ownerID },
        Field("name", "What the blueprint is called here.") { $0.name },
        Field("created_by", "Who asked for it first.") { $0.createdBy },
        Field("created_at", "When it was made first.") { $0.createdAt },
        Field("outcome", "What it comes to.") { $0.outcome },
    ]
}

/// A plan as it was written when it was made.
package struct RenderPlanDocument: WireValue {
    private let bytes: [UInt8]

    package init(_ view: RenderPlanView) { bytes = view.json }

    /// Takes over text that was written by a `RenderPlanView`.
    package init(trusted text: String) { bytes = Array(text.utf8) }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package static func schema(in components: inout Components) -> JSONObject {
        RenderPlanView.schema(in: &components)
    }

    package func write(to writer: inout JSONWriter) { writer.write(json: bytes) }
}
