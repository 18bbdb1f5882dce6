// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common

/// What is live on Render, as far as a blueprint is concerned, in the internal form.
package struct Snapshot: Sendable {
    package let ownerID: String
    package var resources: [ResourceAddress: LiveResource]
    /// The ids of the workspace's registry credentials, by name.
    package var registryCredentials: [String: String]
    /// The ids of all that have one name and cannot be told apart by what was applied; `resources` has one of them.
    package var duplicates: [ResourceAddress: [String]]

    package init(
        ownerID: String, resources: [ResourceAddress: LiveResource] = [:], registryCredentials: [String: String] = [:],
        duplicates: [ResourceAddress: [String]] = [:]
    ) {
        self.ownerID = ownerID
        self.resources = resources
        self.registryCredentials = registryCredentials
        self.duplicates = duplicates
    }

    /// An account with nothing in it, read without a network.
    package static let offline = Snapshot(ownerID: "offline")

    /// Whether nothing was asked of Render: what only Render can tell is then a warning and stops nothing.
    package var isOffline: Bool { ownerID == "offline" }
}

/// One resource that is live.
package struct LiveResource: Sendable {
    package let id: String
    package let serviceType: ServiceType?
    /// What Render tells of it, by field and in the shapes that `Field` gives; a field that it does not tell is absent.
    package var fields: [Field: JSONValue]
    package var environment: [String: Secret<String>]
    /// The groups linked to a service, by name.
    package var groups: Set<String>
    /// Of a group: the ids of all services that it is linked to, also of those that are none of ours.
    package var linkedServices: Set<String>
    /// The domains of a service that Render has added by itself, in small letters; `fields` has the others.
    package var redirects: Set<String> = []
    /// The environment of a project that it belongs to.
    package var environmentOfProject: ResourceAddress?
    /// Of Render's own Blueprint that syncs it, when there is one.
    package var nativeBlueprint: String?
    /// Of a service: the URL it is reached at, its slug, and the ports it listens on; what references stand for.
    package var url: String?
    package var slug: String?
    package var ports: [Int]
    /// Of databases and key values: how to reach them, read when a reference asks for it.
    package var connection: LiveConnection?

    package init(
        id: String, serviceType: ServiceType? = nil, fields: [Field: JSONValue] = [:],
        environment: [String: Secret<String>] = [:], groups: Set<String> = [], linkedServices: Set<String> = [],
        environmentOfProject: ResourceAddress? = nil, nativeBlueprint: String? = nil, url: String? = nil,
        slug: String? = nil, ports: [Int] = [], connection: LiveConnection? = nil
    ) {
        self.id = id
        self.serviceType = serviceType
        self.fields = fields
        self.environment = environment
        self.groups = groups
        self.linkedServices = linkedServices
        self.environmentOfProject = environmentOfProject
        self.nativeBlueprint = nativeBlueprint
        self.url = url
        self.slug = slug
        self.ports = ports
        self.connection = connection
    }
}

/// How a database or key-value instance is reached.
package struct LiveConnection: Sendable, Equatable {
    package var internalURL: Secret<String>
    package var pooledURL: Secret<String>?
    package var password: Secret<String>?

    package init(internalURL: Secret<String>, pooledURL: Secret<String>? = nil, password: Secret<String>? = nil) {
        self.internalURL = internalURL
        self.pooledURL = pooledURL
        self.password = password
    }
}
