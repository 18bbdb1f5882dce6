// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let envGroups: [Operation] = [
        Operation(.GET, "/env-groups", "list-env-groups") { world, call throws(Refusal) in
            var items: [(String, JSONValue)] = []
            for group in world.envGroups.values {
                guard call.admits("name", group.name), call.admits("ownerId", group.ownerID),
                    call.admits("environmentId", group.environmentID),
                    try call.admits(created: group.createdAt, updated: group.updatedAt)
                else { continue }
                items.append((group.id, group.json(world, isDetail: false)))
            }
            let paging = try Paging(call)
            guard world.settings.wrapsBareLists else { return try paging.bareAnswer(items) }
            return try paging.answer(items, as: "envGroup")
        },
        Operation(.POST, "/env-groups", "create-env-group") { world, call throws(Refusal) in
            let body = try call.object()
            try body.allow(["name", "ownerId", "envVars", "secretFiles", "serviceIds", "environmentId"])
            let name = try body.text("name")
            let ownerID = try world.owner(body)
            guard let variables = body["envVars"]?.array else { throw .invalid("envVars is required") }
            try world.admit(
                name: name, among: world.envGroups.values.filter { $0.ownerID == ownerID }.map(\.name))
            var group = FakeEnvGroup(
                id: world.minting.id("evg"), name: name, ownerID: ownerID, createdAt: world.now, updatedAt: world.now)
            group.environmentID = try world.environment(body)
            group.env = try world.variables(variables)
            group.secretFiles = try world.secretFiles(body["secretFiles"]?.array ?? [])
            for id in (body["serviceIds"]?.array ?? []).compactMap(\.string) {
                group.serviceIDs.append(try world.service(id).id)
            }
            world.envGroups[group.id] = group
            return FakeAnswer(201, group.json(world, isDetail: true))
        },
        Operation(.GET, "/env-groups/{envGroupId}", "retrieve-env-group") { world, call throws(Refusal) in
            FakeAnswer(200, try world.envGroup(call).json(world, isDetail: true))
        },
        Operation(.PATCH, "/env-groups/{envGroupId}", "update-env-group") { world, call throws(Refusal) in
            try world.changeEnvGroup(call) { group, _ throws(Refusal) in
                let body = try call.object()
                try body.allow(["name"])
                group.name = try body.text("name")
            }
        },
        Operation(.DELETE, "/env-groups/{envGroupId}", "delete-env-group") { world, call throws(Refusal) in
            world.envGroups[try world.envGroup(call).id] = nil
            return FakeAnswer(204)
        },
        Operation(.POST, "/env-groups/{envGroupId}/services/{serviceId}", "link-service-to-env-group") {
            world, call throws(Refusal) in
            try world.changeEnvGroup(call) { group, world throws(Refusal) in
                let service = try world.service(call.parameter("serviceId"))
                if !group.serviceIDs.contains(service.id) { group.serviceIDs.append(service.id) }
            }
        },
        Operation(.DELETE, "/env-groups/{envGroupId}/services/{serviceId}", "unlink-service-from-env-group") {
            world, call throws(Refusal) in
            _ = try world.changeEnvGroup(call) { group, _ throws(Refusal) in
                guard group.serviceIDs.contains(call.parameter("serviceId")) else { throw .notFound("link") }
                group.serviceIDs.removeAll { $0 == call.parameter("serviceId") }
            }
            return FakeAnswer(204)
        },
        Operation(.GET, "/env-groups/{envGroupId}/env-vars/{envVarKey}", "retrieve-env-group-env-var") {
            world, call throws(Refusal) in
            let group = try world.envGroup(call)
            guard let variable = group.env.first(where: { $0.key == call.parameter("envVarKey") }) else {
                throw .notFound("environment variable")
            }
            return FakeAnswer(200, variable.json)
        },
        Operation(.PUT, "/env-groups/{envGroupId}/env-vars/{envVarKey}", "update-env-group-env-var") {
            world, call throws(Refusal) in
            try world.changeEnvGroup(call) { group, world throws(Refusal) in
                group.env.set(try world.variable(call))
            }
        },
        Operation(.DELETE, "/env-groups/{envGroupId}/env-vars/{envVarKey}", "delete-env-group-env-var") {
            world, call throws(Refusal) in
            _ = try world.changeEnvGroup(call) { group, _ throws(Refusal) in
                try group.env.remove(call.parameter("envVarKey"))
            }
            return FakeAnswer(204)
        },
        Operation(.GET, "/env-groups/{envGroupId}/secret-files/{secretFileName}", "retrieve-env-group-secret-file") {
            world, call throws(Refusal) in
            let group = try world.envGroup(call)
            guard let file = group.secretFiles.first(where: { $0.name == call.parameter("secretFileName") }) else {
                throw .notFound("secret file")
            }
            return FakeAnswer(200, file.json)
        },
        Operation(.PUT, "/env-groups/{envGroupId}/secret-files/{secretFileName}", "update-env-group-secret-file") {
            world, call throws(Refusal) in
            try world.changeEnvGroup(call) { group, _ throws(Refusal) in
                group.secretFiles.set(try FakeSecretFile(call))
            }
        },
        Operation(
            .DELETE, "/env-groups/{envGroupId}/secret-files/{secretFileName}", "delete-env-group-secret-file"
        ) { world, call throws(Refusal) in
            _ = try world.changeEnvGroup(call) { group, _ throws(Refusal) in
                try group.secretFiles.remove(call.parameter("secretFileName"))
            }
            return FakeAnswer(204)
        },
    ]
}

extension World {
    fileprivate func envGroup(_ call: FakeCall) throws(Refusal) -> FakeEnvGroup {
        guard let group = envGroups[call.parameter("envGroupId")] else { throw .notFound("environment group") }
        return group
    }

    fileprivate mutating func changeEnvGroup(
        _ call: FakeCall, _ body: (inout FakeEnvGroup, inout World) throws(Refusal) -> Void
    ) throws(Refusal) -> FakeAnswer {
        var group = try envGroup(call)
        try body(&group, &self)
        group.updatedAt = now
        envGroups[group.id] = group
        return FakeAnswer(200, group.json(self, isDetail: true))
    }
}
