// SPDX-License-Identifier: Apache-2.0

package import Blueprints

/// A ledger that lasts as long as the process: for whoever talks to Render without a database, and for tests.
package actor InMemoryLedger: Ledger {
    private struct Key: Hashable {
        let ownerID: String
        let blueprint: String
    }

    private var states: [Key: AppliedState] = [:]

    package init() {}

    package func applied(ownerID: String, blueprint: String) -> AppliedState {
        states[Key(ownerID: ownerID, blueprint: blueprint)] ?? AppliedState()
    }

    package func record(
        ownerID: String, blueprint: String, resource: ResourceAddress, id: String, fields: [String: String?]
    ) {
        let key = Key(ownerID: ownerID, blueprint: blueprint)
        var known = states[key]?.resources[resource] ?? AppliedState.Resource(id: id, fields: [:])
        // Made anew, it has nothing of what was applied to the one before.
        if known.id != id { known = AppliedState.Resource(id: id, fields: [:]) }
        for (path, fingerprint) in fields { known.fields[path] = fingerprint }
        states[key, default: AppliedState()].resources[resource] = known
    }

    package func forget(ownerID: String, blueprint: String, resource: ResourceAddress) {
        states[Key(ownerID: ownerID, blueprint: blueprint)]?.resources[resource] = nil
    }
}
