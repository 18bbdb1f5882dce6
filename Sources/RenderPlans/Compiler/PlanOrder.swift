// SPDX-License-Identifier: Apache-2.0

import Blueprints

/// Puts drafts into layers so that each comes after what it needs, the same way for the same drafts.
///
/// Where needs go in a circle, one resource of it is taken first, and those of its variables that wait for the others are
/// put off until they are there.
struct PlanOrder {
    struct Placed {
        let draft: Draft
        let dependsOn: [ResourceAddress]
        let layer: Int
        /// The variables that are set after the later layers.
        let deferred: Set<String>
    }

    private let drafts: [ResourceAddress: Draft]
    private let needs: [ResourceAddress: Set<Draft.Need>]

    init(_ drafts: [Draft]) {
        let byAddress = Dictionary(drafts.map { ($0.address, $0) }) { first, _ in first }
        self.drafts = byAddress
        needs = byAddress.mapValues { draft in Set(draft.needs.filter { byAddress[$0.target] != nil }) }
    }

    /// By layer, then by address.
    func placed() -> [Placed] {
        var layers: [ResourceAddress: Int] = [:]
        var placed: [Placed] = []
        var waiting = Set(drafts.keys)
        while !waiting.isEmpty {
            var ready = waiting.filter { address in
                needs[address, default: []].allSatisfy { $0.target == address || !waiting.contains($0.target) }
            }
            if ready.isEmpty, let first = breaker(among: waiting) { ready = [first] }
            for address in ready.sorted() {
                guard let draft = drafts[address] else { continue }
                let own = needs[address, default: []]
                let met = Set(own.filter { !waiting.contains($0.target) }.map(\.target))
                let unmet = own.filter { waiting.contains($0.target) }
                let layer = (met.compactMap { layers[$0] }.max() ?? -1) + 1
                layers[address] = layer
                placed.append(
                    Placed(
                        draft: draft, dependsOn: met.sorted(), layer: layer,
                        deferred: Set(unmet.compactMap(\.variable))))
            }
            waiting.subtract(ready)
        }
        return placed.sorted { ($0.layer, $0.draft.address) < ($1.layer, $1.draft.address) }
    }

    /// Whom to take first of a circle: one that needs nothing outside circles, then whoever has the least to put off and
    /// puts off only what circles are made of.
    private func breaker(among waiting: Set<ResourceAddress>) -> ResourceAddress? {
        let reach = Dictionary(
            uniqueKeysWithValues: waiting.map { ($0, reachable(from: $0, within: waiting)) })
        let innermost = waiting.filter { address in
            reach[address, default: []].allSatisfy { reach[$0, default: []].contains(address) }
        }
        return innermost.min { left, right in
            (cost(left, waiting), left) < (cost(right, waiting), right)
        }
    }

    /// The weight of what would be put off; what cannot be put off weighs more than everything else.
    private func cost(_ address: ResourceAddress, _ waiting: Set<ResourceAddress>) -> Int {
        needs[address, default: []]
            .filter { $0.target != address && waiting.contains($0.target) }
            .map { $0.variable == nil ? 1_000_000 : $0.isAboutReaching ? 1 : 1000 }
            .reduce(0, +)
    }

    private func reachable(from start: ResourceAddress, within waiting: Set<ResourceAddress>) -> Set<ResourceAddress> {
        var seen: Set<ResourceAddress> = []
        var open = [start]
        while let next = open.popLast() {
            for need in needs[next, default: []] where waiting.contains(need.target) {
                if seen.insert(need.target).inserted { open.append(need.target) }
            }
        }
        return seen
    }
}
