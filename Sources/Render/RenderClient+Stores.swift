// SPDX-License-Identifier: Apache-2.0

package import Common

extension RenderClient {
    /// Of one owner, read replicas left out: they have names of their own that a database could have.
    package func databases(ownerID: String, name: String? = nil) async throws -> [RenderDatabase] {
        let query = [("ownerId", ownerID), ("includeReplicas", "false")] + Self.filter(name)
        return try await list(RenderCall(.listDatabases, query: query), member: "postgres") { fields in
            let database = try RenderDatabase(fields)
            let isWanted = try fields.optionalText("role") != "replica" && (name ?? database.name) == database.name
            return isWanted ? database : nil
        }
    }

    package func keyValues(ownerID: String, name: String? = nil) async throws -> [RenderKeyValue] {
        let query = [("ownerId", ownerID)] + Self.filter(name)
        return try await list(RenderCall(.listKeyValues, query: query), member: "keyValue") { fields in
            let keyValue = try RenderKeyValue(fields)
            return (name ?? keyValue.name) == keyValue.name ? keyValue : nil
        }
    }

    package func databaseConnection(_ id: String) async throws -> ConnectionInfo {
        try ConnectionInfo(await object(RenderCall(.retrieveDatabaseConnection, id)))
    }

    package func keyValueConnection(_ id: String) async throws -> ConnectionInfo {
        try ConnectionInfo(await object(RenderCall(.retrieveKeyValueConnection, id)))
    }

    package func createDatabase(_ body: JSONObject) async throws -> RenderDatabase {
        let call = RenderCall(.createDatabase, body: .object(body), purpose: "database \(Self.name(in: body))")
        let fields = try await object(call)
        return try created(call) { try RenderDatabase(fields) }
    }

    package func updateDatabase(_ id: String, _ body: JSONObject) async throws -> RenderDatabase {
        try RenderDatabase(await object(RenderCall(.updateDatabase, id, body: .object(body))))
    }

    package func createKeyValue(_ body: JSONObject) async throws -> RenderKeyValue {
        let call = RenderCall(.createKeyValue, body: .object(body), purpose: "key value \(Self.name(in: body))")
        let fields = try await object(call)
        return try created(call) { try RenderKeyValue(fields) }
    }

    package func updateKeyValue(_ id: String, _ body: JSONObject) async throws -> RenderKeyValue {
        try RenderKeyValue(await object(RenderCall(.updateKeyValue, id, body: .object(body))))
    }

    package func registryCredentials(ownerID: String) async throws -> [RegistryCredential] {
        let call = RenderCall(.listRegistryCredentials, query: [("ownerId", ownerID)])
        return try await list(call, member: "registryCredential") { try RegistryCredential($0) }
    }
}
