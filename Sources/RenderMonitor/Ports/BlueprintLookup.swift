// SPDX-License-Identifier: Apache-2.0

package import Blueprints

/// What the blueprint that was applied last says of a service: its word goes before every fix.
package protocol BlueprintLookup: Sendable {
    /// Nil when no blueprint names the service, or its entry does not name the field.
    func wanted(serviceID: String, name: String, field: Field) async throws -> BlueprintValue?
}

/// No blueprint has been applied.
package struct NoBlueprint: BlueprintLookup {
    package init() {}

    package func wanted(serviceID: String, name: String, field: Field) async throws -> BlueprintValue? { nil }
}
