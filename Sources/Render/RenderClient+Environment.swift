// SPDX-License-Identifier: Apache-2.0

package import Common

extension RenderClient {
    /// The variables set on the service itself, without those of linked groups.
    package func envVars(service id: String) async throws -> [String: Secret<String>] {
        let pairs = try await list(RenderCall(.listEnvVars, id), member: "envVar") { try $0.envVar() }
        return Dictionary(pairs.map { ($0.key, $0.value) }) { _, last in last }
    }

    package func envVars(group id: String) async throws -> [String: Secret<String>] {
        try await envGroupContents(id).variables
    }

    /// The variables that a group holds, and whether it holds files as well.
    package func envGroupContents(
        _ id: String
    ) async throws -> (variables: [String: Secret<String>], hasSecretFiles: Bool) {
        let group = try await object(RenderCall(.retrieveEnvGroup, id))
        let pairs = try (group.optionalObjects("envVars") ?? []).map { try $0.envVar() }
        let files = try group.optionalObjects("secretFiles") ?? []
        return (Dictionary(pairs.map { ($0.key, $0.value) }) { _, last in last }, !files.isEmpty)
    }

    /// `nil` lets Render make a value.
    package func setEnvVar(service id: String, key: String, value: Secret<String>?) async throws {
        try await send(RenderCall(.setEnvVar, id, key, body: Self.variable(value)))
    }

    package func deleteEnvVar(service id: String, key: String) async throws {
        try await send(RenderCall(.deleteEnvVar, id, key))
    }

    /// All of them at once: what is not in `values` is gone.
    package func replaceEnvVars(service id: String, _ values: [String: Secret<String>]) async throws {
        let body = values.sorted { $0.key < $1.key }.map { key, value -> JSONValue in
            ["key": .string(key), "value": .string(value.reveal())]
        }
        try await send(RenderCall(.replaceEnvVars, id, body: .array(body)))
    }

    package func setEnvVar(group id: String, key: String, value: Secret<String>?) async throws {
        try await send(RenderCall(.setGroupEnvVar, id, key, body: Self.variable(value)))
    }

    package func deleteEnvVar(group id: String, key: String) async throws {
        try await send(RenderCall(.deleteGroupEnvVar, id, key))
    }

    package func envGroups(ownerID: String, name: String? = nil) async throws -> [RenderEnvGroup] {
        let query = [("ownerId", ownerID)] + Self.filter(name)
        return try await list(RenderCall(.listEnvGroups, query: query), member: "envGroup") { fields in
            let group = try RenderEnvGroup(fields)
            return (name ?? group.name) == group.name ? group : nil
        }
    }

    package func createEnvGroup(_ body: JSONObject) async throws -> RenderEnvGroup {
        let purpose = "environment group \(Self.name(in: body))"
        let call = RenderCall(.createEnvGroup, body: .object(body), purpose: purpose)
        let fields = try await object(call)
        return try created(call) { try RenderEnvGroup(fields) }
    }

    package func deleteEnvGroup(_ id: String) async throws { try await send(RenderCall(.deleteEnvGroup, id)) }

    package func linkEnvGroup(_ group: String, service: String) async throws {
        try await send(RenderCall(.linkEnvGroup, group, service, purpose: "link of \(group) to service \(service)"))
    }

    package func unlinkEnvGroup(_ group: String, service: String) async throws {
        try await send(RenderCall(.unlinkEnvGroup, group, service))
    }

    private static func variable(_ value: Secret<String>?) -> JSONValue {
        value.map { ["value": .string($0.reveal())] } ?? ["generateValue": true]
    }
}
