// SPDX-License-Identifier: Apache-2.0

package import Common

/// One resource that a blueprint wants, in the internal form.
package struct Resource: Sendable {
    package let address: ResourceAddress
    /// Of a service, and of nothing else.
    package let serviceType: ServiceType?
    /// What the file writes, by field; what it does not write is not there.
    package var fields: [Field: Located<JSONValue>]
    /// In the order of the file, each key once. Of services and groups.
    package var environment: [EnvironmentVariable]
    /// The groups that the service takes its variables from, by name.
    package var groups: [Located<String>]
    /// The environment of a project that the resource belongs to; nil for one outside projects.
    package let environmentOfProject: ResourceAddress?
    /// Where its entry begins.
    package let position: SourcePosition

    package init(
        _ address: ResourceAddress, serviceType: ServiceType? = nil, fields: [Field: Located<JSONValue>] = [:],
        environment: [EnvironmentVariable] = [], groups: [Located<String>] = [],
        environmentOfProject: ResourceAddress? = nil, at position: SourcePosition
    ) {
        self.address = address
        self.serviceType = serviceType
        self.fields = fields
        self.environment = environment
        self.groups = groups
        self.environmentOfProject = environmentOfProject
        self.position = position
    }
}
