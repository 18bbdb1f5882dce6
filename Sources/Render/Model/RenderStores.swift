// SPDX-License-Identifier: Apache-2.0

package import Common

/// A PostgreSQL database as Render's API shows it.
package struct RenderDatabase: Sendable, Hashable {
    package var id: String
    package var name: String
    package var ownerID: String
    package var environmentID: String?
    package var plan: String?
    package var region: String?
    package var version: String?
    package var databaseName: String?
    package var databaseUser: String?
    package var diskSizeGB: Int?
    package var isDiskAutoscaling: Bool
    package var isHighlyAvailable: Bool
    package var readReplicas: [String]
    package var ipAllowList: [AllowedAddresses]?
    package var status: String?
    package var isSuspended: Bool
    package var createdAt: String
    package var updatedAt: String

    package init(
        id: String, name: String, ownerID: String = "", environmentID: String? = nil, plan: String? = nil,
        region: String? = nil, version: String? = nil, databaseName: String? = nil, databaseUser: String? = nil,
        diskSizeGB: Int? = nil, isDiskAutoscaling: Bool = false, isHighlyAvailable: Bool = false,
        readReplicas: [String] = [], ipAllowList: [AllowedAddresses]? = nil, status: String? = nil,
        isSuspended: Bool = false, createdAt: String = "", updatedAt: String = ""
    ) {
        self.id = id
        self.name = name
        self.ownerID = ownerID
        self.environmentID = environmentID
        self.plan = plan
        self.region = region
        self.version = version
        self.databaseName = databaseName
        self.databaseUser = databaseUser
        self.diskSizeGB = diskSizeGB
        self.isDiskAutoscaling = isDiskAutoscaling
        self.isHighlyAvailable = isHighlyAvailable
        self.readReplicas = readReplicas
        self.ipAllowList = ipAllowList
        self.status = status
        self.isSuspended = isSuspended
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// A key-value instance as Render's API shows it.
package struct RenderKeyValue: Sendable, Hashable {
    package var id: String
    package var name: String
    package var ownerID: String
    package var environmentID: String?
    package var plan: String?
    package var region: String?
    package var maxmemoryPolicy: String?
    package var persistenceMode: String?
    package var ipAllowList: [AllowedAddresses]?
    package var status: String?
    package var createdAt: String
    package var updatedAt: String

    package init(
        id: String, name: String, ownerID: String = "", environmentID: String? = nil, plan: String? = nil,
        region: String? = nil, maxmemoryPolicy: String? = nil, persistenceMode: String? = nil,
        ipAllowList: [AllowedAddresses]? = nil, status: String? = nil, createdAt: String = "", updatedAt: String = ""
    ) {
        self.id = id
        self.name = name
        self.ownerID = ownerID
        self.environmentID = environmentID
        self.plan = plan
        self.region = region
        self.maxmemoryPolicy = maxmemoryPolicy
        self.persistenceMode = persistenceMode
        self.ipAllowList = ipAllowList
        self.status = status
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// How to reach a database or key-value instance from Render's private network.
package struct ConnectionInfo: Sendable {
    package var internalConnectionString: Secret<String>
    /// Of a database, when it has a pooler.
    package var pooledConnectionString: Secret<String>?
    package var password: Secret<String>?

    package init(
        internalConnectionString: Secret<String>, pooledConnectionString: Secret<String>? = nil,
        password: Secret<String>? = nil
    ) {
        self.internalConnectionString = internalConnectionString
        self.pooledConnectionString = pooledConnectionString
        self.password = password
    }
}

/// A shared group of variables.
package struct RenderEnvGroup: Sendable, Hashable {
    package var id: String
    package var name: String
    package var ownerID: String
    package var environmentID: String?
    /// The ids of the services that it is linked to.
    package var serviceIDs: [String]
    package var createdAt: String
    package var updatedAt: String

    package init(
        id: String, name: String, ownerID: String = "", environmentID: String? = nil, serviceIDs: [String] = [],
        createdAt: String = "", updatedAt: String = ""
    ) {
        self.id = id
        self.name = name
        self.ownerID = ownerID
        self.environmentID = environmentID
        self.serviceIDs = serviceIDs
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

package struct RenderProject: Sendable, Hashable {
    package var id: String
    package var name: String
    package var ownerID: String
    package var environmentIDs: [String]
    package var createdAt: String

    package init(
        id: String, name: String, ownerID: String = "", environmentIDs: [String] = [], createdAt: String = ""
    ) {
        self.id = id
        self.name = name
        self.ownerID = ownerID
        self.environmentIDs = environmentIDs
        self.createdAt = createdAt
    }
}

package struct RenderEnvironment: Sendable, Hashable {
    package var id: String
    package var name: String
    package var projectID: String
    package var isNetworkIsolated: Bool
    /// protected or unprotected.
    package var protection: String

    package init(
        id: String, name: String, projectID: String = "", isNetworkIsolated: Bool = false, protection: String = ""
    ) {
        self.id = id
        self.name = name
        self.projectID = projectID
        self.isNetworkIsolated = isNetworkIsolated
        self.protection = protection
    }
}

package struct RenderOwner: Sendable, Hashable {
    package var id: String
    package var name: String
    package var type: String

    package init(id: String, name: String, type: String = "") {
        self.id = id
        self.name = name
        self.type = type
    }
}
