// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common

/// What would change on Render, and why: the outcome of comparing a blueprint, what is live and what was applied last.
///
/// The same object is shown and applied. It holds secrets as tainted values; its JSON and its text hold masks.
package struct Plan: Sendable {
    /// `plan_` and a hash over what was wanted and what was observed: the same inputs have the same plan.
    package let id: String
    package let ownerID: String
    /// Whose ledger and lock it uses: the name that the caller gives the blueprint.
    package let blueprint: String
    /// In the order in which they are carried out; those of one layer do not depend on each other.
    package let actions: [PlanAction]
    package let diagnostics: [Diagnostic]
    /// What was observed, by resource and field path, as salted fingerprints: what a stale plan is told apart by.
    package let observed: [ResourceAddress: [String: String]]
    /// What it was compiled from, as far as that matters later.
    package let basis: PlanBasis

    package init(
        id: String, ownerID: String, blueprint: String, actions: [PlanAction], diagnostics: [Diagnostic],
        observed: [ResourceAddress: [String: String]], basis: PlanBasis = PlanBasis()
    ) {
        self.id = id
        self.ownerID = ownerID
        self.blueprint = blueprint
        self.actions = actions
        self.diagnostics = diagnostics
        self.observed = observed
        self.basis = basis
    }

    /// Whether it may not be applied: some action is blocked, or the file has an error.
    package var isBlocked: Bool {
        actions.contains { $0.block != nil } || diagnostics.contains { $0.severity == .error }
    }
}

/// What happens to one resource.
package struct PlanAction: Sendable {
    package enum Verb: String, Sendable, CaseIterable {
        case create, update
        /// Live under that name already, and not applied by us before: from now on it is ours. Changes as an update has.
        case adopt
        /// Nothing to do; kept, so that counts and dependencies are whole.
        case noop
        /// An immutable field differs: only making it anew would do, which is never done by itself. Always blocked.
        case replace
        /// Ours, and not in the file any more. Carried out only when asked for.
        case prune
    }

    package let address: ResourceAddress
    package let serviceType: ServiceType?
    package let verb: Verb
    /// The live resource's id; nil where it is created.
    package let liveID: String?
    package let changes: [FieldChange]
    /// Resources that must be there, and right, before this one is touched.
    package let dependsOn: [ResourceAddress]
    /// 0 for what depends on nothing.
    package let layer: Int
    /// The one deploy that it leads to.
    package let deploy: DeployNeed
    /// Why it must not be carried out, and what to do about it.
    package let block: String?
    /// Variables without a value that a person has to give (`PlanOptions.entered`).
    package let toEnter: [String]
    package let position: SourcePosition?

    package init(
        address: ResourceAddress, serviceType: ServiceType?, verb: Verb, liveID: String?, changes: [FieldChange],
        dependsOn: [ResourceAddress], layer: Int, deploy: DeployNeed, block: String? = nil,
        toEnter: [String] = [], position: SourcePosition?
    ) {
        self.address = address
        self.serviceType = serviceType
        self.verb = verb
        self.liveID = liveID
        self.changes = changes
        self.dependsOn = dependsOn
        self.layer = layer
        self.deploy = deploy
        self.block = block
        self.toEnter = toEnter
        self.position = position
    }
}

/// What must run after a change so that it takes effect, from the least to the most.
package enum DeployNeed: String, Sendable, Comparable, CaseIterable {
    case none
    /// What was built last is started again.
    case deployOnly = "deploy_only"
    case build

    package static func < (left: DeployNeed, right: DeployNeed) -> Bool { left.order < right.order }
    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What a change is about.
package enum ChangeTarget: Sendable, Hashable, CustomStringConvertible {
    case field(Field)
    /// A variable of a service or group.
    case variable(String)
    /// Whether a group is linked to the service.
    case group(String)
    /// The environment of a project that the resource is in.
    case placement

    /// `plan`, `env.DATABASE_URL`, `group.shared`, `environment`.
    package var description: String {
        switch self {
        case .field(let field): field.rawValue
        case .variable(let key): "env.\(key)"
        case .group(let name): "group.\(name)"
        case .placement: "environment"
        }
    }
}

/// One value that changes.
package struct FieldChange: Sendable {
    package enum Reason: String, Sendable, CaseIterable {
        /// The resource is new.
        case created
        /// The file says something else than what was applied last.
        case edited
        /// What is live is not what was applied last: somebody changed it elsewhere.
        case drifted
        /// Both: the file and what is live have left what was applied last, in different ways.
        case conflict
        /// Not ours until now: live before, and the file says something else.
        case adopted
        /// Ours, and the file does not say it any more.
        case removed
        /// A reference stands for another value than before: its source has changed.
        case rotated
    }

    package let target: ChangeTarget
    /// Nil where there is none.
    package let old: PlannedValue?
    /// Nil where it is taken away.
    package let new: PlannedValue?
    package let reason: Reason
    package let deploy: DeployNeed
    /// Whether what the workspace pays may change.
    package let costs: Bool
    /// Whether the resource is interrupted: a new plan, a disk.
    package let interrupts: Bool
    /// Whether it can only be made after the resources of later layers are there, since they and this one refer to each
    /// other. `new` is unresolved then.
    package let isDeferred: Bool
    package let position: SourcePosition?

    package init(
        target: ChangeTarget, old: PlannedValue?, new: PlannedValue?, reason: Reason, deploy: DeployNeed,
        costs: Bool = false, interrupts: Bool = false, isDeferred: Bool = false, position: SourcePosition?
    ) {
        self.target = target
        self.old = old
        self.new = new
        self.reason = reason
        self.deploy = deploy
        self.costs = costs
        self.interrupts = interrupts
        self.isDeferred = isDeferred
        self.position = position
    }
}

/// A value in a plan.
package enum PlannedValue: Sendable, Equatable {
    case plain(JSONValue)
    /// A variable's value; shown as a mask.
    case secret(Secret<String>)
    /// Made by Render.
    case generated
    /// What the reference stands for is known only when its target is there.
    case unresolved(EnvironmentReference)
}
