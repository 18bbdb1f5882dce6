// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let services: [Operation] = [
        Operation(.GET, "/services", "list-services") { world, call throws(Refusal) in
            try world.listServices(call)
        },
        Operation(.POST, "/services", "create-service") { world, call throws(Refusal) in
            try world.createService(try call.object())
        },
        Operation(.GET, "/services/{serviceId}", "retrieve-service") { world, call throws(Refusal) in
            let service = try world.shownService(call.parameter("serviceId"))
            return FakeAnswer(200, service.json(world))
        },
        Operation(.PATCH, "/services/{serviceId}", "update-service") { world, call throws(Refusal) in
            let id = call.parameter("serviceId")
            var service = try world.service(id)
            try service.patch(try call.object(), world)
            world.replace(service)
            return FakeAnswer(200, service.json(world))
        },
        Operation(.DELETE, "/services/{serviceId}", "delete-service") { world, call throws(Refusal) in
            let service = try world.service(call.parameter("serviceId"))
            world.forget(service: service.id)
            return FakeAnswer(204)
        },
    ]
}

extension World {
    fileprivate mutating func listServices(_ call: FakeCall) throws(Refusal) -> FakeAnswer {
        let previews = call.first("includePreviews")
        guard previews == nil || previews == "true" || previews == "false" else {
            throw .invalid("includePreviews must be true or false")
        }
        var items: [(String, JSONValue)] = []
        for id in services.order {
            guard let service = services[id] else { continue }
            guard previews != "false" || service.parent == nil else { continue }
            let suspended = service.isSuspended ? "suspended" : "not_suspended"
            let isWanted =
                call.admits("name", service.name) && call.admits("type", service.type)
                && call.admits("environmentId", service.environmentID)
                && call.admits("env", service.isStatic ? nil : service.runtime)
                && call.admits("region", service.region) && call.admits("suspended", suspended)
                && call.admits("ownerId", service.ownerID)
            guard isWanted, try call.admits(created: service.createdAt, updated: service.updatedAt) else { continue }
            items.append((id, try shownService(id).json(self)))
        }
        return try Paging(call).answer(items, as: "service")
    }

    fileprivate mutating func createService(_ body: JSONObject) throws(Refusal) -> FakeAnswer {
        let type = try body.text("type")
        guard let form = ServiceForm(type) else { throw .invalid("type \(type) is not known") }
        try body.allow(ServiceForm.creation)
        let name = try body.text("name")
        let ownerID = try owner(body)
        try admit(name: name, among: services.values.filter { $0.ownerID == ownerID }.map(\.name))
        let given = body["serviceDetails"]?.object ?? [:]
        let details = try form.details(given)
        let isImage = given["runtime"]?.string == "image"
        if isImage {
            guard body["image"]?["imagePath"]?.string != nil else { throw .invalid("image is required") }
        } else {
            _ = try body.text("repo")
        }
        let environmentID = try environment(body)
        var service = FakeService(
            id: minting.id(type == "cron_job" ? "crn" : "srv"), name: name, slug: freeSlug(name), ownerID: ownerID,
            type: type, details: details, createdAt: now, updatedAt: now)
        service.environmentID = environmentID
        service.env = try variables(body["envVars"]?.array ?? [])
        service.secretFiles = try secretFiles(body["secretFiles"]?.array ?? [])
        try service.take(body, self)
        if !isImage, service.branch == nil { service.branch = "main" }
        try take(parts: given, into: &service)
        services[service.id] = service
        let deploy = try start(.init(service: service.id, trigger: "manual", isFirst: true))
        return FakeAnswer(
            201, ["service": service.json(self), "deployId": .string(deploy?.id ?? "")])
    }

    /// Takes what creation may name in `serviceDetails` and has endpoints of its own later.
    private mutating func take(parts given: JSONObject, into service: inout FakeService) throws(Refusal) {
        for value in given["headers"]?.array ?? [] { service.headers.append(try header(value)) }
        for value in given["routes"]?.array ?? [] { service.routes.append(try route(value)) }
        if let disk = given["disk"]?.object { service.disk = try newDisk(disk) }
        if let autoscaling = given["autoscaling"] { service.details["autoscaling"] = autoscaling }
    }
}
