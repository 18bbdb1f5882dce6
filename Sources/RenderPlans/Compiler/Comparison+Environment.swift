// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

extension Comparison {
    /// Variables: what the file names is set, what it does not name survives.
    func compareVariables(of resource: Resource, _ draft: inout Draft) {
        for variable in resource.environment {
            if draft.live != nil { draft.watch(.target(.variable(variable.key))) }
            let live = draft.live?.environment[variable.key]
            switch variable.source {
            case .literal(let value): set(variable, to: .secret(value), live: live, &draft)
            case .generated:
                if live == nil { set(variable, to: .generated, live: nil, &draft) }
                // Whatever its value is now, it is never ours to compare; nor is it ours when somebody else put it there.
                let isOurs = live == nil || draft.ours?.fields[Self.path(variable)] != nil
                draft.record(Self.path(variable), isOurs ? LedgerMark.generated : nil)
            case .entered: enter(variable, live: live, &draft)
            case .reference(let reference): refer(variable, to: reference, live: live, &draft)
            }
            if case .reference = variable.source { continue }
            draft.record(Self.sourcePath(variable.key), nil)
        }
        let wanted = Set(resource.environment.map(\.key))
        let need = resource.address.kind == .service ? resource.serviceType?.variableDeploy ?? .none : .none
        for path in dropped("env.", from: draft, unless: { wanted.contains($0) }) {
            let key = String(path.dropFirst("env.".count))
            let live = draft.live?.environment[key]
            drop(.variable(key), isLive: live != nil, old: live.map { .secret($0) }, deploy: need, &draft)
            if live == nil || options.prunesEnvironment { draft.record(Self.sourcePath(key), nil) }
        }
        takeBackLoan(wanted, &draft)
        noteHidden(by: wanted, of: resource, &draft)
    }

    /// Somebody has set what a group holds on the service itself, where it wins, and the file does not say so.
    private func noteHidden(by wanted: Set<String>, of resource: Resource, _ draft: inout Draft) {
        guard let live = draft.live else { return }
        let removed = Set(draft.changes.map(\.target))
        for group in resource.groups {
            let held = snapshot.resources[ResourceAddress(.envGroup, group.value)]?.environment ?? [:]
            for key in held.keys.sorted() where live.environment[key] != nil && !wanted.contains(key) {
                guard !removed.contains(.variable(key)) else { continue }
                draft.note(
                    "hides_group", at: ChangeTarget.variable(key).description,
                    "It is set on the service itself, not by the file, and hides what \(group.value) holds: delete it in"
                        + " Render's dashboard, or name it in the file.",
                    group.position)
            }
        }
    }

    /// What a new service was lent for its first deploy, and an apply that was cut short has left on it: it hides what the
    /// groups hold.
    private func takeBackLoan(_ wanted: Set<String>, _ draft: inout Draft) {
        for path in draft.ours?.fields.keys.filter({ $0.hasPrefix(AppliedState.loan) }).sorted() ?? [] {
            let key = String(path.dropFirst(AppliedState.loan.count))
            draft.record(path, nil)
            guard !wanted.contains(key), let live = draft.live?.environment[key] else { continue }
            draft.watch(.target(.variable(key)))
            draft.changes.append(
                FieldChange(
                    target: .variable(key), old: .secret(live), new: nil, reason: .removed, deploy: .none,
                    position: draft.position))
        }
    }

    private static func path(_ variable: EnvironmentVariable) -> String {
        ChangeTarget.variable(variable.key).description
    }

    /// Where the ledger keeps which reference a variable was applied from.
    static func sourcePath(_ key: String) -> String { "source.\(key)" }

    private func enter(_ variable: EnvironmentVariable, live: Secret<String>?, _ draft: inout Draft) {
        if let given = options.entered[draft.address]?[variable.key] {
            return set(variable, to: .secret(given), live: live, &draft)
        }
        draft.record(Self.path(variable), nil)
        guard live == nil else { return }
        draft.toEnter.append(variable.key)
        if draft.live != nil || snapshot.isOffline {
            draft.note(
                "value_missing", at: Self.path(variable),
                "It is to be entered by a person and has no value: set it in Render's dashboard, or give it with the plan.",
                variable.position)
        } else {
            draft.blocks.append("\(variable.key) is to be entered by a person: give its value with the plan")
        }
    }

    private func refer(
        _ variable: EnvironmentVariable, to reference: EnvironmentReference, live: Secret<String>?,
        _ draft: inout Draft
    ) {
        for link in resolver.chain(of: reference) {
            draft.watched.append(WatchedValue(link.target, .reference(link)))
        }
        // A resource does not wait for itself: what refers to itself is set once it is there.
        draft.needs.append(
            Draft.Need(target: reference.target, variable: variable.key, isAboutReaching: reference.isAboutReaching))
        switch resolver.value(of: reference) {
        case .value(let value): set(variable, to: .secret(value), live: live, &draft)
        case .later: set(variable, to: .unresolved(reference), live: live, &draft)
        case .impossible(let why): draft.blocks.append("\(variable.key) has no value: \(why)")
        }
        draft.record(Self.sourcePath(variable.key), sourceFingerprint(reference, variable.key, draft.address))
    }

    private func sourceFingerprint(
        _ reference: EnvironmentReference, _ key: String, _ address: ResourceAddress
    ) -> String {
        fingerprints.fingerprint(.string(reference.description), of: address, at: Self.sourcePath(key))
    }

    private func set(
        _ variable: EnvironmentVariable, to new: PlannedValue, live: Secret<String>?, _ draft: inout Draft
    ) {
        let path = Self.path(variable)
        var fingerprint = ""
        if case .secret(let value) = new {
            fingerprint = fingerprints.fingerprint(value, ofVariable: variable.key, on: draft.address)
            draft.record(path, fingerprint)
            guard live != value else { return }
        }
        let liveFingerprint =
            live.map { fingerprints.fingerprint($0, ofVariable: variable.key, on: draft.address) }
            ?? fingerprints.fingerprint(.null, of: draft.address, at: path)
        var reason = draft.reason(path, wanted: fingerprint, live: liveFingerprint)
        if reason == .edited, case .reference(let reference) = variable.source,
            draft.ours?.fields[Self.sourcePath(variable.key)]
                == sourceFingerprint(reference, variable.key, draft.address)
        {
            reason = .rotated
        }
        // Gone though nobody changed the file: somebody has deleted it.
        if reason == .conflict, live == nil, case .generated = new { reason = .drifted }
        let isNew = draft.live == nil || draft.address.kind != .service
        draft.changes.append(
            FieldChange(
                target: .variable(variable.key), old: live.map { .secret($0) }, new: new, reason: reason,
                deploy: isNew ? .none : draft.serviceType?.variableDeploy ?? .none, position: variable.position))
    }
}
