// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

/// One reading of an account.
struct SnapshotReading: Sendable {
    let client: RenderClient
    let needs: SnapshotNeeds
    let ownerID: String
    let concurrency: Int
    let calls = CallCounter()

    /// What lists tell.
    struct Lists: Sendable {
        var services: [RenderService] = []
        var databases: [RenderDatabase] = []
        var keyValues: [RenderKeyValue] = []
        var groups: [RenderEnvGroup] = []
        var projects: [RenderProject] = []
        var environments: [RenderEnvironment] = []
        var credentials: [RegistryCredential] = []
        /// The names of Render's own Blueprints by the ids of what they sync.
        var natives: [String: String] = [:]
    }

    func lists() async throws -> Lists {
        var steps: [@Sendable () async throws -> @Sendable (inout Lists) -> Void] = []
        let (client, calls, ownerID) = (client, calls, ownerID)
        if needs.reads(.service) {
            steps.append {
                let found = try await calls.call { try await client.services(ownerID: ownerID) }
                return { $0.services = found }
            }
        }
        if needs.reads(.postgres) {
            steps.append {
                let found = try await calls.call { try await client.databases(ownerID: ownerID) }
                return { $0.databases = found }
            }
        }
        if needs.reads(.keyValue) {
            steps.append {
                let found = try await calls.call { try await client.keyValues(ownerID: ownerID) }
                return { $0.keyValues = found }
            }
        }
        if needs.reads(.envGroup) {
            steps.append {
                let found = try await calls.call { try await client.envGroups(ownerID: ownerID) }
                return { $0.groups = found }
            }
        }
        if needs.reads(.project) { steps.append(projects) }
        if needs.readsCredentials {
            steps.append {
                let found = try await calls.call { try await client.registryCredentials(ownerID: ownerID) }
                return { $0.credentials = found }
            }
        }
        if !needs.compared.isEmpty {
            steps.append {
                let found = try await calls.call { try await client.resourcesOfBlueprints(ownerID: ownerID) }
                return { $0.natives = found }
            }
        }
        var lists = Lists()
        for fill in try await bounded(steps) { fill(&lists) }
        return lists
    }

    /// Every environment, since a resource may be in one that the file does not name.
    private func projects() async throws -> @Sendable (inout Lists) -> Void {
        let (client, calls, ownerID) = (client, calls, ownerID)
        let projects = try await calls.call { try await client.projects(ownerID: ownerID) }
        var steps: [@Sendable () async throws -> [RenderEnvironment]] = []
        for project in projects {
            steps.append { try await calls.call { try await client.environments(projectID: project.id) } }
        }
        let environments = try await bounded(steps).flatMap(\.self)
        return { lists in
            lists.projects = projects
            lists.environments = environments
        }
    }

    /// What lists do not tell of the resources that matter.
    func details(of snapshot: Snapshot) async throws -> [SnapshotDetail] {
        var steps: [@Sendable () async throws -> SnapshotDetail] = []
        let (client, calls) = (client, calls)
        for (address, live) in snapshot.resources.sorted(by: { $0.key < $1.key }) {
            let id = live.id
            if needs.variables.contains(address) || address.kind == .envGroup {
                steps.append {
                    let found = try await calls.call {
                        address.kind == .envGroup
                            ? try await client.envVars(group: id) : try await client.envVars(service: id)
                    }
                    return SnapshotDetail(address: address) { $0.environment = found }
                }
            }
            if needs.connections.contains(address), let step = connection(of: address, id) { steps.append(step) }
            if needs.headers.contains(address) {
                steps.append {
                    let found = LiveShape.headers(try await calls.call { try await client.headers(service: id) })
                    return SnapshotDetail(address: address) { $0.fields[.headers] = found }
                }
            }
            if needs.routes.contains(address) {
                steps.append {
                    let found = LiveShape.routes(try await calls.call { try await client.routes(service: id) })
                    return SnapshotDetail(address: address) { $0.fields[.routes] = found }
                }
            }
            if needs.domains.contains(address) {
                steps.append {
                    let found = try await calls.call { try await client.customDomains(service: id) }
                    return SnapshotDetail(address: address) {
                        $0.fields[.domains] = LiveShape.domains(found)
                        $0.redirects = LiveShape.redirects(found)
                    }
                }
            }
        }
        return try await bounded(steps)
    }

    /// How a store is reached; nothing when Render does not know yet, since it is still being made.
    private func connection(
        of address: ResourceAddress, _ id: String
    ) -> (@Sendable () async throws -> SnapshotDetail)? {
        let (client, calls) = (client, calls)
        guard address.kind == .postgres || address.kind == .keyValue else { return nil }
        return {
            do {
                let info = try await calls.call {
                    address.kind == .postgres
                        ? try await client.databaseConnection(id) : try await client.keyValueConnection(id)
                }
                let connection = LiveConnection(
                    internalURL: info.internalConnectionString, pooledURL: info.pooledConnectionString,
                    password: info.password)
                return SnapshotDetail(address: address) { $0.connection = connection }
            } catch let error as RenderError where error.isNotFound {
                return SnapshotDetail(address: address) { _ in }
            }
        }
    }

    /// Runs all of them, a few at once, and gives the results in their order.
    private func bounded<Value: Sendable>(
        _ steps: [@Sendable () async throws -> Value]
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            var results: [Int: Value] = [:]
            var next = 0
            while next < min(concurrency, steps.count) {
                let (index, step) = (next, steps[next])
                group.addTask { (index, try await step()) }
                next += 1
            }
            while let (index, value) = try await group.next() {
                results[index] = value
                guard next < steps.count else { continue }
                let (following, step) = (next, steps[next])
                group.addTask { (following, try await step()) }
                next += 1
            }
            return steps.indices.compactMap { results[$0] }
        }
    }
}
