// SPDX-License-Identifier: Apache-2.0

package import Common

extension RenderClient {
    /// The workspaces that the key reaches.
    package func owners() async throws -> [RenderOwner] {
        try await list(RenderCall(.listOwners), member: "owner") { try RenderOwner($0) }
    }

    /// Of one owner, previews left out. Filters are optional.
    package func services(ownerID: String, name: String? = nil, types: [String] = []) async throws -> [RenderService] {
        var query = [("ownerId", ownerID), ("includePreviews", "false")] + Self.filter(name)
        if !types.isEmpty { query.append(("type", types.joined(separator: ","))) }
        return try await list(RenderCall(.listServices, query: query), member: "service") { fields in
            let service = try RenderService(fields)
            let isWanted = (name ?? service.name) == service.name && (types.isEmpty || types.contains(service.type))
            return isWanted && service.details.parentServerID == nil ? service : nil
        }
    }

    package func service(_ id: String) async throws -> RenderService {
        try RenderService(await object(RenderCall(.retrieveService, id)))
    }

    /// `body` is JSON in the API's shape, as is that of the other calls that make or change things.
    package func createService(_ body: JSONObject) async throws -> (service: RenderService, deployID: String?) {
        let purpose = "service \(Self.name(in: body))"
        let call = RenderCall(.createService, body: .object(body), purpose: purpose)
        let fields = try await object(call)
        return try created(call) {
            (try RenderService(fields.object("service")), try fields.optionalText("deployId"))
        }
    }

    package func updateService(_ id: String, _ body: JSONObject) async throws -> RenderService {
        try RenderService(await object(RenderCall(.updateService, id, body: .object(body))))
    }

    package func suspendService(_ id: String) async throws {
        try await send(RenderCall(.suspendService, id, purpose: "suspension of service \(id)"))
    }

    package func deleteService(_ id: String) async throws { try await send(RenderCall(.deleteService, id)) }

    package func scaleService(_ id: String, to instances: Int) async throws {
        let body: JSONValue = ["numInstances": JSONValue(instances)]
        try await send(RenderCall(.scaleService, id, body: body, purpose: "scaling of service \(id)"))
    }

    /// Nil takes it away.
    package func setAutoscaling(_ id: String, _ autoscaling: Autoscaling?) async throws {
        if let autoscaling {
            try await send(RenderCall(.setAutoscaling, id, body: autoscaling.json))
        } else {
            try await send(RenderCall(.deleteAutoscaling, id))
        }
    }

    package func headers(service id: String) async throws -> [ResponseHeader] {
        try await list(RenderCall(.listHeaders, id), member: "header") { try ResponseHeader($0) }
    }

    package func replaceHeaders(service id: String, _ headers: [ResponseHeader]) async throws {
        try await send(RenderCall(.replaceHeaders, id, body: .array(headers.map(\.json))))
    }

    /// In the order in which they are tried.
    package func routes(service id: String) async throws -> [StaticRoute] {
        let routes = try await list(RenderCall(.listRoutes, id), member: "route") { fields in
            (priority: try fields.optionalInt("priority") ?? 0, route: try StaticRoute(fields))
        }
        // Ties keep the order of the answer.
        return routes.enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
            .map(\.element.route)
    }

    package func replaceRoutes(service id: String, _ routes: [StaticRoute]) async throws {
        try await send(RenderCall(.replaceRoutes, id, body: .array(routes.map(\.json))))
    }

    package func customDomains(service id: String) async throws -> [CustomDomain] {
        try await list(RenderCall(.listCustomDomains, id), member: "customDomain") { try CustomDomain($0) }
    }

    package func addCustomDomain(service id: String, name: String) async throws {
        let purpose = "domain \(name) of service \(id)"
        try await send(RenderCall(.createCustomDomain, id, body: ["name": .string(name)], purpose: purpose))
    }

    package func deleteCustomDomain(service id: String, name: String) async throws {
        try await send(RenderCall(.deleteCustomDomain, id, name))
    }

    package func addDisk(service id: String, name: String, mountPath: String, sizeGB: Int) async throws -> RenderDisk {
        var body = Self.disk(name: name, mountPath: mountPath, sizeGB: sizeGB)
        body["serviceId"] = .string(id)
        let call = RenderCall(.addDisk, body: .object(body), purpose: "disk \(name) of service \(id)")
        let fields = try await object(call)
        return try created(call) { try RenderDisk(fields) }
    }

    package func updateDisk(_ id: String, name: String, mountPath: String, sizeGB: Int) async throws {
        let body = Self.disk(name: name, mountPath: mountPath, sizeGB: sizeGB)
        try await send(RenderCall(.updateDisk, id, body: .object(body)))
    }

    private static func disk(name: String, mountPath: String, sizeGB: Int) -> JSONObject {
        ["name": .string(name), "mountPath": .string(mountPath), "sizeGB": JSONValue(sizeGB)]
    }

    /// The name in a body, for people; the API refuses a body without one.
    static func name(in body: JSONObject) -> String { body["name"]?.string ?? "without a name" }
}
