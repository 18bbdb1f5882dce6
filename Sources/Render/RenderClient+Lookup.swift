// SPDX-License-Identifier: Apache-2.0

package import Common

/// Looking for what a POST of unknown outcome would have made. All compare exact names; where several have the same, the
/// newest is the one in question.
extension RenderClient {
    package func findService(named name: String, ownerID: String) async throws -> RenderService? {
        try await services(ownerID: ownerID, name: name).max { $0.createdAt < $1.createdAt }
    }

    package func findDatabase(named name: String, ownerID: String) async throws -> RenderDatabase? {
        try await databases(ownerID: ownerID, name: name).max { $0.createdAt < $1.createdAt }
    }

    package func findKeyValue(named name: String, ownerID: String) async throws -> RenderKeyValue? {
        try await keyValues(ownerID: ownerID, name: name).max { $0.createdAt < $1.createdAt }
    }

    package func findEnvGroup(named name: String, ownerID: String) async throws -> RenderEnvGroup? {
        try await envGroups(ownerID: ownerID, name: name).max { $0.createdAt < $1.createdAt }
    }

    package func findProject(named name: String, ownerID: String) async throws -> RenderProject? {
        try await projects(ownerID: ownerID, name: name).max { $0.createdAt < $1.createdAt }
    }

    package func findEnvironment(named name: String, projectID: String) async throws -> RenderEnvironment? {
        try await environments(projectID: projectID).first { $0.name == name }
    }

    /// The first deploy of a service that the API was asked for at `time` or later; `tolerance` is for clocks that differ.
    package func findDeploy(
        service id: String, createdSince time: Timestamp, tolerance: Duration = .seconds(5)
    ) async throws -> RenderDeploy? {
        let earliest = time + (.zero - tolerance)
        return try await deploys(service: id, limit: 20).last { deploy in
            guard let created = deploy.createdAt.flatMap({ Timestamp($0) }) else { return false }
            return created >= earliest && (deploy.trigger ?? "api") == "api"
        }
    }

    /// Looks for what is in doubt until it is there, a few times at growing distances, since Render's lists lag behind.
    /// Nil says that it was not made, as far as can be known.
    package func settle<Resource>(_ look: () async throws -> Resource?) async throws -> Resource? {
        if let found = try await look() { return found }
        for pause in limits.looks {
            try await paces.sleep(pause)
            if let found = try await look() { return found }
        }
        return nil
    }

    /// The filter of lists by name; none for a name with a comma, which the API would take for two.
    static func filter(_ name: String?) -> [(name: String, value: String)] {
        guard let name, !name.contains(",") else { return [] }
        return [("name", name)]
    }
}
