// SPDX-License-Identifier: Apache-2.0

import Common

/// Variables that take their value from variables of services.
extension BlueprintReader {
    /// A variable by its resource's index and its own.
    private struct Place: Hashable {
        let resource: Int
        let variable: Int
    }

    /// Whether each of them refers to a variable that there is, and none in the end to itself.
    mutating func checkVariables(_ index: [ResourceAddress: Int]) {
        var keys: [Int: [String: Int]] = [:]
        var next: [Place: Place] = [:]
        var founds: [(place: Place, found: FoundReference)] = []
        for (resource, found) in references {
            guard case .variable(let variable) = found.place,
                case .reference(let reference) = resources[resource].environment[variable].source,
                let key = reference.variable, let target = index[reference.target]
            else { continue }
            let place = Place(resource: resource, variable: variable)
            if keys[target] == nil {
                let named = resources[target].environment.enumerated().map { ($0.element.key, $0.offset) }
                keys[target] = Dictionary(named, uniquingKeysWith: { first, _ in first })
            }
            guard let referred = keys[target]?[key] else {
                notDeclared(key, by: resources[target], found)
                continue
            }
            next[place] = Place(resource: target, variable: referred)
            founds.append((place, found))
        }
        let circles = Self.circles(next, from: founds.map(\.place))
        for (place, found) in founds where circles.contains(place) {
            report.note(
                .error, .selfReference, found.path, "The variable would have its own value, in a circle.",
                at: found.position)
        }
    }

    /// Those that come back to themselves. Each leads to one other, so a walk that meets its own way has found a circle.
    private static func circles(_ next: [Place: Place], from starts: [Place]) -> Set<Place> {
        var walks: [Place: Int] = [:]
        var circles: Set<Place> = []
        for (walk, start) in starts.enumerated() {
            var place = start
            while walks[place] == nil, let after = next[place] {
                walks[place] = walk
                place = after
            }
            guard walks[place] == walk else { continue }
            while circles.insert(place).inserted, let after = next[place] { place = after }
        }
        return circles
    }

    /// Groups may bring the variable in, and Render itself gives some.
    private mutating func notDeclared(_ key: String, by target: Resource, _ found: FoundReference) {
        guard target.groups.isEmpty, !key.hasPrefix("RENDER_") else { return }
        report.note(
            .warning, .notInFile, found.path,
            "The variable \(Words.name(key)) of \(Words.name(target.address.name)) is not in this file; it must be on Render.",
            at: found.position)
    }
}

extension EnvironmentReference {
    /// The variable that it refers to, if it is one.
    fileprivate var variable: String? {
        switch self {
        case .serviceVariable(_, _, let key), .keyValueVariable(_, let key): key
        case .database, .keyValue, .service: nil
        }
    }
}
