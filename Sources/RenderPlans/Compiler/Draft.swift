// SPDX-License-Identifier: Apache-2.0

import Blueprints

/// An action in the making: everything about one resource, before its place in the order is known.
struct Draft: Sendable {
    /// What must be there before it.
    struct Need: Sendable, Hashable {
        let target: ResourceAddress
        /// The variable that refers to the target. Only such a need can be put off when needs go in a circle.
        let variable: String?
        /// Whether it is about how the target is reached, which is what circles are made of on purpose.
        var isAboutReaching = false
    }

    let address: ResourceAddress
    let serviceType: ServiceType?
    let position: SourcePosition?
    let live: LiveResource?
    /// What was applied to the very resource that is live, or was before it was deleted by somebody else.
    let ours: AppliedState.Resource?
    var verb: PlanAction.Verb
    var changes: [FieldChange] = []
    var blocks: [String] = []
    var toEnter: [String] = []
    var notes: [Diagnostic] = []
    var records: [String: String?] = [:]
    var watched: [WatchedValue] = []
    var needs: [Need] = []
    var deploy: DeployNeed = .none

    mutating func watch(_ source: WatchedValue.Source) { watched.append(WatchedValue(address, source)) }

    mutating func note(_ code: String, at path: String? = nil, _ message: String, _ place: SourcePosition? = nil) {
        notes.append(
            Diagnostic(
                .warning, code, path: path.map { "\(address).\($0)" } ?? address.description, message,
                at: place ?? position ?? SourcePosition(line: 1, column: 1)))
    }

    /// Remembers a fingerprint unless it is known already; nil forgets it.
    mutating func record(_ path: String, _ fingerprint: String?) {
        guard ours?.fields[path] != fingerprint else { return }
        records[path] = .some(fingerprint)
    }

    /// Why what is live differs from what is wanted, by what was applied last.
    func reason(_ path: String, wanted: String, live liveFingerprint: String) -> FieldChange.Reason {
        guard let ours else { return live == nil ? .created : .adopted }
        // It was ours and somebody has deleted it.
        guard live != nil else { return .drifted }
        guard let applied = ours.fields[path], applied != liveFingerprint, applied != LedgerMark.dropped else {
            return .edited
        }
        return applied == wanted ? .drifted : .conflict
    }
}

/// What a ledger has instead of a fingerprint where a value is ours, and not ours to compare.
enum LedgerMark {
    /// Render has made it for us.
    static let generated = "generated"
    /// The file has dropped it and nobody has taken it away yet.
    static let dropped = "dropped"
    /// A group's variable that a new service was made with, to be taken back.
    static let lent = "lent"
    static let all: Set<String> = [generated, dropped, lent]
}

extension FieldChange {
    /// The same, to be made after the resources of later layers are there.
    func deferred() -> FieldChange {
        FieldChange(
            target: target, old: old, new: new, reason: reason, deploy: deploy, costs: costs, interrupts: interrupts,
            isDeferred: true, position: position)
    }
}
