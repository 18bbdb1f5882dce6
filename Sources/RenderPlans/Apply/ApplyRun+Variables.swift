// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

/// The variables that a change writes or takes away.
struct WantedVariables: Sendable {
    struct Ready: Sendable {
        enum Value: Sendable {
            case set(Secret<String>)
            /// Made by Render, once.
            case generate
            case remove
        }

        let key: String
        let value: Value
    }

    var ready: [Ready] = []
    /// Keys whose references stand for what is not there yet.
    var waiting: [String] = []

    /// What a creation sends.
    var entries: [VariableEntry] {
        ready.compactMap { variable in
            switch variable.value {
            case .set(let value): VariableEntry(key: variable.key, value: value)
            case .generate: VariableEntry(key: variable.key, value: nil)
            case .remove: nil
            }
        }
    }
}

/// Whose variables they are.
enum VariableHolder: Sendable {
    case service(String)
    case group(String)
}

extension ApplyRun {
    /// What the plan wants of a resource's variables, with references resolved as far as they can be by now.
    func variables(of action: PlanAction, isLast: Bool) async throws -> WantedVariables {
        var wanted = WantedVariables()
        var fresh: Set<ResourceAddress> = []
        for change in action.changes {
            guard case .variable(let key) = change.target else { continue }
            switch change.new {
            case nil: wanted.ready.append(.init(key: key, value: .remove))
            case .secret(let value): wanted.ready.append(.init(key: key, value: .set(value)))
            case .plain(let value):
                wanted.ready.append(.init(key: key, value: .set(Secret(value.string ?? value.text))))
            case .generated: wanted.ready.append(.init(key: key, value: .generate))
            case .unresolved(let reference):
                if let value = try await value(of: reference, for: key, isLast: isLast, fresh: &fresh) {
                    wanted.ready.append(.init(key: key, value: .set(value)))
                } else {
                    wanted.waiting.append(key)
                }
            }
        }
        return wanted
    }

    /// What a reference stands for; nil while that cannot be known.
    private func value(
        of reference: EnvironmentReference, for key: String, isLast: Bool, fresh: inout Set<ResourceAddress>
    ) async throws -> Secret<String>? {
        let target = reference.target
        if let failed = await state.failed(among: [target]) {
            throw StepFailure("env.\(key) stands for \(reference), and \(failed) failed")
        }
        let isThere = await state.outcomes[target] != nil
        var pauses = isThere || isLast ? timing.settle : []
        while true {
            switch try await resolve(reference, fresh: &fresh) {
            case .value(let value): return value
            case .impossible(let why): throw StepFailure("env.\(key): \(why)")
            case .later: break
            }
            // A database that was just made does not tell at once how it is reached.
            guard !pauses.isEmpty else { break }
            try await timing.clock.sleep(for: pauses.removeFirst())
            fresh = []
        }
        if isLast { throw StepFailure("env.\(key) stands for \(reference), which Render does not tell") }
        return nil
    }

    private func resolve(
        _ reference: EnvironmentReference, fresh: inout Set<ResourceAddress>
    ) async throws -> Resolver.Outcome {
        let resolver = live.resolver(await state.snapshot)
        for link in resolver.chain(of: reference) where fresh.insert(link.target).inserted {
            try await freshen(link.target)
        }
        return live.resolver(await state.snapshot).value(of: reference)
    }

    /// Reads anew what the apply has made or changed, as far as references can ask for it.
    private func freshen(_ resource: ResourceAddress) async throws {
        let action = plan.actions.first { $0.address == resource }
        guard action?.verb != .noop, let id = await state.id(of: resource) else { return }
        var read = await state.snapshot.resources[resource] ?? LiveResource(id: id, serviceType: action?.serviceType)
        switch resource.kind {
        case .postgres, .keyValue: read.connection = try await connection(of: resource.kind, id)
        case .service:
            let service = try await client.service(id)
            read.url = service.details.url
            read.slug = service.slug
            read.ports = service.details.openPorts
            read.environment = try await client.envVars(service: id)
            for group in action?.wantedGroups ?? [] {
                if group.isLinked { read.groups.insert(group.name) } else { read.groups.remove(group.name) }
            }
        case .envGroup: read.environment = try await client.envVars(group: id)
        case .project, .environment: return
        }
        await state.observe(read, at: resource)
        if resource.kind == .service {
            for group in read.groups { try await freshen(ResourceAddress(.envGroup, group)) }
        }
    }

    /// How a store is reached; nil while Render still makes it.
    private func connection(of kind: ResourceKind, _ id: String) async throws -> LiveConnection? {
        do {
            return LiveConnection(
                kind == .postgres
                    ? try await client.databaseConnection(id) : try await client.keyValueConnection(id))
        } catch let error as RenderError where error.isNotFound {
            return nil
        }
    }

