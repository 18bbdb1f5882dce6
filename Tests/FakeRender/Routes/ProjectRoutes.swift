// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let projects: [Operation] = [
        Operation(.GET, "/projects", "list-projects") { world, call throws(Refusal) in
            var items: [(String, JSONValue)] = []
            for project in world.projects.values {
                guard call.admits("name", project.name), call.admits("ownerId", project.ownerID),
                    try call.admits(created: project.createdAt, updated: project.updatedAt)
                else { continue }
                items.append((project.id, project.json(world)))
            }
            return try Paging(call).answer(items, as: "project")
        },
        Operation(.POST, "/projects", "create-project") { world, call throws(Refusal) in
            let body = try call.object()
            try body.allow(["name", "ownerId", "environments"])
            let name = try body.text("name")
            let ownerID = try world.owner(body)
            guard let environments = body["environments"]?.array, !environments.isEmpty else {
                throw .invalid("a project needs one environment at least")
            }
            let project = FakeProject(
                id: world.minting.id("prj"), name: name, ownerID: ownerID, createdAt: world.now, updatedAt: world.now)
            var made: [FakeEnvironment] = []
            for value in environments {
                guard let object = value.object else { throw .invalid("environments must be objects") }
                made.append(try world.newEnvironment(object, in: project.id))
            }
            world.projects[project.id] = project
            for environment in made { world.environments[environment.id] = environment }
            return FakeAnswer(201, project.json(world))
        },
        Operation(.GET, "/projects/{projectId}", "retrieve-project") { world, call throws(Refusal) in
            FakeAnswer(200, try world.project(call.parameter("projectId")).json(world))
        },
        Operation(.PATCH, "/projects/{projectId}", "update-project") { world, call throws(Refusal) in
            var project = try world.project(call.parameter("projectId"))
            let body = try call.object()
            try body.allow(["name"])
            if let name = body["name"]?.string { project.name = name }
            project.updatedAt = world.now
            world.projects[project.id] = project
            return FakeAnswer(200, project.json(world))
        },
        Operation(.DELETE, "/projects/{projectId}", "delete-project") { world, call throws(Refusal) in
            let project = try world.project(call.parameter("projectId"))
            for environment in world.environments.values where environment.projectID == project.id {
                world.forget(environment: environment.id)
            }
            world.projects[project.id] = nil
            return FakeAnswer(204)
        },
    ]

    static let environments: [Operation] = [
        Operation(.GET, "/environments", "list-environments") { world, call throws(Refusal) in
            guard !call.joined("projectId").isEmpty else { throw .invalid("projectId is required") }
            var items: [(String, JSONValue)] = []
            for environment in world.environments.values {
                let owner = world.projects[environment.projectID]?.ownerID
                guard call.admits("projectId", environment.projectID), call.admits("name", environment.name),
                    call.admits("ownerId", owner), call.admits("environmentId", environment.id),
                    try call.admits(created: environment.createdAt)
                else { continue }
                items.append((environment.id, environment.json(world)))
            }
            return try Paging(call).answer(items, as: "environment")
        },
        Operation(.POST, "/environments", "create-environment") { world, call throws(Refusal) in
            var body = try call.object()
            let project = try world.project(try body.text("projectId"))
            body["projectId"] = nil
            let environment = try world.newEnvironment(body, in: project.id)
            world.environments[environment.id] = environment
            return FakeAnswer(201, environment.json(world))
        },
        Operation(.GET, "/environments/{environmentId}", "retrieve-environment") { world, call throws(Refusal) in
            FakeAnswer(200, try world.environment(call).json(world))
        },
        Operation(.PATCH, "/environments/{environmentId}", "update-environment") { world, call throws(Refusal) in
            var environment = try world.environment(call)
            let body = try call.object()
            try body.allow(["name", "networkIsolationEnabled", "protectedStatus", "ipAllowList"])
            if let name = body["name"]?.string { environment.name = name }
            try environment.take(body)
            world.environments[environment.id] = environment
            return FakeAnswer(200, environment.json(world))
        },
        Operation(.DELETE, "/environments/{environmentId}", "delete-environment") { world, call throws(Refusal) in
            world.forget(environment: try world.environment(call).id)
            return FakeAnswer(204)
        },
        Operation(.POST, "/environments/{environmentId}/resources", "add-resources-to-environment") {
            world, call throws(Refusal) in
            let environment = try world.environment(call)
            let body = try call.object()
            try body.allow(["resourceIds"])
            guard let ids = body["resourceIds"]?.array?.compactMap(\.string) else {
                throw .invalid("resourceIds is required")
            }
            for id in ids where !world.isResource(id) { throw .notFound("resource \(id)") }
            for id in ids { world.move(id, to: environment.id) }
            return FakeAnswer(200, environment.json(world))
        },
        Operation(.DELETE, "/environments/{environmentId}/resources", "remove-resources-from-environment") {
            world, call throws(Refusal) in
            _ = try world.environment(call)
            let ids = call.repeated("resourceIds")
            guard !ids.isEmpty else { throw .invalid("resourceIds is required") }
            for id in ids where !world.isResource(id) { throw .notFound("resource \(id)") }
            for id in ids { world.move(id, to: nil) }
            return FakeAnswer(204)
        },
    ]
}

extension FakeEnvironment {
    fileprivate mutating func take(_ body: JSONObject) throws(Refusal) {
        if let status = body["protectedStatus"]?.string {
            guard ["protected", "unprotected"].contains(status) else {
                throw .invalid("protectedStatus must be protected or unprotected")
            }
            protection = status
        }
        if let flag = body["networkIsolationEnabled"]?.bool { isIsolated = flag }
        if let list = body["ipAllowList"] { ipAllowList = list }
    }
}

extension World {
    fileprivate func project(_ id: String) throws(Refusal) -> FakeProject {
        guard let project = projects[id] else { throw .notFound("project") }
        return project
    }

    fileprivate func environment(_ call: FakeCall) throws(Refusal) -> FakeEnvironment {
        guard let environment = environments[call.parameter("environmentId")] else { throw .notFound("environment") }
        return environment
    }

    fileprivate mutating func newEnvironment(
        _ body: JSONObject, in project: String
    ) throws(Refusal) -> FakeEnvironment {
        try body.allow(["name", "protectedStatus", "networkIsolationEnabled", "ipAllowList"])
        var environment = FakeEnvironment(
            id: minting.id("evm"), name: try body.text("name"), projectID: project, createdAt: now)
        try environment.take(body)
        return environment
    }

    fileprivate func isResource(_ id: String) -> Bool {
        services[id] != nil || databases[id] != nil || keyValues[id] != nil || envGroups[id] != nil
    }

    /// Puts a resource into an environment, or out of the one it is in.
    mutating func move(_ id: String, to environment: String?) {
        services.change(id) { $0.environmentID = environment }
        databases.change(id) { $0.environmentID = environment }
        keyValues.change(id) { $0.environmentID = environment }
        envGroups.change(id) { $0.environmentID = environment }
    }

    fileprivate mutating func forget(environment id: String) {
        for service in services.values where service.environmentID == id { move(service.id, to: nil) }
        for database in databases.values where database.environmentID == id { move(database.id, to: nil) }
        for keyValue in keyValues.values where keyValue.environmentID == id { move(keyValue.id, to: nil) }
        for group in envGroups.values where group.environmentID == id { move(group.id, to: nil) }
        environments[id] = nil
    }
}
