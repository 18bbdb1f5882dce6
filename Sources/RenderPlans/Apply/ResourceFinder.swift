// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

/// Finds on Render what an apply has made or may have made, by its name.
struct ResourceFinder: Sendable {
    let client: RenderClient
    let ownerID: String

    /// The ids of all resources of that kind and name in the workspace.
    func ids(of address: ResourceAddress) async throws -> [String] {
        switch address.kind {
        case .service:
            return try await client.services(ownerID: ownerID, name: address.name)
                .filter { $0.name == address.name && $0.details.parentServerID == nil }.map(\.id)
        case .postgres:
            return try await client.databases(ownerID: ownerID, name: address.name).filter { $0.name == address.name }
                .map(\.id)
        case .keyValue:
            return try await client.keyValues(ownerID: ownerID, name: address.name).filter { $0.name == address.name }
                .map(\.id)
        case .envGroup:
            return try await client.envGroups(ownerID: ownerID, name: address.name).filter { $0.name == address.name }
                .map(\.id)
        case .project:
            return try await client.projects(ownerID: ownerID, name: address.name).filter { $0.name == address.name }
                .map(\.id)
        case .environment:
            var found: [String] = []
            for project in try await ids(of: ResourceAddress(.project, address.environmentParts.project)) {
                let environments = try await client.environments(projectID: project)
                found += environments.filter { $0.name == address.environmentParts.name }.map(\.id)
            }
            return found
        }
    }

    /// The result of a step `create` that has happened, and nil for one that has not.
    func created(_ address: ResourceAddress) async throws -> JSONObject? {
        let found = try await ids(of: address)
        guard found.count < 2 else {
            throw StepFailure("\(found.count) resources have the name \(address.name); leave one of them")
        }
        guard let id = found.first else { return nil }
        var result: JSONObject = ["id": .string(id)]
        if address.kind == .service, let first = try await client.deploys(service: id, limit: 1).first {
            result["deploy_id"] = .string(first.id)
        }
        return result
    }

    /// The result of a step `deploy` that has happened: a deploy asked for by the API since the one that was the newest.
    func deployed(service id: String, since newest: String?, mode: String?) async throws -> JSONObject? {
        let deploys = try await client.deploys(service: id, limit: 20)
        let since = deploys.prefix { $0.id != newest }
        guard let deploy = since.last(where: { $0.trigger == nil || $0.trigger == "api" }) else { return nil }
        var result: JSONObject = ["deploy_id": .string(deploy.id)]
        if let mode { result["mode"] = .string(mode) }
        return result
    }
}
