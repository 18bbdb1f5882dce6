// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

extension ApplyRun {
    /// Makes a resource once, however often the run is interrupted, and remembers that it is ours.
    ///
    /// Nothing of that name is there before the intention is written down, so whatever is found later was made by it.
    func create(
        _ action: PlanAction, detail: JSONObject = [:], _ call: @escaping () async throws -> JSONObject
    ) async throws -> (id: String, result: JSONObject) {
        let resource = action.address
        let finder = finder
        if steps.known("create", of: resource) == nil, try await !finder.ids(of: resource).isEmpty {
            throw StepFailure("a resource of that name has appeared since the plan was made; plan again")
        }
        let result = try await steps.perform(
            StepRunner.Change(
                name: "create", detail: detail, isCreation: true, find: { _ in try await finder.created(resource) },
                call: call),
            of: resource)
        guard let id = result["id"]?.string else { throw StepFailure("Render gave it no id") }
        await state.learn(id, of: resource)
        try await record(AppliedState.loan(in: detail, isOpen: true), of: resource, id: id)
        return (id, result)
    }

    /// Reads back whether `fields` are what is wanted, and gives the names of those that are not.
    func differences(
        _ wanted: [Field: JSONValue], _ live: [Field: JSONValue], of resource: ResourceAddress
    ) -> [String] {
        wanted.keys.sorted().filter { field in
            let wantedValue = CanonicalField.value(field, wanted[field], of: resource.kind)
            let liveValue = CanonicalField.value(field, live[field], of: resource.kind)
            return !CanonicalField.isSame(field, wanted: wantedValue, live: liveValue)
        }.map(\.rawValue)
    }

    /// The id of the environment that a new resource is put into; nil for none.
    func environmentID(for action: PlanAction) async throws -> String? {
        guard let environment = action.wantedPlacement else { return nil }
        return try await knownID(of: environment)
    }

    /// The id of another resource of the plan, or of one that is live beside it.
    func knownID(of resource: ResourceAddress) async throws -> String {
        if let id = await state.id(of: resource) { return id }
        guard let id = try await finder.ids(of: resource).first else { throw StepFailure("\(resource) is not there") }
        await state.learn(id, of: resource)
        return id
    }

    /// Puts a resource into its environment, when the plan moves it.
    func place(_ action: PlanAction, id: String, live: @escaping () async throws -> String?) async throws {
        guard let environment = action.wantedPlacement else { return }
        let target = try await knownID(of: environment)
        let client = client
        let steps = steps
        try await steps.perform(
            StepRunner.Change(
                name: "environment", find: { _ in try await live() == target ? [:] : nil },
                call: {
                    try await client.addToEnvironment(target, resources: [id])
                    try await steps.confirm { try await live() == target ? [] : ["environment"] }
                    return [:]
                }),
            of: action.address)
        await state.wrote(.plain(.string(environment.description)), to: .placement, of: action.address)
    }

    /// Writes changed fields with one call, and reads them back.
    func update(
        _ action: PlanAction, fields: [Field: JSONValue], live: @escaping () async throws -> [Field: JSONValue],
        _ call: @escaping () async throws -> Void
    ) async throws {
        guard !fields.isEmpty else { return }
        let names: [JSONValue] = fields.keys.sorted().map { .string($0.rawValue) }
        let steps = steps
        let resource = action.address
        try await steps.perform(
            StepRunner.Change(
                name: "update", detail: ["fields": .array(names)],
                find: { _ in try await differences(fields, live(), of: resource).isEmpty ? [:] : nil },
                call: {
                    try await call()
                    try await steps.confirm { try await differences(fields, live(), of: resource) }
                    return [:]
                }),
            of: resource)
        await wrote(fields, of: action)
    }

    /// Notes that fields of a change were written.
    func wrote(_ fields: [Field: JSONValue], of action: PlanAction) async {
        for change in action.changes {
            guard case .field(let field) = change.target, fields[field] != nil else { continue }
            await state.wrote(change.new, to: change.target, of: action.address)
        }
    }
}
