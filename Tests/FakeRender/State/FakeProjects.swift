// SPDX-License-Identifier: Apache-2.0

package import Common

/// A project as the fake keeps it; its environments know it.
package struct FakeProject: Sendable {
    package let id: String
    package var name: String
    package let ownerID: String
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    func json(_ world: World) -> JSONValue {
        [
            "id": .string(id), "createdAt": .string(createdAt.description),
            "updatedAt": .string(updatedAt.description), "name": .string(name),
            "owner": world.owners[ownerID]?.json ?? .null,
            "environmentIds": .array(
                world.environments.values.filter { $0.projectID == id }.map { .string($0.id) }),
        ]
    }
}

/// An environment of a project; what lies in it knows it.
package struct FakeEnvironment: Sendable {
    package let id: String
    package var name: String
    package let projectID: String
    package var protection = "unprotected"
    package var isIsolated = false
    package var ipAllowList: JSONValue?
    package let createdAt: Timestamp

    func json(_ world: World) -> JSONValue {
        func ids(_ all: [(String, String?)]) -> JSONValue {
            .array(all.filter { $0.1 == id }.map { .string($0.0) })
        }
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "projectId": .string(projectID),
            "databasesIds": ids(world.databases.values.map { ($0.id, $0.environmentID) }),
            "redisIds": ids(world.keyValues.values.map { ($0.id, $0.environmentID) }),
            "serviceIds": ids(world.services.values.map { ($0.id, $0.environmentID) }),
            "envGroupIds": ids(world.envGroups.values.map { ($0.id, $0.environmentID) }),
            "protectedStatus": .string(protection), "networkIsolationEnabled": .bool(isIsolated),
        ]
        if let ipAllowList { object["ipAllowList"] = ipAllowList }
        return .object(object)
    }
}

/// One of Render's own Blueprints, which syncs resources by itself.
package struct FakeBlueprint: Sendable {
    package let id: String
    package var name: String
    package let ownerID: String
    package var repo: String
    package var branch = "main"
    package var path = "render.yaml"
    package var status = "in_sync"
    package var autoSync = true
    /// The ids of what it syncs.
    package var resourceIDs: [String]
    package var lastSync: Timestamp

    func json(_ world: World, isDetail: Bool) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "status": .string(status), "autoSync": .bool(autoSync),
            "repo": .string(repo), "branch": .string(branch), "path": .string(path),
            "lastSync": .string(lastSync.description),
        ]
        if isDetail { object["resources"] = .array(resourceIDs.compactMap { resource($0, world) }) }
        return .object(object)
    }

    private func resource(_ id: String, _ world: World) -> JSONValue? {
        let named: (String, String)?
        if let service = world.services[id] {
            named = (service.name, service.type)
        } else if let database = world.databases[id] {
            named = (database.name, "postgres")
        } else if let keyValue = world.keyValues[id] {
            named = (keyValue.name, "key_value")
        } else {
            named = world.envGroups[id].map { ($0.name, "environment_group") }
        }
        return named.map { ["id": .string(id), "name": .string($0.0), "type": .string($0.1)] }
    }
}
