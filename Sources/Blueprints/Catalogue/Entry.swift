// SPDX-License-Identifier: Apache-2.0

import Common

/// A kind of object in a blueprint, with keys of its own.
package enum Place: String, Sendable, CaseIterable {
    case root, rootPreviews, ungrouped
    case project, environment, networking, permissions
    /// What `serviceDetails` and `envSpecificDetails` hold in the API's shape belongs to it too.
    case service
    case keyValue, database, highAvailability, readReplica
    case envVarGroup, envVar, groupVar, fromDatabase, fromService
    case image, registryCredential, fromRegistryCreds
    case scaling, autoscaling, autoscalingCriteria, autoscalingTarget
    case disk, buildFilter, previews, maintenanceMode, header, route, allowedAddress, secretFile
    case buildSource, buildSourceGit
}

/// One key of a place: what stands behind it, and where it goes.
package struct Entry: Sendable {
    enum Presence: Sendable {
        case optional, required
        /// What the member is when it is not given; the API's shape may have another default than the files.
        case otherwise(JSONValue, api: JSONValue? = nil)
    }

    enum Standing: Sendable {
        case current
        /// Understood, though Render has another word for it since: which is named.
        case older(String)
        /// Known to Render and out of reach of its API, for the reason that is given.
        case beyond(String)
    }

    package let key: String
    let shape: Shape
    /// Where the value goes in the internal form of a resource.
    package private(set) var field: Field?
    /// Where the value goes in an object's canonical form.
    var name: String
    var presence = Presence.optional
    var standing = Standing.current
    /// The dialect that has the key; nil for both.
    package private(set) var dialect: Blueprint.Dialect?
    /// The types of services that have the key in Render's format.
    package private(set) var types = Set(ServiceType.allCases)
    /// Those of them for which a call of the API sets it.
    package private(set) var reached = Set(ServiceType.allCases)

    /// The place whose keys stand behind the key, if any do.
    package var place: Place? { shape.place }

    /// The words that the value may be, where there are such; those of plans may be others too.
    package var words: [String]? { shape.words }

    /// A key of the structure, or of an object.
    init(
        _ key: String, _ shape: Shape, name: String? = nil, _ presence: Presence = .optional,
        _ standing: Standing = .current, only dialect: Blueprint.Dialect? = nil
    ) {
        self.key = key
        self.shape = shape
        self.name = name ?? key
        self.presence = presence
        self.standing = standing
        self.dialect = dialect
    }

    /// A key that is a field of a resource.
    init(
        _ key: String, _ field: Field, _ shape: Shape, on types: Set<ServiceType>? = nil,
        reached: Set<ServiceType>? = nil, _ standing: Standing = .current, only dialect: Blueprint.Dialect? = nil
    ) {
        self.init(key, shape, .optional, standing, only: dialect)
        self.field = field
        if let types { self.types = types }
        self.reached = reached ?? self.types
    }
}
