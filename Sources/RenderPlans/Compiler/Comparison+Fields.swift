// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

extension Comparison {
    func compareFields(of resource: Resource, _ draft: inout Draft) {
        for (field, written) in resource.fields.sorted(by: { $0.key < $1.key }) where !field.trait.merges {
            if !resource.isSettable(field) {
                noteUnreachable(field, written, &draft)
            } else if field == .numInstances, isScaled(resource, draft) {
                noteScaled(field, written, &draft)
            } else if draft.live == nil {
                create(field, written, &draft)
            } else {
                compare(field, written, of: resource, &draft)
            }
        }
        if draft.live == nil { fillIn(resource, &draft) } else { forgetOmitted(resource, &draft) }
        checkCredentials(&draft)
    }

    private func create(_ field: Field, _ written: Located<JSONValue>, _ draft: inout Draft) {
        let value = completed(field, written.value, live: nil)
        guard field == .ipAllowList && !value.isNull || !value.isEmptyOrNull else { return }
        let canonical = CanonicalField.value(field, value, of: draft.address.kind)
        let fingerprint = fingerprints.fingerprint(value, of: field, on: draft.address)
        let none = fingerprints.fingerprint(nil, of: field, on: draft.address)
        draft.record(field.rawValue, fingerprint)
        draft.changes.append(
            FieldChange(
                target: .field(field), old: nil, new: .plain(value),
                reason: draft.reason(field.rawValue, wanted: fingerprint, live: none), deploy: .none,
                costs: field.trait.costs && !canonical.isNull && canonical != "free", position: written.position))
    }

    private func compare(
        _ field: Field, _ written: Located<JSONValue>, of resource: Resource, _ draft: inout Draft
    ) {
        let kind = draft.address.kind
        let told = draft.live?.fields[field]
        let value = completed(field, written.value, live: told)
        let wanted = CanonicalField.value(field, value, of: kind)
        // Written empty where nothing can be taken away: as good as not written.
        if value.isEmptyOrNull, !field.trait.clears { return draft.record(field.rawValue, nil) }
        let live = CanonicalField.value(field, told, of: kind)
        if field == .diskSizeGB, hasGrown(live, beyond: wanted, of: resource, draft) {
            return draft.record(field.rawValue, nil)
        }
        draft.watch(.target(.field(field)))
        let trait = field.trait
        if case .immutable = trait.mutability, told == nil { return }
        let fingerprint = fingerprints.fingerprint(value, of: field, on: draft.address)
        draft.record(field.rawValue, fingerprint)
        guard !CanonicalField.isSame(field, wanted: wanted, live: live) else { return }
        let liveFingerprint = fingerprints.fingerprint(told, of: field, on: draft.address)
        draft.changes.append(
            FieldChange(
                target: .field(field), old: told.map { .plain($0) }, new: .plain(value),
                reason: draft.reason(field.rawValue, wanted: fingerprint, live: liveFingerprint),
                deploy: field.deployNeed(of: draft.address, draft.serviceType), costs: trait.costs,
                interrupts: trait.interrupts, position: written.position))
        refuse(field, wanted: wanted, live: live, &draft)
    }

    /// What Render would not do, or not without losing something.
    private func refuse(_ field: Field, wanted: JSONValue, live: JSONValue, _ draft: inout Draft) {
        let isStore = [.postgres, .keyValue].contains(draft.address.kind)
        switch (field, field.trait.mutability) {
        case (_, .immutable(let advice)):
            draft.verb = .replace
            draft.blocks.append("\(field.rawValue) cannot change once it is made: \(advice)")
        case (_, .growOnly):
            if let new = wanted.int, let old = live.int, new < old { draft.blocks.append(Self.shrinks(old, new)) }
        case (.disk, _):
            if let new = wanted["sizeGB"]?.int, let old = live["sizeGB"]?.int, new < old {
                draft.blocks.append(Self.shrinks(old, new))
            }
        case (.plan, _) where isStore && wanted == "free":
            draft.blocks.append("what is paid cannot become free again: write the plan that is live, or make a new one")
        default: break
        }
    }

    private static func shrinks(_ old: Int, _ new: Int) -> String {
        "a disk cannot shrink, and this one has \(old) GB: write \(old) or more instead of \(new)"
    }

    /// A disk without a size keeps the one it has, or is made with Render's 10 GB.
    private func completed(_ field: Field, _ value: JSONValue, live: JSONValue?) -> JSONValue {
        guard field == .disk, var disk = value.object, disk["sizeGB"] == nil else { return value }
        disk["sizeGB"] = live?["sizeGB"] ?? 10
        return .object(disk)
    }

