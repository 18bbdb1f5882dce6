// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common

/// What was applied and is not so on Render any more.
package struct DriftReport: Sendable {
    /// By resource and path.
    package let entries: [DriftEntry]
    /// How many values were looked at.
    package let checked: Int

    /// `checked` and `entries`: `resource`, `id`, `kind` (changed, gone, deleted, replaced), `path`, and `applied` and
    /// `live` as values of plans, null where they are not known.
    package var json: JSONObject {
        [
            "checked": JSONValue(checked),
            "entries": .array(
                entries.map { entry in
                    [
                        "resource": .string(entry.resource.description), "id": .string(entry.id),
                        "kind": .string(entry.kind.rawValue), "path": .string(entry.path),
                        "applied": entry.applied?.json ?? .null, "live": entry.live?.json ?? .null,
                    ]
                }),
        ]
    }
}

package struct DriftEntry: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case changed
        /// The value is not there any more.
        case gone
        /// The resource is not there any more.
        case deleted
        /// Another resource has its name now.
        case replaced
    }

    package let resource: ResourceAddress
    /// Of the resource that was applied.
    package let id: String
    package let kind: Kind
    /// Such as `plan` or `env.KEY`; `id` for the resource itself.
    package let path: String
    /// What was applied, when the file still says it: the ledger has only fingerprints.
    package let applied: PlannedValue?
    package let live: PlannedValue?
}

/// Finds what was changed outside, from the ledger and what is live; no file is needed.
package struct Drift: Sendable {
    private let fingerprints: Fingerprinter

    package init(fingerprints: Fingerprinter) { self.fingerprints = fingerprints }

    /// With the blueprint, values that it still has as they were applied are shown beside the live ones.
    package func report(_ live: Snapshot, _ applied: AppliedState, _ blueprint: Blueprint? = nil) -> DriftReport {
        var entries: [DriftEntry] = []
        var checked = 0
        for (address, known) in applied.resources.sorted(by: { $0.key < $1.key }) {
            guard let found = live.resources[address], found.id == known.id else {
                checked += 1
                let other = live.resources[address]
                entries.append(
                    DriftEntry(
                        resource: address, id: known.id, kind: other == nil ? .deleted : .replaced, path: "id",
                        applied: .plain(.string(known.id)), live: other.map { .plain(.string($0.id)) }))
                continue
            }
            let wanted = blueprint?.resource(at: address)
            for (path, fingerprint) in known.fields.sorted(by: { $0.key < $1.key }) {
                guard let target = ChangeTarget(path: path), !LedgerMark.all.contains(fingerprint),
                    !Self.isMoving(target, on: found)
                else { continue }
                checked += 1
                let side = side(target, of: found, address, known)
                guard !side.fingerprints.contains(fingerprint) else { continue }
                entries.append(
                    DriftEntry(
                        resource: address, id: known.id, kind: side.value == nil ? .gone : .changed, path: path,
                        applied: appliedValue(target, wanted, address, fingerprint), live: side.value))
            }
        }
        return DriftReport(entries: entries, checked: checked)
    }

    /// What Render changes by itself, as it was told to, is nobody's change.
    private static func isMoving(_ target: ChangeTarget, on live: LiveResource) -> Bool {
        switch target {
        case .field(.numInstances): live.fields[.scaling].map { !$0.isNull } == true
        case .field(.diskSizeGB): live.fields[.storageAutoscaling] == true
        default: false
        }
    }

    /// What is live at a target, and the fingerprints that say it is still so.
    private func side(
        _ target: ChangeTarget, of live: LiveResource, _ address: ResourceAddress, _ known: AppliedState.Resource
    ) -> (value: PlannedValue?, fingerprints: [String]) {
        switch target {
        case .variable(let key):
            let value = live.environment[key]
            return (
                value.map { .secret($0) },
                value.map { [fingerprints.fingerprint($0, ofVariable: key, on: address)] } ?? []
            )
        case .group(let name):
            let isLinked = live.groups.contains(name)
            return (
                isLinked ? .plain(true) : nil,
                isLinked ? [fingerprints.fingerprint(true, of: address, at: target.description)] : []
            )
        case .placement:
            let name = live.environmentOfProject.map { JSONValue.string($0.name) }
            return (
                name.map { .plain($0) }, [fingerprints.fingerprint(name ?? .null, of: address, at: target.description)]
            )
        case .field(let field):
            let value = field.trait.merges ? ours(field, live, known) : live.fields[field]
            var accepted = [fingerprints.fingerprint(value, of: field, on: address)]
            if field == .image, let value {
                let canonical = CanonicalField.withoutDigest(CanonicalField.value(field, value, of: address.kind))
                accepted.append(fingerprints.fingerprint(canonical, of: field, on: address))
            }
            return (live.fields[field].map { .plain($0) }, accepted)
        }
    }

    /// Of a list, the entries that were applied by us: others may come and go.
    private func ours(_ field: Field, _ live: LiveResource, _ known: AppliedState.Resource) -> JSONValue? {
        let entries = live.fields[field]?.array ?? []
        let prefix = "\(field.rawValue)/"
        guard known.fields.keys.contains(where: { $0.hasPrefix(prefix) }) else { return .array(entries) }
        return .array(
            entries.filter { entry in
                let applied = known.fields[prefix + ListEntry.name(entry, in: field)]
                return applied != nil && applied != LedgerMark.dropped
            })
    }

    /// What the file says, when that is what was applied.
    private func appliedValue(
        _ target: ChangeTarget, _ wanted: Resource?, _ address: ResourceAddress, _ fingerprint: String
    ) -> PlannedValue? {
        guard let wanted else { return nil }
        let value: PlannedValue?
        switch target {
        case .field(let field): value = wanted.fields[field].map { .plain($0.value) }
        case .group(let name): value = wanted.groups.contains { $0.value == name } ? .plain(true) : nil
        case .placement: value = wanted.environmentOfProject.map { .plain(.string($0.name)) }
        case .variable(let key):
            guard case .literal(let text)? = wanted.environment.first(where: { $0.key == key })?.source else {
                return nil
            }
            value = .secret(text)
        }
        guard let value, fingerprints.fingerprint(value, of: target, on: address) == fingerprint else { return nil }
        return value
    }
}

extension ChangeTarget {
    /// The target of a path in a ledger; nil for what a ledger keeps beside the values of targets.
    init?(path: String) {
        if path == ChangeTarget.placement.description {
            self = .placement
        } else if path.hasPrefix("env.") {
            self = .variable(String(path.dropFirst(4)))
        } else if path.hasPrefix("group.") {
            self = .group(String(path.dropFirst(6)))
        } else if let field = Field(rawValue: path) {
            self = .field(field)
        } else {
            return nil
        }
    }
}
