// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

/// Compares one resource of a blueprint with what is live and with what was applied last.
struct Comparison: Sendable {
    let blueprint: Blueprint
    let snapshot: Snapshot
    let applied: AppliedState
    let options: PlanOptions
    let fingerprints: Fingerprinter
    let resolver: Resolver

    func draft(of resource: Resource) -> Draft {
        let live = snapshot.resources[resource.address]
        let known = applied.resources[resource.address]
        let ours = live.map { $0.id == known?.id } ?? true ? known : nil
        var draft = Draft(
            address: resource.address, serviceType: resource.serviceType, position: resource.position, live: live,
            ours: ours, verb: live == nil ? .create : ours == nil ? .adopt : .update)
        draft.watch(.identity)
        if live == nil, known != nil {
            draft.note("deleted_outside", "It was applied before and is not there any more: it is made anew.")
        } else if live != nil, known != nil, ours == nil {
            draft.note("made_anew_outside", "It is not the one that was applied before: somebody has made it anew.")
        }
        compareType(of: resource, &draft)
        comparePlacement(of: resource, &draft)
        compareFields(of: resource, &draft)
        compareLists(of: resource, &draft)
        compareGroups(of: resource, &draft)
        compareVariables(of: resource, &draft)
        settle(&draft)
        return draft
    }

    private func compareType(of resource: Resource, _ draft: inout Draft) {
        guard let live = draft.live, resource.address.kind == .service else { return }
        draft.watch(.serviceType)
        guard live.serviceType != resource.serviceType else { return }
        let (old, new) = (live.serviceType?.rawValue ?? "service of another type", resource.serviceType?.rawValue ?? "")
        draft.verb = .replace
        draft.blocks.append(
            "it is a \(old) and the file wants a \(new), which cannot change: give the new one another name, move over,"
                + " then delete the old one")
    }

    private func comparePlacement(of resource: Resource, _ draft: inout Draft) {
        if resource.address.kind == .environment, let slash = resource.address.name.firstIndex(of: "/") {
            let project = ResourceAddress(.project, String(resource.address.name[..<slash]))
            draft.needs.append(Draft.Need(target: project, variable: nil))
        }
        let path = ChangeTarget.placement.description
        guard let wanted = resource.environmentOfProject else {
            draft.record(path, nil)
            return
        }
        draft.needs.append(Draft.Need(target: wanted, variable: nil))
        if draft.live != nil { draft.watch(.target(.placement)) }
        let fingerprint = fingerprints.fingerprint(.string(wanted.name), of: draft.address, at: path)
        draft.record(path, fingerprint)
        let live = draft.live?.environmentOfProject
        guard live != wanted else { return }
        let liveFingerprint = fingerprints.fingerprint(
            live.map { .string($0.name) } ?? .null, of: draft.address, at: path)
        draft.changes.append(
            FieldChange(
                target: .placement, old: live.map { .plain(.string($0.name)) }, new: .plain(.string(wanted.name)),
                reason: draft.reason(path, wanted: fingerprint, live: liveFingerprint), deploy: .none,
                position: resource.position))
    }

    private func compareGroups(of resource: Resource, _ draft: inout Draft) {
        guard resource.address.kind == .service else { return }
        let need = resource.serviceType?.variableDeploy ?? .none
        for group in resource.groups {
            let target = ChangeTarget.group(group.value)
            let path = target.description
            let address = ResourceAddress(.envGroup, group.value)
            draft.needs.append(Draft.Need(target: address, variable: nil))
            if draft.live != nil { draft.watch(.target(target)) }
            let fingerprint = fingerprints.fingerprint(true, of: draft.address, at: path)
            draft.record(path, fingerprint)
            if blueprint.resource(at: address) == nil, snapshot.resources[address] == nil, !snapshot.isOffline {
                draft.blocks.append("\(address) is neither in the file nor live")
            }
            guard draft.live?.groups.contains(group.value) != true else { continue }
            let absent = fingerprints.fingerprint(.null, of: draft.address, at: path)
            draft.changes.append(
                FieldChange(
                    target: target, old: nil, new: .plain(true),
                    reason: draft.reason(path, wanted: fingerprint, live: absent),
                    deploy: draft.live == nil || hasBeenLent(by: group.value, resource, draft) ? .none : need,
                    position: group.position))
        }
        for path in draft.ours?.fields.keys.filter({ $0.hasPrefix(AppliedState.lender) }).sorted() ?? [] {
            draft.record(path, nil)
        }
        let wanted = Set(resource.groups.map(\.value))
        for path in dropped("group.", from: draft, unless: { wanted.contains($0) }) {
            let name = String(path.dropFirst("group.".count))
            drop(
                .group(name), isLive: draft.live?.groups.contains(name) == true, old: .plain(true), deploy: need, &draft
            )
        }
    }

