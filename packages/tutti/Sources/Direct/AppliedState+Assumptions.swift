// SPDX-License-Identifier: Apache-2.0

import Blueprints
import RenderPlans

/// What stands in for a ledger where nobody remembers what was applied.
extension AppliedState {
    /// That whatever the file names and is live is ours, with nothing known of its values: so every difference is the file's
    /// wish, and nothing is ever taken for drift or deleted.
    static func assumingOurs(_ blueprint: Blueprint, _ live: Snapshot) -> AppliedState {
        AppliedState(
            resources: Dictionary(
                blueprint.resources.compactMap { resource in
                    live.resources[resource.address].map { (resource.address, Resource(id: $0.id, fields: [:])) }
                }
            ) { first, _ in first })
    }

    /// That the file is what was applied last: so every difference is drift. `records` are the fingerprints of what it wants.
    static func assumingApplied(
        _ blueprint: Blueprint, _ live: Snapshot, _ records: [ResourceAddress: [String: String?]]
    ) -> AppliedState {
        AppliedState(
            resources: Dictionary(
                blueprint.resources.map { resource in
                    let fields = (records[resource.address] ?? [:]).compactMapValues { $0 }
                    let id = live.resources[resource.address]?.id ?? "deleted"
                    return (resource.address, Resource(id: id, fields: fields))
                }
            ) { first, _ in first })
    }
}
