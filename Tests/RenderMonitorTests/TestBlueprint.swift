// SPDX-License-Identifier: Apache-2.0

import Blueprints
import RenderMonitor

/// A blueprint of a few fields, the same for every service.
final class TestBlueprint: BlueprintLookup {
    let fields = Guarded<[Field: String]>([:])

    func wanted(serviceID: String, name: String, field: Field) async throws -> BlueprintValue? {
        fields.with { $0[field] }.map { BlueprintValue($0, at: "render.yaml:3:5") }
    }
}