    /// Whether the first deploy of the service had all that the group holds: linking it then changes nothing for what runs.
    private func hasBeenLent(by group: String, _ resource: Resource, _ draft: Draft) -> Bool {
        guard draft.ours?.fields[AppliedState.lender + group] != nil else { return false }
        let address = ResourceAddress(.envGroup, group)
        let own = Set(resource.environment.map(\.key))
        var held = snapshot.resources[address]?.environment ?? [:]
        for variable in blueprint.resource(at: address)?.environment ?? [] {
            if case .literal(let value) = variable.source { held[variable.key] = value }
        }
        return held.allSatisfy { key, value in own.contains(key) || draft.live?.environment[key] == value }
    }

    /// What was applied under a prefix and is not wanted any more, in order.
    func dropped(_ prefix: String, from draft: Draft, unless isWanted: (String) -> Bool) -> [String] {
        guard draft.live != nil, let ours = draft.ours else { return [] }
        return ours.fields.keys
            .filter { $0.hasPrefix(prefix) && !isWanted(String($0.dropFirst(prefix.count))) }
            .sorted()
    }

    /// Takes away what the file has dropped when that was asked for, and says so when it was not.
    func drop(_ target: ChangeTarget, isLive: Bool, old: PlannedValue?, deploy: DeployNeed, _ draft: inout Draft) {
        let path = target.description
        guard isLive else {
            draft.record(path, nil)
            return
        }
        draft.watch(.target(target))
        guard options.prunesEnvironment else {
            draft.record(path, LedgerMark.dropped)
            draft.note(
                "not_in_file", at: path,
                "It was applied before and is not in the file any more. It stays, unless the environment is pruned.")
            return
        }
        draft.record(path, nil)
        draft.changes.append(
            FieldChange(target: target, old: old, new: nil, reason: .removed, deploy: deploy, position: draft.position))
    }

    /// The verb, the deploy and the blocks that follow from the changes.
    private func settle(_ draft: inout Draft) {
        draft.changes.sort { Self.rank($0.target) < Self.rank($1.target) }
        let isService = draft.address.kind == .service
        if draft.live == nil {
            draft.deploy = isService ? .build : .none
        } else {
            // An apply that was cut short may owe the service a deploy for what it has changed.
            let owed = draft.ours?.fields[AppliedState.pendingDeploy].flatMap(DeployNeed.init) ?? .none
            draft.deploy = (draft.changes.map(\.deploy) + [owed]).max() ?? .none
        }
        let isIdle = draft.changes.isEmpty && draft.blocks.isEmpty && draft.deploy == .none
        if draft.verb == .update, isIdle { draft.verb = .noop }
        if let live = draft.live {
            draft.watch(.nativeBlueprint)
            if let native = live.nativeBlueprint, draft.verb != .noop {
                draft.blocks.append(
                    "Render's own Blueprint \(native) syncs it: disconnect it there first, or the two undo each other")
            }
        }
        if let ids = snapshot.duplicates[draft.address] {
            draft.blocks.append(
                "Render has \(ids.count) of that name (\(ids.joined(separator: ", "))): rename or delete all but one")
        }
    }

    /// Placement first, then fields in the order of their declaration, links, and variables by name.
    private static func rank(_ target: ChangeTarget) -> (Int, Int, String) {
        switch target {
        case .placement: (0, 0, "")
        case .field(let field): (1, Field.allCases.firstIndex(of: field) ?? 0, "")
        case .group(let name): (2, 0, name)
        case .variable(let key): (3, 0, key)
        }
    }
}
