// SPDX-License-Identifier: Apache-2.0

package import Common

/// A workspace.
package struct FakeOwner: Sendable {
    package let id: String
    package var name: String
    package var email: String
    package var type = "team"

    var json: JSONValue {
        ["id": .string(id), "name": .string(name), "email": .string(email), "type": .string(type)]
    }
}

package struct FakeCredential: Sendable {
    package let id: String
    package var name: String
    package var registry: String
    package var username: String
    package let ownerID: String
    package var updatedAt: Timestamp

    var json: JSONValue {
        [
            "id": .string(id), "name": .string(name), "registry": .string(registry), "username": .string(username),
            "updatedAt": .string(updatedAt.description),
        ]
    }
}

/// A database as the fake keeps it.
package struct FakeDatabase: Sendable {
    package let id: String
    package var name: String
    package let ownerID: String
    package var plan: String
    package let region: String
    package let version: String
    package let databaseName: String
    package let databaseUser: String
    package var password: Secret<String>
    package var diskSizeGB: Int
    package var isDiskAutoscaling: Bool
    package var isHighlyAvailable: Bool
    package var ipAllowList: JSONValue
    package var readReplicas: [JSONObject]
    package var parameterOverrides: JSONValue?
    package var environmentID: String?
    package var isSuspended = false
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    /// The form of lists; single answers have the overrides too, which lists have not.
    func json(_ world: World, isDetail: Bool) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id), "ipAllowList": ipAllowList, "createdAt": .string(createdAt.description),
            "updatedAt": .string(updatedAt.description), "dashboardUrl": .string("\(world.origin)/__dashboard/\(id)"),
            "databaseName": .string(databaseName), "databaseUser": .string(databaseUser),
            "highAvailabilityEnabled": .bool(isHighlyAvailable), "name": .string(name),
            "owner": world.owners[ownerID]?.json ?? .null, "plan": .string(plan),
            "diskSizeGB": JSONValue(diskSizeGB), "region": .string(region),
            "readReplicas": .array(readReplicas.map { .object($0) }), "role": "primary",
            "status": .string(isSuspended ? "suspended" : "available"), "version": .string(version),
            "suspended": .string(isSuspended ? "suspended" : "not_suspended"),
            "suspenders": .array(isSuspended ? ["user"] : []), "diskAutoscalingEnabled": .bool(isDiskAutoscaling),
        ]
        if let environmentID { object["environmentId"] = .string(environmentID) }
        if isDetail, let parameterOverrides { object["parameterOverrides"] = parameterOverrides }
        return .object(object)
    }

    package var internalURL: Secret<String> {
        Secret("postgresql://\(databaseUser):\(password.reveal())@\(id)/\(databaseName)")
    }

    var connection: JSONValue {
        let host = "\(id).\(region)-postgres.fake-render.test"
        let url = "postgresql://\(databaseUser):\(password.reveal())@\(host)/\(databaseName)"
        return [
            "password": .string(password.reveal()), "internalConnectionString": .string(internalURL.reveal()),
            "externalConnectionString": .string(url),
            "psqlCommand": .string(
                "PGPASSWORD=\(password.reveal()) psql -h \(host) -U \(databaseUser) \(databaseName)"),
        ]
    }
}

/// A key-value instance as the fake keeps it.
package struct FakeKeyValue: Sendable {
    package let id: String
    package var name: String
    package let ownerID: String
    package var plan: String
    package let region: String
    package var maxmemoryPolicy: String
    package var persistenceMode: String?
    package var ipAllowList: JSONValue
    package var environmentID: String?
    package var isSuspended = false
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    func json(_ world: World, isDetail: Bool) -> JSONValue {
        var options: JSONObject = ["maxmemoryPolicy": .string(maxmemoryPolicy)]
        if let persistenceMode { options["persistenceMode"] = .string(persistenceMode) }
        var object: JSONObject = [
            "id": .string(id), "createdAt": .string(createdAt.description),
            "updatedAt": .string(updatedAt.description), "status": .string(isSuspended ? "suspended" : "available"),
            "region": .string(region), "plan": .string(plan), "name": .string(name),
            "owner": world.owners[ownerID]?.json ?? .null, "options": .object(options), "ipAllowList": ipAllowList,
            "version": "8.1.4",
        ]
        if let environmentID { object["environmentId"] = .string(environmentID) }
        if !isDetail { object["dashboardUrl"] = .string("\(world.origin)/__dashboard/\(id)") }
        return .object(object)
    }

    var connection: JSONValue {
        [
            "internalConnectionString": .string("redis://\(id):6379"),
            "externalConnectionString": .string("rediss://\(id):secret@\(region)-keyvalue.fake-render.test:6379"),
            "cliCommand": .string("valkey-cli -u rediss://\(id):secret@\(region)-keyvalue.fake-render.test:6379"),
        ]
    }
}

/// A shared group of variables as the fake keeps it.
package struct FakeEnvGroup: Sendable {
    package let id: String
    package var name: String
    package let ownerID: String
    package var env: [FakeVariable] = []
    package var secretFiles: [FakeSecretFile] = []
    package var serviceIDs: [String] = []
    package var environmentID: String?
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    private static let shortTypes = [
        "static_site": "static", "web_service": "web", "private_service": "pserv", "background_worker": "worker",
        "cron_job": "cron",
    ]

    /// Lists have it without its variables and files.
    func json(_ world: World, isDetail: Bool) -> JSONValue {
        let links = serviceIDs.compactMap { world.services[$0] }.map { service -> JSONValue in
            [
                "id": .string(service.id), "name": .string(service.name),
                "type": .string(Self.shortTypes[service.type] ?? service.type),
            ]
        }
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "ownerId": .string(ownerID),
            "createdAt": .string(createdAt.description), "updatedAt": .string(updatedAt.description),
            "serviceLinks": .array(links),
        ]
        if let environmentID { object["environmentId"] = .string(environmentID) }
        if isDetail {
            object["envVars"] = .array(env.map(\.json))
            object["secretFiles"] = .array(secretFiles.map(\.json))
        }
        return .object(object)
    }
}