    /// Whether autoscaling makes the number of instances mean nothing.
    private func isScaled(_ resource: Resource, _ draft: Draft) -> Bool {
        let scaling = resource.fields[.scaling]?.value ?? draft.live?.fields[.scaling]
        return !CanonicalField.value(.scaling, scaling, of: .service).isNull
    }

    private func noteScaled(_ field: Field, _ written: Located<JSONValue>, _ draft: inout Draft) {
        // What was applied before there was autoscaling is not ours to compare any more.
        draft.record(field.rawValue, nil)
        draft.note(
            "ignored_while_scaling", at: field.rawValue, "Autoscaling decides how many instances there are.",
            written.position)
    }

    /// Whether Render has made a disk bigger by itself, which it does where the file or what is live says so.
    private func hasGrown(_ live: JSONValue, beyond wanted: JSONValue, of resource: Resource, _ draft: Draft) -> Bool {
        let grows = resource.fields[.storageAutoscaling]?.value ?? draft.live?.fields[.storageAutoscaling]
        guard grows == true, let live = live.int, let wanted = wanted.int else { return false }
        return live > wanted
    }

    private func noteUnreachable(_ field: Field, _ written: Located<JSONValue>, _ draft: inout Draft) {
        draft.record(field.rawValue, nil)
        let isSaid = blueprint.diagnostics.contains { $0.severity == .unsupported && $0.position == written.position }
        guard !isSaid, !written.value.isEmptyOrNull else { return }
        draft.notes.append(
            Diagnostic(
                .unsupported, "not_settable", path: "\(draft.address).\(field.rawValue)",
                "Render's API has no way to set \(field.rawValue): set it in the dashboard.", at: written.position))
    }

    /// What a new resource is made with where the file says nothing: what the API demands, and what costs.
    private func fillIn(_ resource: Resource, _ draft: inout Draft) {
        func fill(_ field: Field, _ value: String, costs: Bool = false) {
            guard resource.fields[field]?.value.isEmptyOrNull ?? true else { return }
            draft.changes.append(
                FieldChange(
                    target: .field(field), old: nil, new: .plain(.string(value)),
                    reason: draft.ours == nil ? .created : .drifted, deploy: .none, costs: costs, position: nil))
        }
        switch draft.address.kind {
        case .postgres:
            fill(.plan, "basic_256mb", costs: true)
            fill(.version, "18")
        case .keyValue: fill(.plan, "starter", costs: true)
        case .service:
            if draft.serviceType != .staticSite { fill(.plan, "starter", costs: true) }
            let hasSource = [Field.repo, .image].contains { !(resource.fields[$0]?.value.isEmptyOrNull ?? true) }
            guard !hasSource else { return }
            if let repository = options.repository {
                fill(.repo, repository)
                if let branch = options.branch { fill(.branch, branch) }
            } else if snapshot.isOffline {
                draft.note("no_repository", "The file names no repository for it; give the one that the file is in.")
            } else {
                draft.blocks.append(
                    "the file names no repository for it: write `repo`, or give the one that the file is in")
            }
        case .project, .environment, .envGroup: break
        }
    }

    /// What the file no longer writes keeps its live value; only a build filter is cleared when it was ours.
    private func forgetOmitted(_ resource: Resource, _ draft: inout Draft) {
        for field in Field.allCases where !field.trait.merges && resource.fields[field] == nil {
            if field == .buildFilter, draft.ours?.fields[field.rawValue] != nil, let live = draft.live?.fields[field],
                !CanonicalField.value(field, live, of: .service).isNull
            {
                draft.watch(.target(.field(field)))
                draft.changes.append(
                    FieldChange(
                        target: .field(field), old: .plain(live), new: nil, reason: .removed,
                        deploy: field.deployNeed(of: draft.address, draft.serviceType), position: resource.position))
            }
            draft.record(field.rawValue, nil)
        }
    }

    /// A credential is named in files and numbered in the API: one that nobody has cannot be set.
    private func checkCredentials(_ draft: inout Draft) {
        for change in draft.changes {
            guard case .plain(let value)? = change.new else { continue }
            let name: String?
            switch change.target {
            case .field(.image): name = value["registryCredential"]?.string
            case .field(.registryCredential): name = value.string
            default: name = nil
            }
            guard let name, !name.isEmpty, snapshot.registryCredentials[name] == nil else { continue }
            if snapshot.isOffline {
                draft.note(
                    "credential_needed", at: change.target.description,
                    "The workspace must have a registry credential of that name.", change.position)
            } else {
                draft.blocks.append(
                    "the workspace has no registry credential named \(name): add it in Render's dashboard")
            }
        }
    }
}

extension JSONValue {
    /// Null, or text, a list or an object with nothing in it.
    var isEmptyOrNull: Bool {
        switch self {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let items): items.isEmpty
        case .object(let object): object.isEmpty
        case .bool, .number: false
        }
    }
}