    /// Writes variables one by one, each read back.
    func set(_ variables: [WantedVariables.Ready], of action: PlanAction, on holder: VariableHolder) async throws {
        let steps = steps
        for variable in variables {
            let key = variable.key
            let isDone = { () async throws -> Bool in
                let live = try await values(of: holder)[key]
                return switch variable.value {
                case .set(let value): live == value
                // A value that Render has made is kept: making another would change it under whoever uses it.
                case .generate: live != nil
                case .remove: live == nil
                }
            }
            try await steps.perform(
                StepRunner.Change(
                    name: "env.\(key)", find: { _ in try await isDone() ? [:] : nil },
                    call: {
                        try await write(variable, on: holder)
                        try await steps.confirm { try await isDone() ? [] : ["env.\(key)"] }
                        return [:]
                    }),
                of: action.address)
            try await wrote(variable, of: action, on: holder)
        }
    }

    private func write(_ variable: WantedVariables.Ready, on holder: VariableHolder) async throws {
        let key = variable.key
        switch (variable.value, holder) {
        case (.set(let value), .service(let id)): try await client.setEnvVar(service: id, key: key, value: value)
        case (.set(let value), .group(let id)): try await client.setEnvVar(group: id, key: key, value: value)
        case (.generate, _):
            guard try await values(of: holder)[key] == nil else { return }
            switch holder {
            case .service(let id): try await client.setEnvVar(service: id, key: key, value: nil)
            case .group(let id): try await client.setEnvVar(group: id, key: key, value: nil)
            }
        case (.remove, .service(let id)):
            try await Self.unlessGone { try await client.deleteEnvVar(service: id, key: key) }
        case (.remove, .group(let id)):
            try await Self.unlessGone { try await client.deleteEnvVar(group: id, key: key) }
        }
    }

    private func values(of holder: VariableHolder) async throws -> [String: Secret<String>] {
        switch holder {
        case .service(let id): try await client.envVars(service: id)
        case .group(let id): try await client.envVars(group: id)
        }
    }

    private func wrote(
        _ variable: WantedVariables.Ready, of action: PlanAction, on holder: VariableHolder
    ) async throws {
        let value: PlannedValue? =
            switch variable.value {
            case .set(let value): .secret(value)
            case .generate: try await values(of: holder)[variable.key].map { .secret($0) } ?? .generated
            case .remove: nil
            }
        await state.wrote(value, to: .variable(variable.key), of: action.address)
    }

    /// Reads back the variables that a creation has sent.
    func confirmSent(_ sent: Set<String>, of action: PlanAction, on holder: VariableHolder) async throws {
        guard !sent.isEmpty else { return }
        let ready = try await variables(of: action, isLast: false).ready.filter { sent.contains($0.key) }
        try await steps.confirm {
            let live = try await values(of: holder)
            return ready.filter { variable in
                if case .set(let value) = variable.value { return live[variable.key] != value }
                return live[variable.key] == nil
            }.map { "env.\($0.key)" }
        }
        for variable in ready { try await wrote(variable, of: action, on: holder) }
    }

    /// A group of variables.
    func group(_ action: PlanAction, isLast: Bool) async throws -> Turn {
        let wanted = try await variables(of: action, isLast: isLast)
        var rest = wanted.ready
        let id: String
        let client = client
        if action.verb == .create {
            let keys =
                steps.known("create", of: action.address)?.detail["variables"]?.array?.compactMap(\.string)
                ?? wanted.entries.map(\.key)
            let body = StoreBody.group(
                action.address.name, variables: wanted.entries.filter { keys.contains($0.key) },
                environmentID: try await environmentID(for: action), ownerID: plan.ownerID)
            (id, _) = try await create(action, detail: ["variables": .array(keys.map { .string($0) })]) {
                ["id": .string(try await client.createEnvGroup(body).id)]
            }
            if let environment = action.wantedPlacement {
                await state.wrote(.plain(.string(environment.description)), to: .placement, of: action.address)
            }
            try await confirmSent(Set(keys), of: action, on: .group(id))
            rest.removeAll { keys.contains($0.key) }
        } else {
            id = try await liveID(of: action)
            try await oweUsers(of: action.address)
            let ownerID = plan.ownerID
            try await place(action, id: id) {
                try await client.envGroups(ownerID: ownerID).first { $0.id == id }?.environmentID
            }
        }
        try await set(rest, of: action, on: .group(id))
        return wanted.waiting.isEmpty ? .over(action.outcome) : .waits
    }
}

extension LiveConnection {
    init(_ info: ConnectionInfo) {
        self.init(
            internalURL: info.internalConnectionString, pooledURL: info.pooledConnectionString, password: info.password)
    }
}
