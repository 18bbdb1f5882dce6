// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common

/// Turns references into the values they stand for, since Render's API knows values only.
///
/// What the blueprint wants comes before what is live: when a variable changes in this apply, whoever refers to it gets the
/// new value in the same one.
package struct Resolver: Sendable {
    /// What became of a reference.
    package enum Outcome: Sendable, Equatable {
        case value(Secret<String>)
        /// Known only when its target, or what that refers to, is there.
        case later
        /// Never, as things are; why, in a sentence without values.
        case impossible(String)
    }

    private let wanted: [ResourceAddress: Resource]
    private let live: Snapshot
    private let entered: [ResourceAddress: [String: Secret<String>]]

    package init(
        blueprint: Blueprint, live: Snapshot, entered: [ResourceAddress: [String: Secret<String>]] = [:]
    ) {
        wanted = Dictionary(blueprint.resources.map { ($0.address, $0) }) { first, _ in first }
        self.live = live
        self.entered = entered
    }

    /// What `reference` stands for.
    package func value(of reference: EnvironmentReference) -> Outcome {
        var path: [EnvironmentReference] = []
        return value(of: reference, path: &path)
    }

    /// Every reference that has a part in it: itself first, then those that the variable it names goes on to.
    package func chain(of reference: EnvironmentReference) -> [EnvironmentReference] {
        var chain = [reference]
        while case .reference(let next)? = variable(behind: chain[chain.count - 1])?.source, !chain.contains(next) {
            chain.append(next)
        }
        return chain
    }

    private func value(of reference: EnvironmentReference, path: inout [EnvironmentReference]) -> Outcome {
        guard !path.contains(reference) else {
            let round = (path.drop { $0 != reference } + [reference]).map(\.description)
            return .impossible("the references go round in a circle: \(round.joined(separator: " → "))")
        }
        path.append(reference)
        if wanted[reference.target]?.serviceType == .workflow {
            return .impossible("\(reference.target) is a workflow, which Render's API does not reach")
        }
        if let variable = variable(of: reference) {
            return value(of: variable, in: reference, path: &path)
        }
        if let port = portVariable(of: reference), case .service(_, _, let property) = reference {
            let outcome = value(of: port, in: reference, path: &path)
            guard case .value(let text) = outcome else { return outcome }
            if let number = Int(text.reveal()),
                let value = live.resources[reference.target]?.serviceValue(property, port: number)
            {
                return .value(Secret(value))
            }
        }
        if let value = live.value(of: reference) { return .value(value) }
        return missing(reference)
    }

    /// The variable that has a say in what the reference stands for.
    private func variable(behind reference: EnvironmentReference) -> EnvironmentVariable? {
        variable(of: reference) ?? portVariable(of: reference)
    }

    /// The wanted `PORT` of the service whose port is referred to.
    private func portVariable(of reference: EnvironmentReference) -> EnvironmentVariable? {
        guard case .service(let name, let type, let property) = reference, property == .port || property == .hostport
        else { return nil }
        return variable(of: .serviceVariable(name: name, type: type, key: "PORT"))
    }

    /// The variable that the blueprint wants for what the reference names, on the service itself or on one of its groups.
    private func variable(of reference: EnvironmentReference) -> EnvironmentVariable? {
        guard case .serviceVariable(_, _, let key) = reference, let target = wanted[reference.target] else {
            return nil
        }
        if let own = target.environment.first(where: { $0.key == key }) { return own }
        if live.resources[reference.target]?.environment[key] != nil { return nil }
        return shared(key, by: target)?.variable
    }

    private func shared(
        _ key: String, by target: Resource
    ) -> (group: ResourceAddress, variable: EnvironmentVariable)? {
        // Also the groups that the file does not name, which stay linked; in the order in which what is live is read.
        let linked = Set(target.groups.map(\.value)).union(live.resources[target.address]?.groups ?? [])
        for group in linked.sorted() {
            let address = ResourceAddress(.envGroup, group)
            if let shared = wanted[address]?.environment.first(where: { $0.key == key }) { return (address, shared) }
            guard let value = live.resources[address]?.environment[key] else { continue }
            return (address, EnvironmentVariable(key: key, source: .literal(value), at: target.position))
        }
        return nil
    }

    private func value(
        of variable: EnvironmentVariable, in reference: EnvironmentReference, path: inout [EnvironmentReference]
    ) -> Outcome {
        let holder = holder(of: variable, in: reference)
        switch variable.source {
        case .literal(let value): return .value(value)
        case .reference(let next): return value(of: next, path: &path)
        case .generated:
            return (live.resources[holder]?.environment[variable.key]).map { .value($0) } ?? .later
        case .entered:
            if let value = entered[holder]?[variable.key] ?? live.resources[holder]?.environment[variable.key] {
                return .value(value)
            }
            if live.isOffline { return .later }
            return .impossible("\(reference) has no value: it is to be entered by a person")
        }
    }

    /// The service itself, or the group that it has the variable from.
    private func holder(of variable: EnvironmentVariable, in reference: EnvironmentReference) -> ResourceAddress {
        guard let target = wanted[reference.target], !target.environment.contains(where: { $0.key == variable.key })
        else { return reference.target }
        return shared(variable.key, by: target)?.group ?? reference.target
    }

    private func missing(_ reference: EnvironmentReference) -> Outcome {
        switch reference {
        case .keyValueVariable:
            return .impossible("\(reference.target) is a key-value instance, which has no variables")
        case .service(_, _, .connectionString):
            return .impossible("\(reference.target) is a service, which has no connection string")
        default: break
        }
        guard let target = live.resources[reference.target] else {
            let isCreated = wanted[reference.target] != nil
            if isCreated, case .serviceVariable(_, _, let key) = reference, !Self.isOfRender(key) {
                return .impossible("\(reference.target) has no variable \(key)")
            }
            return isCreated || live.isOffline
                ? .later : .impossible("\(reference.target) is neither in the file nor live")
        }
        switch reference {
        case .serviceVariable(_, _, let key):
            return Self.isOfRender(key) ? .later : .impossible("\(reference.target) has no variable \(key)")
        case .database(_, .connectionPoolString) where target.connection != nil:
            return .impossible("\(reference.target) has no connection pool")
        // It is there, and does not tell yet: Render is still making it.
        default: return .later
        }
    }

    private static func isOfRender(_ key: String) -> Bool {
        key == "RENDER" || key.hasPrefix("RENDER_") || key == "PORT"
    }
}

extension EnvironmentReference {
    /// Whether it is about how the target is reached and not about what it holds: such references may go in circles.
    var isAboutReaching: Bool {
        switch self {
        case .service(_, _, let property): property != .connectionString
        case .serviceVariable(_, _, let key): key.hasPrefix("RENDER_EXTERNAL_")
        case .database, .keyValue, .keyValueVariable: false
        }
    }
}
