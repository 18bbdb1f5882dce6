// SPDX-License-Identifier: Apache-2.0

package import Common

extension RenderClient {
    package func projects(ownerID: String, name: String? = nil) async throws -> [RenderProject] {
        let query = [("ownerId", ownerID)] + Self.filter(name)
        return try await list(RenderCall(.listProjects, query: query), member: "project") { fields in
            let project = try RenderProject(fields)
            return (name ?? project.name) == project.name ? project : nil
        }
    }

    package func environments(projectID: String) async throws -> [RenderEnvironment] {
        try await list(RenderCall(.listEnvironments, query: [("projectId", projectID)]), member: "environment") {
            try RenderEnvironment($0)
        }
    }

    /// With its environments, of which the API demands one at least.
    package func createProject(_ body: JSONObject) async throws -> RenderProject {
        let call = RenderCall(.createProject, body: .object(body), purpose: "project \(Self.name(in: body))")
        let fields = try await object(call)
        return try created(call) { try RenderProject(fields) }
    }

    package func createEnvironment(_ body: JSONObject) async throws -> RenderEnvironment {
        let call = RenderCall(.createEnvironment, body: .object(body), purpose: "environment \(Self.name(in: body))")
        let fields = try await object(call)
        return try created(call) { try RenderEnvironment(fields) }
    }

    package func updateEnvironment(_ id: String, _ body: JSONObject) async throws -> RenderEnvironment {
        try RenderEnvironment(await object(RenderCall(.updateEnvironment, id, body: .object(body))))
    }

    package func addToEnvironment(_ id: String, resources: [String]) async throws {
        let body: JSONValue = ["resourceIds": .array(resources.map { .string($0) })]
        try await send(RenderCall(.addToEnvironment, id, body: body, purpose: "move into environment \(id)"))
    }

    /// The resources that Render's own Blueprints sync, by id with the Blueprint's name: who writes them fights with Render.
    package func resourcesOfBlueprints(ownerID: String) async throws -> [String: String] {
        let call = RenderCall(.listBlueprints, query: [("ownerId", ownerID)])
        let blueprints = try await list(call, member: "blueprint") { fields in
            (id: try fields.text("id"), name: try fields.optionalText("name") ?? "")
        }
        var names: [String: String] = [:]
        for blueprint in blueprints {
            do {
                let fields = try await object(RenderCall(.retrieveBlueprint, blueprint.id))
                for resource in try fields.optionalObjects("resources") ?? [] {
                    names[try resource.text("id")] = blueprint.name
                }
            } catch let error as RenderError where error.isNotFound {
                // It was disconnected since it was listed.
                continue
            }
        }
        return names
    }
}
