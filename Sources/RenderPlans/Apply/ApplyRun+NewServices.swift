// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

/// A service that this apply has made.
struct ServiceCreation: Sendable {
    let id: String
    /// The deploy that Render has started with it; nil when it has not told.
    let firstDeploy: String?
    /// The keys of its own variables that it was made with.
    let sent: Set<String>
    /// The keys of variables of groups that it was made with beside them.
    let lent: Set<String>
    /// The groups whose variables it has been lent, all of them.
    let lenders: Set<String>
    /// What its step was begun with.
    let detail: JSONObject

    init(id: String, result: JSONObject, detail: JSONObject) {
        self.id = id
        firstDeploy = result["deploy_id"]?.string
        sent = Self.names("variables", in: detail)
        lent = Self.names("lent", in: detail)
        lenders = Self.names("lenders", in: detail)
        self.detail = detail
    }

    private static func names(_ member: String, in detail: JSONObject) -> Set<String> {
        Set(detail[member]?.array?.compactMap(\.string) ?? [])
    }
}

/// Making a service so that it is deployed once (ADR 21).
///
/// Render starts a deploy with every service that is made, before groups can be linked to it. So a new service is lent the
/// variables of its groups: it is made with them, and they are taken back once the groups are linked, which changes nothing
/// for whoever reads them. What cannot be known before the service is there can only be deployed afterwards: then the first
/// deploy is called off.
extension ApplyRun {
    /// Makes the service with everything that `POST /services` takes, and with what its groups hold.
    func createService(
        _ action: PlanAction, _ type: ServiceType, _ variables: WantedVariables
    ) async throws -> ServiceCreation {
        var detail = steps.known("create", of: action.address)?.detail
        let loan = try await loan(for: action)
        let fresh: JSONObject = [
            "variables": .array(variables.entries.map { .string($0.key) }),
            "lent": .array(loan.variables.keys.sorted().map { .string($0) }),
            "lenders": .array(loan.lenders.map { .string($0) }),
        ]
        // A run that goes on sends what the first one meant to send: what has come to be known since is set afterwards.
        let intended = ServiceCreation(id: "", result: [:], detail: detail ?? fresh)
        detail = detail ?? fresh
        let entries =
            variables.entries.filter { intended.sent.contains($0.key) }
            + loan.variables.filter { intended.lent.contains($0.key) }.sorted { $0.key < $1.key }
            .map { VariableEntry(key: $0.key, value: $0.value) }
        let body = try ServiceBody.creation(
            of: action.address.name, type, fields: creatable(action, type), variables: entries,
            environmentID: await environmentID(for: action), ownerID: plan.ownerID, credentials: credentials)
        let client = client
        let (id, result) = try await create(action, detail: detail ?? [:]) {
            let (service, deployID) = try await client.createService(body)
            var result: JSONObject = ["id": .string(service.id)]
            if let deployID { result["deploy_id"] = .string(deployID) }
            return result
        }
        await state.started(
            ApplyReport.Deploy(
                resource: action.address, id: result["deploy_id"]?.string, mode: .build, isFirst: true, status: nil))
        return ServiceCreation(id: id, result: result, detail: detail ?? [:])
    }

    /// The rest of a service that was made: read back, then what `POST /services` does not take.
    func completeService(
        _ action: PlanAction, _ type: ServiceType, _ creation: ServiceCreation, isLast: Bool
    ) async throws -> Turn {
        let id = creation.id
        // Looked at again: by now it exists itself, and so may others.
        let variables = try await variables(of: action, isLast: isLast)
        let late = variables.ready.filter { !creation.sent.contains($0.key) }
        let groups = action.wantedGroups
        let isLate =
            !late.isEmpty || !variables.waiting.isEmpty || groups.contains { !creation.lenders.contains($0.name) }
        if isLate {
            // A new service has nothing built yet that could be started again.
            try await owe(.build, service: action.address, id: id)
            try await callOffFirstDeploy(creation, of: action, type)
        }
        try await confirmCreation(action, type, id: id, sent: creation.sent)
        let sent = creatable(action, type)
        let rest = action.wantedFields.filter { sent[$0.key] == nil && !$0.value.isNull }
        try await settings(action, type, id: id, fields: rest)
        try await set(late, of: action, on: .service(id))
        try await link(groups, of: action, id: id)
        try await takeBack(creation, of: action)
        guard variables.waiting.isEmpty else { return .waits }
        try await deploy(action, type, id: id, need: isLate ? .build : .none)
        return .over(action.outcome)
    }

