// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

extension Comparison {
    /// Headers, routes and domains: what the file names is set, what it does not name survives.
    ///
    /// The ledger knows, beside the list that was applied, each entry by its name: so a list can lose what was ours.
    func compareLists(of resource: Resource, _ draft: inout Draft) {
        guard resource.address.kind == .service else { return }
        for field in Field.allCases where field.trait.merges { compareList(field, of: resource, &draft) }
    }

    private func compareList(_ field: Field, of resource: Resource, _ draft: inout Draft) {
        let written = resource.isSettable(field) ? resource.fields[field] : nil
        let live = draft.live?.fields[field]?.array ?? []
        let listed = written?.value.array ?? []
        let declared =
            field == .domains ? DomainTwins.without(in: listed, live, redirects: draft.live?.redirects ?? []) : listed
        let names = Set(declared.map { ListEntry.name($0, in: field) })
        let dropped = dropped("\(field.rawValue)/", from: draft) { names.contains($0) }
        guard !declared.isEmpty || !dropped.isEmpty else { return draft.record(field.rawValue, nil) }
        if draft.live != nil { draft.watch(.target(.field(field))) }
        let survivors = live.filter { entry in
            let name = ListEntry.name(entry, in: field)
            return !names.contains(name)
                && !(options.prunesEnvironment && dropped.contains("\(field.rawValue)/\(name)"))
        }
        record(field, declared: declared, live: live, dropped: dropped, &draft)
        let merged = JSONValue.array(declared + survivors)
        let kind = draft.address.kind
        guard
            CanonicalField.value(field, merged, of: kind)
                != CanonicalField.value(field, .array(live), of: kind)
        else { return }
        let fingerprint = fingerprints.fingerprint(.array(declared), of: field, on: draft.address)
        let ours = live.filter { entry in
            let applied = draft.ours?.fields["\(field.rawValue)/\(ListEntry.name(entry, in: field))"]
            return applied != nil && applied != LedgerMark.dropped
        }
        let liveFingerprint = fingerprints.fingerprint(.array(ours), of: field, on: draft.address)
        let isOnlyRemoval = !declared.contains { entry in
            !live.contains { ListEntry.isSame($0, entry, in: field) }
        }
        let reason: FieldChange.Reason =
            isOnlyRemoval && survivors.count + declared.count < live.count
            ? .removed : draft.reason(field.rawValue, wanted: fingerprint, live: liveFingerprint)
        draft.changes.append(
            FieldChange(
                target: .field(field), old: live.isEmpty ? nil : .plain(.array(live)), new: .plain(merged),
                reason: reason, deploy: .none, position: written?.position ?? resource.position))
    }

    private func record(
        _ field: Field, declared: [JSONValue], live: [JSONValue], dropped: [String], _ draft: inout Draft
    ) {
        draft.record(
            field.rawValue,
            declared.isEmpty ? nil : fingerprints.fingerprint(.array(declared), of: field, on: draft.address))
        for entry in declared {
            let path = "\(field.rawValue)/\(ListEntry.name(entry, in: field))"
            draft.record(path, fingerprints.fingerprint(.array([entry]), of: field, on: draft.address))
        }
        let liveNames = Set(live.map { ListEntry.name($0, in: field) })
        for path in dropped {
            let isLive = liveNames.contains(String(path.dropFirst(field.rawValue.count + 1)))
            guard isLive, !options.prunesEnvironment else {
                draft.record(path, nil)
                continue
            }
            draft.record(path, LedgerMark.dropped)
            draft.note(
                "not_in_file", at: path,
                "It was applied before and is not in the file any more. It stays, unless the environment is pruned.")
        }
    }
}

/// What tells the entries of headers, routes and domains apart.
enum ListEntry {
    static func name(_ entry: JSONValue, in field: Field) -> String {
        switch field {
        case .headers:
            let (path, name) = (entry["path"]?.string ?? "/*", entry["name"]?.string ?? "")
            return "\(path) \(name.lowercased())"
        case .routes: return entry["source"]?.string ?? ""
        default: return (entry.string ?? "").lowercased()
        }
    }

    static func isSame(_ left: JSONValue, _ right: JSONValue, in field: Field) -> Bool {
        CanonicalField.value(field, .array([left]), of: .service)
            == CanonicalField.value(field, .array([right]), of: .service)
    }
}
