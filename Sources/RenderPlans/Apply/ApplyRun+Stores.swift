// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

extension ApplyRun {
    /// A database or key-value instance.
    func store(_ action: PlanAction) async throws {
        let resource = action.address
        let wanted = action.wantedFields
        let client = client
        if action.verb == .create {
            let body = try StoreBody.creation(
                of: resource.name, resource.kind, fields: wanted, environmentID: await environmentID(for: action),
                ownerID: plan.ownerID)
            let (id, _) = try await create(action) {
                let isDatabase = resource.kind == .postgres
                return [
                    "id": .string(
                        isDatabase
                            ? try await client.createDatabase(body).id : try await client.createKeyValue(body).id)
                ]
            }
            try await steps.confirm { try await differences(wanted, storeFields(resource, id), of: resource) }
            await wrote(wanted, of: action)
            if let environment = action.wantedPlacement {
                await state.wrote(.plain(.string(environment.description)), to: .placement, of: resource)
            }
            return
        }
        let id = try await liveID(of: action)
        try await update(action, fields: wanted, live: { try await storeFields(resource, id) }) {
            let body = try StoreBody.update(resource.kind, fields: wanted)
            if resource.kind == .postgres {
                _ = try await client.updateDatabase(id, body)
            } else {
                _ = try await client.updateKeyValue(id, body)
            }
        }
        try await place(action, id: id) { try await storeEnvironment(resource, id) }
    }

    /// The id of what is live already.
    func liveID(of action: PlanAction) async throws -> String {
        if let id = await state.id(of: action.address) { return id }
        throw StepFailure("the plan does not know its id; plan again")
    }

    private func storeFields(_ resource: ResourceAddress, _ id: String) async throws -> [Field: JSONValue] {
        if resource.kind == .postgres {
            return LiveShape.fields(of: try await database(id))
        }
        return LiveShape.fields(of: try await keyValue(id))
    }

    private func storeEnvironment(_ resource: ResourceAddress, _ id: String) async throws -> String? {
        resource.kind == .postgres
            ? try await database(id).environmentID : try await keyValue(id).environmentID
    }

    private func database(_ id: String) async throws -> RenderDatabase {
        guard let database = try await client.databases(ownerID: plan.ownerID).first(where: { $0.id == id }) else {
            throw StepFailure("the database is not there any more")
        }
        return database
    }

    private func keyValue(_ id: String) async throws -> RenderKeyValue {
        guard let store = try await client.keyValues(ownerID: plan.ownerID).first(where: { $0.id == id }) else {
            throw StepFailure("the key-value instance is not there any more")
        }
        return store
    }

    /// A project; its environments that are new come with it.
    func project(_ action: PlanAction) async throws {
        guard action.verb == .create else { return }
        let client = client
        let environments = plan.actions.filter {
            $0.verb == .create && $0.address.kind == .environment
                && $0.address.environmentParts.project == action.address.name
        }
        let body = try StoreBody.project(
            action.address.name,
            environments: environments.map { ($0.address.environmentParts.name, $0.wantedFields) },
            ownerID: plan.ownerID)
        _ = try await create(action) { ["id": .string(try await client.createProject(body).id)] }
        await wrote(action.wantedFields, of: action)
    }

    /// An environment of a project: made with the project where that is new, too.
    func environment(_ action: PlanAction) async throws {
        let resource = action.address
        let wanted = action.wantedFields
        let client = client
        let parts = resource.environmentParts
        let project = ResourceAddress(.project, parts.project)
        let projectID = try await knownID(of: project)
        let isNewProject = steps.known("create", of: project) != nil
        var id = await state.id(of: resource)
        if action.verb == .create {
            let finder = finder
            let steps = steps
            let body = try StoreBody.update(.environment, fields: wanted)
            let result = try await steps.perform(
                StepRunner.Change(
                    name: "create", isCreation: true, find: { _ in try await finder.created(resource) },
                    call: {
                        if let found = try await finder.created(resource) { return found }
                        if isNewProject, let found = try await lookLonger(for: resource) { return found }
                        var all: JSONObject = ["name": .string(parts.name), "projectId": .string(projectID)]
                        for member in body.members { all[member.name] = member.value }
                        return ["id": .string(try await client.createEnvironment(all).id)]
                    }),
                of: resource)
            id = result["id"]?.string
            await state.learn(id, of: resource)
        }
        guard let id else { throw StepFailure("the plan does not know its id; plan again") }
        if action.verb == .create {
            let live = try await environmentFields(id, projectID: projectID)
            guard !differences(wanted, live, of: resource).isEmpty else { return await wrote(wanted, of: action) }
        }
        try await update(
            action, fields: wanted, live: { try await environmentFields(id, projectID: projectID) }
        ) {
            _ = try await client.updateEnvironment(id, try StoreBody.update(.environment, fields: wanted))
        }
    }

    /// What was made together with its project may not be listed at once.
    private func lookLonger(for resource: ResourceAddress) async throws -> JSONObject? {
        for pause in timing.settle {
            try await timing.clock.sleep(for: pause)
            if let found = try await finder.created(resource) { return found }
        }
        return nil
    }

    private func environmentFields(_ id: String, projectID: String) async throws -> [Field: JSONValue] {
        guard let environment = try await client.environments(projectID: projectID).first(where: { $0.id == id }) else {
            throw StepFailure("the environment is not there any more")
        }
        return LiveShape.fields(of: environment)
    }
}
