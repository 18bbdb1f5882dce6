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
        var creation: ServiceCreation?
        var id = await state.id(of: action.address)
        if action.verb == .create {
            let variables = try await variables(of: action, isLast: isLast)
            creation = try await createService(action, type, variables)
            id = creation?.id
        }
        guard let id else { throw StepFailure("the plan does not know its id; plan again") }
        return try await locks.withService(id) {
            let run = guarding(service: id)
            guard let creation else { return try await run.changeService(action, type, id: id, isLast: isLast) }
            return try await run.completeService(action, type, creation, isLast: isLast)
        }
    }

    /// What is changed of a service that was there, in an order in which nothing waits for a deploy but the deploy itself.
    private func changeService(_ action: PlanAction, _ type: ServiceType, id: String, isLast: Bool) async throws -> Turn
    {
        let variables = try await variables(of: action, isLast: isLast)
        // What is deployed because of it is owed before the first change, and paid by the deploy.
        if action.deploy != .none { try await owe(action.deploy, service: action.address, id: id) }
        try await settings(action, type, id: id, fields: action.wantedFields)
        let client = client
        try await place(action, id: id) { try await client.service(id).environmentID }
        try await set(variables.ready, of: action, on: .service(id))
        try await link(action.wantedGroups, of: action, id: id)
        guard variables.waiting.isEmpty else { return .waits }
        try await deploy(action, type, id: id, need: action.deploy)
        return .over(action.outcome)
    }

    /// Fields: those that a PATCH can set with one, the others by calls of their own.
    func settings(_ action: PlanAction, _ type: ServiceType, id: String, fields: [Field: JSONValue]) async throws {
        try await patch(action, type, id: id, fields: fields)
        try await endpoints(action, id: id, fields: fields.filter { !ServiceBody.isPatchable($0.key, of: type) })
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
    func link(_ groups: [(name: String, isLinked: Bool)], of action: PlanAction, id: String) async throws {
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
