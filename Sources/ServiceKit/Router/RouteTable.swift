// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import HummingbirdCore

/// One endpoint as it is served: what answers it and what is measured of it.
final class ServedRoute: Sendable {
    let endpoint: AnyEndpoint
    let respond: @Sendable (RawRequest, CallContext) async throws -> Response
    let metrics: RouteMetrics

    init(_ route: EndpointRouter.Route, metrics: Metrics) {
        endpoint = route.endpoint
        respond = route.respond
        self.metrics = RouteMetrics(
            method: route.endpoint.method.rawValue, route: route.endpoint.path.description, in: metrics)
    }
}

/// Finds the routes of a path.
struct RouteTable: Sendable {
    /// Everything that is served under one path.
    final class Place: Sendable {
        let routes: [ServedRoute]
        /// The methods for an `Allow` header.
        let allow: String

        init(_ routes: [ServedRoute]) {
            self.routes = routes
            var methods = Set(routes.map(\.endpoint.method.rawValue)).union(["OPTIONS"])
            if methods.contains("GET") { methods.insert("HEAD") }
            allow = methods.sorted().joined(separator: ", ")
        }

        /// The route of a method; a GET also answers HEAD.
        func route(_ method: HTTPRequest.Method) -> ServedRoute? {
            let wanted = method == .head ? .get : method
            return routes.first { $0.endpoint.method == wanted }
        }
    }

    private struct Node {
        var literals: [Substring: Int] = [:]
        var parameter: Int?
        var routes: [ServedRoute] = []
        var place: Place?
    }

    private var nodes = [Node()]
    /// Paths without parameters, found at once.
    private var fixed: [String: Place] = [:]

    init(_ routes: [ServedRoute]) {
        for route in routes {
            var node = 0
            for segment in route.endpoint.path.segments { node = child(of: node, for: segment) }
            nodes[node].routes.append(route)
        }
        for index in nodes.indices where !nodes[index].routes.isEmpty {
            let place = Place(nodes[index].routes)
            nodes[index].place = place
            let path = nodes[index].routes[0].endpoint.path
            if path.parameters.isEmpty { fixed[path.description] = place }
        }
    }

    private mutating func child(of node: Int, for segment: PathTemplate.Segment) -> Int {
        switch segment {
        case .literal(let text):
            if let next = nodes[node].literals[Substring(text)] { return next }
            nodes[node].literals[Substring(text)] = nodes.count
        case .parameter:
            if let next = nodes[node].parameter { return next }
            nodes[node].parameter = nodes.count
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    /// What is served under `path`, with the still encoded values of its parameters; nil when nothing is.
    func find(_ path: String) -> (place: Place, values: [Substring])? {
        if let place = fixed[path] { return (place, []) }
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var values: [Substring] = []
        guard let place = find(segments[...], from: 0, &values) else { return nil }
        return (place, values)
    }

    /// A literal segment goes before a parameter; when it leads nowhere the parameter is tried.
    private func find(_ segments: ArraySlice<Substring>, from node: Int, _ values: inout [Substring]) -> Place? {
        guard let segment = segments.first else { return nodes[node].place }
        guard !segment.isEmpty else { return nil }
        if let next = nodes[node].literals[segment],
            let place = find(segments.dropFirst(), from: next, &values)
        {
            return place
        }
        guard let next = nodes[node].parameter else { return nil }
        values.append(segment)
        if let place = find(segments.dropFirst(), from: next, &values) { return place }
        values.removeLast()
        return nil
    }
}
