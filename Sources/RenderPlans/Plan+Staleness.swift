// SPDX-License-Identifier: Apache-2.0

package import Blueprints
import Common

/// A value that is not what it was when the plan was compiled.
package struct StaleField: Sendable, Equatable {
    package let resource: ResourceAddress
    /// `id`, `plan`, `env.KEY` and so on.
    package let path: String
    /// What the plan saw; nil when there was none.
    package let old: PlannedValue?
    /// What is live now; nil when there is none.
    package let new: PlannedValue?
}

extension Plan {
    /// What has moved since the plan was compiled, of all that it looked at: empty when it may still be applied.
    package func staleness(against now: Snapshot) -> [StaleField] {
        guard let before = basis.live else { return [] }
        return basis.watched.compactMap { watched in
            guard before.canonical(watched) != now.canonical(watched) else { return nil }
            return StaleField(
                resource: watched.resource, path: watched.path, old: before.shown(watched), new: now.shown(watched))
        }
    }
}

extension Snapshot {
    /// What is live at a place, in the form in which it is compared.
    func canonical(_ watched: WatchedValue) -> JSONValue {
        let live = resources[watched.resource]
        switch watched.source {
        case .identity: return live.map { .string($0.id) } ?? .null
        case .serviceType: return live?.serviceType.map { .string($0.rawValue) } ?? .null
        case .nativeBlueprint: return live?.nativeBlueprint.map { .string($0) } ?? .null
        case .reference(let reference): return value(of: reference).map { .string($0.reveal()) } ?? .null
        case .target(let target):
            switch target {
            case .field(let field): return CanonicalField.value(field, live?.fields[field], of: watched.resource.kind)
            case .variable(let key): return live?.environment[key].map { .string($0.reveal()) } ?? .null
            case .group(let name): return .bool(live?.groups.contains(name) == true)
            case .placement: return live?.environmentOfProject.map { .string($0.name) } ?? .null
            }
        }
    }

    /// The same as a plan shows it.
    fileprivate func shown(_ watched: WatchedValue) -> PlannedValue? {
        switch watched.source {
        case .reference(let reference): return value(of: reference).map { .secret($0) }
        case .target(.variable(let key)): return resources[watched.resource]?.environment[key].map { .secret($0) }
        case .target(.field(let field)): return resources[watched.resource]?.fields[field].map { .plain($0) }
        case .identity, .serviceType, .nativeBlueprint, .target(.group), .target(.placement):
            let value = canonical(watched)
            return value.isNull ? nil : .plain(value)
        }
    }
}