    private func creatable(_ action: PlanAction, _ type: ServiceType) -> [Field: JSONValue] {
        action.wantedFields.filter { ServiceBody.isCreatable($0.key, of: type) && !$0.value.isNull }
    }

    /// Reads back what a new service was made with.
    private func confirmCreation(
        _ action: PlanAction, _ type: ServiceType, id: String, sent: Set<String>
    ) async throws {
        let fields = creatable(action, type)
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

    // MARK: What groups lend

    /// What the groups of a new service hold, beside the variables that are its own.
    private func loan(
        for action: PlanAction
    ) async throws -> (variables: [String: Secret<String>], lenders: [String]) {
        var variables: [String: Secret<String>] = [:]
        var lenders: [String] = []
        var disputed: Set<String> = []
        var holders: [String: [String]] = [:]
        let own = Set(
            action.changes.compactMap { change -> String? in
                guard case .variable(let key) = change.target else { return nil }
                return key
            })
        for group in action.wantedGroups where group.isLinked {
            let contents = try await client.envGroupContents(
                knownID(of: ResourceAddress(.envGroup, group.name)))
            for (key, value) in contents.variables where !own.contains(key) {
                // Which group wins is Render's affair.
                if let other = variables[key], other != value { disputed.insert(key) }
                variables[key] = value
                holders[key, default: []].append(group.name)
            }
            if !contents.hasSecretFiles { lenders.append(group.name) }
        }
        for key in disputed { variables[key] = nil }
        let unsure = Set(disputed.flatMap { holders[$0] ?? [] })
        return (variables, lenders.filter { !unsure.contains($0) })
    }

    /// Takes back what a new service was lent, now that it has it from its groups.
    private func takeBack(_ creation: ServiceCreation, of action: PlanAction) async throws {
        guard !(creation.lent.isEmpty && creation.lenders.isEmpty) else { return }
        let client = client
        let steps = steps
        let left = { () async throws -> [String: Secret<String>] in
            try await client.envVars(service: creation.id).filter { creation.lent.contains($0.key) }
        }
        try await steps.perform(
            StepRunner.Change(
                name: "take_back", detail: ["variables": .array(creation.lent.sorted().map { .string($0) })],
                find: { _ in try await left().isEmpty ? [:] : nil },
                call: {
                    guard !creation.lent.isEmpty else { return [:] }
                    // One call, since Render allows few writes a minute; nobody else knows of the service yet.
                    let own = try await client.envVars(service: creation.id)
                        .filter { !creation.lent.contains($0.key) }
                    try await client.replaceEnvVars(service: creation.id, own)
                    try await steps.confirm { try await left().keys.sorted().map { "env.\($0)" } }
                    return [:]
                }),
            of: action.address)
        try await record(
            AppliedState.loan(in: creation.detail, isOpen: false), of: action.address, id: creation.id)
    }

    // MARK: The first deploy

    /// Ends the deploy that Render has started with a new service, when it lacks something. That it is over already or
    /// cannot be ended does no harm: the next one takes its place.
    private func callOffFirstDeploy(
        _ creation: ServiceCreation, of action: PlanAction, _ type: ServiceType
    ) async throws {
        // Render does not end those of cron jobs.
        guard let deploy = creation.firstDeploy, type != .cronJob else { return }
        let client = client
        let status = { () async throws -> DeployStatus in
            try await client.deploy(deploy, service: creation.id).status
        }
        do {
            let result = try await steps.perform(
                StepRunner.Change(
                    name: "call_off", detail: ["deploy_id": .string(deploy)],
                    find: { _ in
                        let status = try await status()
                        return status.isInProgress ? nil : ["status": .string(status.rawValue)]
                    },
                    call: {
                        do {
                            _ = try await client.cancelDeploy(deploy, service: creation.id)
                        } catch RenderError.refused {
                            // It has ended meanwhile.
                        }
                        return ["status": .string(try await status().rawValue)]
                    }),
                of: action.address)
            if let status = result["status"]?.string { await state.sawFirst(status, of: action.address) }
        } catch is StepFailure {
            return
        }
    }
}
