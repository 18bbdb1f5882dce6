// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let serviceParts: [Operation] = [
        Operation(.GET, "/services/{serviceId}/headers", "list-headers") { world, call throws(Refusal) in
            let service = try world.shownService(call.parameter("serviceId"))
            let headers = service.headers.filter {
                call.admits("path", $0.path) && call.admits("name", $0.name) && call.admits("value", $0.value)
            }
            return try Paging(call).answer(headers.map { ($0.id, $0.json) }, as: "header")
        },
        Operation(.POST, "/services/{serviceId}/headers", "add-headers") { world, call throws(Refusal) in
            var service = try world.staticSite(call)
            let header = try world.header(.object(try call.object()))
            service.headers.append(header)
            world.replace(service)
            return FakeAnswer(201, ["headers": header.json])
        },
        Operation(.PUT, "/services/{serviceId}/headers", "update-headers") { world, call throws(Refusal) in
            var service = try world.staticSite(call)
            service.headers = []
            for value in try call.array() { service.headers.append(try world.header(value)) }
            world.replace(service)
            return FakeAnswer(200, .array(service.headers.map(\.json)))
        },
        Operation(.DELETE, "/services/{serviceId}/headers/{headerId}", "delete-header") { world, call throws(Refusal) in
            var service = try world.staticSite(call)
            guard let index = service.headers.firstIndex(where: { $0.id == call.parameter("headerId") }) else {
                throw .notFound("header")
            }
            service.headers.remove(at: index)
            world.replace(service)
            return FakeAnswer(204)
        },
        Operation(.GET, "/services/{serviceId}/routes", "list-routes") { world, call throws(Refusal) in
            let service = try world.shownService(call.parameter("serviceId"))
            let items = service.routes.enumerated().filter { _, route in
                call.admits("type", route.type) && call.admits("source", route.source)
                    && call.admits("destination", route.destination)
            }
            return try Paging(call).answer(
                items.map { ($0.element.id, $0.element.json(priority: $0.offset)) }, as: "route")
        },
        Operation(.POST, "/services/{serviceId}/routes", "add-route") { world, call throws(Refusal) in
            var service = try world.staticSite(call)
            let body = try call.object()
            let route = try world.route(.object(body))
            let priority = min(max(0, body["priority"]?.int ?? service.routes.count), service.routes.count)
            service.routes.insert(route, at: priority)
            world.replace(service)
            return FakeAnswer(201, route.json(priority: priority))
        },
        // Trap: their order is their priority.
        Operation(.PUT, "/services/{serviceId}/routes", "put-routes") { world, call throws(Refusal) in
            var service = try world.staticSite(call)
            service.routes = []
            for value in try call.array() {
                try value.object?.allow(["type", "source", "destination"])
                service.routes.append(try world.route(value))
            }
            world.replace(service)
            return FakeAnswer(200, .array(service.routes.enumerated().map { $1.json(priority: $0) }))
        },
        Operation(.DELETE, "/services/{serviceId}/routes/{routeId}", "delete-route") { world, call throws(Refusal) in
            var service = try world.staticSite(call)
            guard let index = service.routes.firstIndex(where: { $0.id == call.parameter("routeId") }) else {
                throw .notFound("route")
            }
            service.routes.remove(at: index)
            world.replace(service)
            return FakeAnswer(204)
        },
    ]
}

extension World {
    fileprivate func staticSite(_ call: FakeCall) throws(Refusal) -> FakeService {
        let service = try service(call.parameter("serviceId"))
        guard service.isStatic else { throw .invalid("only a static site has headers and routes") }
        return service
    }

    mutating func header(_ value: JSONValue) throws(Refusal) -> FakeHeader {
        guard let object = value.object else { throw .invalid("a header must be an object") }
        try object.allow(["path", "name", "value"], in: "headers.")
        return FakeHeader(
            id: minting.id("hdr"), path: try object.text("path"), name: try object.text("name"),
            value: try object.text("value"))
    }

    mutating func route(_ value: JSONValue) throws(Refusal) -> FakeRoute {
        guard let object = value.object else { throw .invalid("a route must be an object") }
        try object.allow(["type", "source", "destination", "priority"], in: "routes.")
        let type = try object.text("type")
        guard ["redirect", "rewrite"].contains(type) else {
            throw .invalid("the type of a route must be redirect or rewrite")
        }
        return FakeRoute(
            id: minting.id("rdr"), type: type, source: try object.text("source"),
            destination: try object.text("destination"))
    }
}
