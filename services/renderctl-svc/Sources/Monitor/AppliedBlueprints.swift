// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderMonitor
import Store

/// What the blueprint that was applied last says of a service.
struct AppliedBlueprints: BlueprintLookup {
    let applied: AppliedStore
    let plans: RenderPlanStore

    func wanted(serviceID: String, name: String, field: Field) async throws -> BlueprintValue? {
        guard let owner = try await applied.blueprint(ofResource: serviceID),
            let last = try await plans.lastApplied(ownerID: owner.ownerID, blueprint: owner.name),
            let address = ResourceAddress(owner.address)
        else { return nil }
        let blueprint = Blueprint.read(Array(last.plan.source.utf8))
        guard let wanted = blueprint.resource(at: address)?.fields[field], let text = wanted.value.string else {
            return nil
        }
        return BlueprintValue(text, at: "\(owner.name):\(wanted.position)")
    }
}
