// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

extension ApplyRun {
    /// A service: made if it is new, then everything that has a call of its own, then one deploy.
    func service(_ action: PlanAction, isLast: Bool) async throws -> Turn {
        guard let type = action.serviceType, type != .workflow else {
            throw StepFailure("Render's API does not reach services of this type")
        }
        let variables = try await variables(of: action, isLast: isLast)
        var created: JSONObject?
        var sent: Set<String> = []
        var id = await state.id(of: action.address)
        if action.verb == .create {
            (id, created, sent) = try await createService(action, type, variables)
        }
        guard let id else { throw StepFailure("the plan does not know its id; plan again") }
        return try await locks.withService(id) {
            try await guarding(service: id).changeService(
                action, type, id: id, created: created, sent: sent, isLast: isLast)
        }
    }

    /// Makes the service with everything that `POST /services` takes, so that the deploy Render starts has it all.
    private func createService(
        _ action: PlanAction, _ type: ServiceType, _ variables: WantedVariables
    ) async throws -> (id: String, result: JSONObject, sent: Set<String>) {
        let fields = action.wantedFields.filter { ServiceBody.isCreatable($0.key, of: type) && !$0.value.isNull }
        // A run that goes on sends what the first one meant to send: what has come to be known since is set afterwards.
        let intended = steps.known("create", of: action.address)?.detail["variables"]?.array?.compactMap(\.string)
        let entries = variables.entries.filter { intended?.contains($0.key) ?? true }
        let keys = intended ?? entries.map(\.key)
        let body = try ServiceBody.creation(
            of: action.address.name, type, fields: fields, variables: entries,
            environmentID: await environmentID(for: action), ownerID: plan.ownerID, credentials: credentials)
        let client = client
        let (id, result) = try await create(action, detail: ["variables": .array(keys.map { .string($0) })]) {
            let (service, deployID) = try await client.createService(body)
            var result: JSONObject = ["id": .string(service.id)]
            if let deployID { result["deploy_id"] = .string(deployID) }
            return result
        }
        await state.started(
            ApplyReport.Deploy(
                resource: action.address, id: result["deploy_id"]?.string, mode: .build, isFirst: true, status: nil))
        return (id, result, Set(keys))
    }

    /// Whatever is not done with the creation, in an order in which nothing waits for a deploy but the deploy itself.
    private func changeService(
        _ action: PlanAction, _ type: ServiceType, id: String, created: JSONObject?, sent: Set<String>, isLast: Bool
    ) async throws -> Turn {
        let fields = action.wantedFields
        var rest = fields
        if created != nil {
            try await confirmCreation(action, type, id: id, sent: sent)
            rest = fields.filter { !ServiceBody.isCreatable($0.key, of: type) && !$0.value.isNull }
        }
        // What is deployed because of it is owed before the first change, and paid by the deploy.
        if action.deploy != .none, created == nil { try await owe(action.deploy, service: action.address, id: id) }
        try await patch(action, type, id: id, fields: rest)
        try await endpoints(action, id: id, fields: rest.filter { !ServiceBody.isPatchable($0.key, of: type) })
        if created == nil {
            let client = client
            try await place(action, id: id) { try await client.service(id).environmentID }
        }
        // Looked at again: by now it exists itself, and so may others.
        let variables = try await variables(of: action, isLast: isLast)
        let late = variables.ready.filter { !sent.contains($0.key) }
        let groups = action.wantedGroups
        let isLate = created != nil && (!late.isEmpty || !variables.waiting.isEmpty || !groups.isEmpty)
        if isLate { try await owe(.build, service: action.address, id: id) }
        try await set(late, of: action, on: .service(id))
        try await link(groups, of: action, id: id)
        guard variables.waiting.isEmpty else { return .waits }
        // A new service has nothing built yet that could be started again.
        let need: DeployNeed = created == nil ? action.deploy : isLate ? .build : .none
        try await deploy(action, type, id: id, need: need)
        return .over(action.outcome)
    }

    /// Reads back what a new service was made with.
    private func confirmCreation(
        _ action: PlanAction, _ type: ServiceType, id: String, sent: Set<String>
    ) async throws {
        let fields = action.wantedFields.filter { ServiceBody.isCreatable($0.key, of: type) && !$0.value.isNull }
        let client = client
        try await steps.confirm {
            var live = LiveShape.fields(of: try await client.service(id))
            if fields[.headers] != nil { live[.headers] = LiveShape.headers(try await client.headers(service: id)) }
            if fields[.routes] != nil { live[.routes] = LiveShape.routes(try await client.routes(service: id)) }
            return differences(fields, live, of: action.address)
        }
        await wrote(fields, of: action)
        if let environment = action.wantedPlacement {
            await state.wrote(.plain(.string(environment.description)), to: .placement, of: action.address)
        }
        try await confirmSent(sent, of: action, on: .service(id))
    }

    /// What a PATCH can set.
    private func patch(
        _ action: PlanAction, _ type: ServiceType, id: String, fields: [Field: JSONValue]
    ) async throws {
        let patchable = fields.filter { ServiceBody.isPatchable($0.key, of: type) }
        guard !patchable.isEmpty else { return }
        let body = try ServiceBody.update(type, fields: patchable, ownerID: plan.ownerID, credentials: credentials)
        let client = client
        try await update(action, fields: patchable, live: { LiveShape.fields(of: try await client.service(id)) }) {
            _ = try await client.updateService(id, body)
        }
    }

    /// Links and unlinks groups.
    private func link(_ groups: [(name: String, isLinked: Bool)], of action: PlanAction, id: String) async throws {
        let client = client
        let steps = steps
        let ownerID = plan.ownerID
        for group in groups {
            let groupID = try await knownID(of: ResourceAddress(.envGroup, group.name))
            let isDone = { () async throws -> Bool in
                let live = try await client.envGroups(ownerID: ownerID).first { $0.id == groupID }
                return live?.serviceIDs.contains(id) ?? false == group.isLinked
            }
            try await steps.perform(
                StepRunner.Change(
                    name: "group.\(group.name)", find: { _ in try await isDone() ? [:] : nil },
                    call: {
                        if group.isLinked {
                            try await client.linkEnvGroup(groupID, service: id)
                        } else {
                            try await Self.unlessGone { try await client.unlinkEnvGroup(groupID, service: id) }
                        }
                        try await steps.confirm { try await isDone() ? [] : ["group.\(group.name)"] }
                        return [:]
                    }),
                of: action.address)
            await state.wrote(
                group.isLinked ? .plain(true) : nil, to: .group(group.name), of: action.address)
        }
    }

    /// Runs what takes something away: that it is not there already is as good.
    static func unlessGone(_ call: () async throws -> Void) async throws {
        do {
            try await call()
        } catch let error as RenderError where error.isNotFound {
            return
        }
    }
}
