// SPDX-License-Identifier: Apache-2.0

package import Blueprints
import Common

/// Makes the plan that brings what is live to what a blueprint wants; the one place that decides what changes and why.
///
/// Pure: the same blueprint, snapshot, ledger and options give the same plan, down to its id.
package struct PlanCompiler: Sendable {
    private let name: String
    private let options: PlanOptions
    private let fingerprints: Fingerprinter

    /// `name` is what the caller calls the blueprint: whose ledger and lock the plan uses.
    package init(name: String, fingerprints: Fingerprinter, options: PlanOptions = PlanOptions()) {
        self.name = name
        self.fingerprints = fingerprints
        self.options = options
    }

    /// The plan; without actions when the file has an error.
    package func plan(_ blueprint: Blueprint, live: Snapshot, applied: AppliedState) -> Plan {
        guard blueprint.isValid else {
            let id = id(blueprint, live, applied, observed: [:])
            return Plan(
                id: id, ownerID: live.ownerID, blueprint: name, actions: [], diagnostics: blueprint.diagnostics,
                observed: [:], basis: PlanBasis(live: live))
        }
        let comparison = Comparison(
            // What was applied says nothing about an account that was not looked at.
            blueprint: blueprint, snapshot: live, applied: live.isOffline ? AppliedState() : applied, options: options,
            fingerprints: fingerprints,
            resolver: Resolver(blueprint: blueprint, live: live, entered: options.entered))
        // A workflow cannot be reached through the API, which the reader has said of it.
        let wanted = blueprint.resources.filter { $0.serviceType != .workflow }
        var drafts = wanted.map { comparison.draft(of: $0) }
        deployUsersOfGroups(of: blueprint, &drafts)
        let (prunes, notes) = comparison.prunes()
        let watched = Self.unique((drafts + prunes).flatMap(\.watched))
        let observed = observed(watched, in: live)
        let actions = actions(of: drafts, then: prunes)
        return Plan(
            id: id(blueprint, live, applied, observed: observed), ownerID: live.ownerID, blueprint: name,
            actions: actions,
            diagnostics: blueprint.diagnostics + drafts.flatMap(\.notes).sorted { $0.position < $1.position } + notes,
            observed: observed,
            basis: PlanBasis(
                live: live, watched: watched,
                records: Dictionary(uniqueKeysWithValues: drafts.map { ($0.address, $0.records) }),
                forgotten: comparison.forgotten()))
    }

    /// Render starts nothing again when a group's variables change: whoever is linked to it gets a deploy.
    private func deployUsersOfGroups(of blueprint: Blueprint, _ drafts: inout [Draft]) {
        let changed = drafts.indices.filter { index in
            drafts[index].address.kind == .envGroup && drafts[index].live != nil
                && drafts[index].changes.contains { if case .variable = $0.target { true } else { false } }
        }
        for group in changed.map({ drafts[$0] }) {
            var others = group.live?.linkedServices ?? []
            for index in drafts.indices where drafts[index].address.kind == .service {
                guard let live = drafts[index].live else { continue }
                others.remove(live.id)
                guard live.groups.contains(group.address.name), let type = drafts[index].serviceType else { continue }
                drafts[index].deploy = max(drafts[index].deploy, type.variableDeploy)
                if drafts[index].verb == .noop { drafts[index].verb = .update }
                if !drafts[index].needs.contains(where: { $0.target == group.address }) {
                    drafts[index].needs.append(Draft.Need(target: group.address, variable: nil))
                }
            }
            guard !others.isEmpty, let index = drafts.firstIndex(where: { $0.address == group.address }) else {
                continue
            }
            drafts[index].note(
                "linked_elsewhere",
                "Services outside the file take variables from it (\(others.sorted().joined(separator: ", "))): they get"
                    + " the new ones at their next deploy.")
        }
    }

    private func actions(of drafts: [Draft], then prunes: [Draft]) -> [PlanAction] {
        let placed = PlanOrder(drafts).placed()
        var layer = (placed.map(\.layer).max() ?? -1) + 1
        var actions = placed.map { place in
            action(place.draft, dependsOn: place.dependsOn, layer: place.layer, deferring: place.deferred)
        }
        // Last of all, and what is used after its users.
        for kind in ResourceKind.allCases.reversed() {
            let own = prunes.filter { $0.address.kind == kind }.sorted { $0.address < $1.address }
            guard !own.isEmpty else { continue }
            actions += own.map { action($0, dependsOn: [], layer: layer, deferring: []) }
            layer += 1
        }
        return actions
    }

    private func action(
        _ draft: Draft, dependsOn: [ResourceAddress], layer: Int, deferring deferred: Set<String>
    ) -> PlanAction {
        let changes = draft.changes.map { change in
            guard case .variable(let key) = change.target, deferred.contains(key), case .unresolved? = change.new else {
                return change
            }
            return change.deferred()
        }
        return PlanAction(
            address: draft.address, serviceType: draft.serviceType, verb: draft.verb, liveID: draft.live?.id,
            changes: changes, dependsOn: dependsOn, layer: layer, deploy: draft.deploy,
            block: draft.blocks.isEmpty ? nil : draft.blocks.joined(separator: "; "), toEnter: draft.toEnter,
            position: draft.position)
    }

    private func observed(_ watched: [WatchedValue], in live: Snapshot) -> [ResourceAddress: [String: String]] {
        var observed: [ResourceAddress: [String: String]] = [:]
        for value in watched {
            observed[value.resource, default: [:]][value.path] = fingerprints.fingerprint(
                live.canonical(value), of: value.resource, at: value.path)
        }
        return observed
    }

    /// Over everything that has a say in the plan; not over where in the file it stands.
    private func id(
        _ blueprint: Blueprint, _ live: Snapshot, _ applied: AppliedState, observed: [ResourceAddress: [String: String]]
    ) -> String {
        let wanted = blueprint.resources.sorted { $0.address < $1.address }.map(Self.canonical)
        let errors = blueprint.diagnostics.filter { $0.severity == .error }.map { "\($0.code) \($0.path)" }.sorted()
        let ledger = applied.resources.sorted { $0.key < $1.key }.map { address, known in
            JSONValue.array([.string(address.description), .string(known.id), Self.object(known.fields)])
        }
        let seen = observed.sorted { $0.key < $1.key }.map { address, paths in
            JSONValue.array([.string(address.description), Self.object(paths)])
        }
        let duplicates = live.duplicates.sorted { $0.key < $1.key }.map { address, ids in
            JSONValue.array([.string(address.description), .array(ids.map { .string($0) })])
        }
        let inputs: JSONValue = [
            "version": 1, "owner": .string(live.ownerID), "blueprint": .string(name), "options": options.canonical,
            "wanted": .array(wanted), "errors": .array(errors.map { .string($0) }), "applied": .array(ledger),
            "observed": .array(seen), "duplicates": .array(duplicates),
            "credentials": .array(live.registryCredentials.keys.sorted().map { .string($0) }),
        ]
        return "plan_\(fingerprints.digest(inputs))"
    }

    private static func canonical(_ resource: Resource) -> JSONValue {
        let fields = resource.fields.map { ($0.key.rawValue, $0.value.value) }
        let variables = resource.environment.map { variable -> (String, JSONValue) in
            switch variable.source {
            case .literal(let value): (variable.key, ["literal", .string(value.reveal())])
            case .generated: (variable.key, "generated")
            case .entered: (variable.key, "entered")
            case .reference(let reference): (variable.key, ["reference", .string(reference.description)])
            }
        }
        return [
            "address": .string(resource.address.description), "type": .string(resource.serviceType?.rawValue ?? ""),
            "fields": .object(JSONObject(fields)), "environment": .object(JSONObject(variables)),
            "groups": .array(resource.groups.map(\.value).sorted().map { .string($0) }),
            "placement": .string(resource.environmentOfProject?.name ?? ""),
        ]
    }

    private static func object(_ texts: [String: String]) -> JSONValue {
        .object(JSONObject(texts.map { ($0.key, .string($0.value)) }))
    }

    private static func unique(_ values: [WatchedValue]) -> [WatchedValue] {
        var seen: Set<WatchedValue> = []
        return values.filter { seen.insert($0).inserted }
    }
}
