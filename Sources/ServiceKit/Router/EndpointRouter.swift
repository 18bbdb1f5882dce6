// SPDX-License-Identifier: Apache-2.0

package import API
import Common
import HTTPTypes
import HummingbirdCore
import NIOCore

/// Joins the endpoints of a daemon's catalogue with what answers them.
///
/// There is no other way to serve a path. `ServedRoutes` refuses to start a daemon whose catalogue is not answered
/// whole, or that answers what is not in it.
package struct EndpointRouter: Sendable {
    struct Route: Sendable {
        let endpoint: AnyEndpoint
        let respond: @Sendable (RawRequest, CallContext) async throws -> Response
    }

    package let catalogue: [AnyEndpoint]
    /// Asked before each handler that is added after it was set, once the request is known to be readable; throws to refuse
    /// the request.
    package var admit: @Sendable (AnyEndpoint, RawRequest) async throws -> Void = { _, _ in }
    /// Asked before each handler that is added after it was set, who sends the request and from where; throws to refuse it.
    package var admitCaller: @Sendable (CallContext) throws -> Void = { _ in }
    private(set) var routes: [Route] = []

    /// - Parameter catalogue: The daemon's own endpoints; those that every daemon has are added.
    package init(catalogue: [AnyEndpoint]) { self.catalogue = StandardAPI.catalogue + catalogue }

    /// Answers with JSON.
    package mutating func on<Input, Output: WireValue>(
        _ endpoint: Endpoint<Input, Output>,
        _ answer: @escaping @Sendable (Input, CallContext) async throws -> Output
    ) {
        add(endpoint) { input, context in
            Response.json(try await answer(input, context).json, status: endpoint.route.successes[0])
        }
    }

    /// Answers with JSON and a status or headers of its own.
    package mutating func on<Input, Output: WireValue>(
        _ endpoint: Endpoint<Input, Output>,
        _ answer: @escaping @Sendable (Input, CallContext) async throws -> Reply<Output>
    ) {
        add(endpoint) { input, context in
            let reply = try await answer(input, context)
            var response = Response.json(reply.value.json, status: reply.status ?? endpoint.route.successes[0])
            for (name, value) in reply.headers { response.headers[name] = value }
            return response
        }
    }

    /// Answers without a body.
    package mutating func on<Input>(
        _ endpoint: Endpoint<Input, NoContent>,
        _ answer: @escaping @Sendable (Input, CallContext) async throws -> NoContent
    ) {
        add(endpoint) { input, context in
            _ = try await answer(input, context)
            return Response(status: .init(code: endpoint.route.successes[0]))
        }
    }

    /// Answers with figures for Prometheus.
    package mutating func on<Input>(
        _ endpoint: Endpoint<Input, MetricsText>,
        _ answer: @escaping @Sendable (Input, CallContext) async throws -> MetricsText
    ) {
        add(endpoint) { input, context in
            let text = try await answer(input, context).text
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
    }

    /// Answers with bytes to be saved, or with 304 when the client has them already.
    package mutating func on<Input>(
        _ endpoint: Endpoint<Input, Download>,
        _ answer: @escaping @Sendable (Input, CallContext) async throws -> Download
    ) {
        add(endpoint) { input, context in
            let download = try await answer(input, context)
            let tag = "\"\(download.tag)\""
            // Every answer also says `nosniff` and has a policy that runs nothing: what was uploaded is no page of ours.
            var headers: HTTPFields = [.eTag: tag, .contentDisposition: download.disposition]
            if let known = context.headers[.ifNoneMatch], known.contains(tag) {
                return Response(status: .notModified, headers: headers)
            }
            headers[.contentType] = download.mediaType
            return Response(
                status: .init(code: endpoint.route.successes[0]), headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: try await download.bytes())))
        }
    }

    /// Answers with events until the source ends, the client goes, or the daemon stops.
    package mutating func on<Input, Item: WireValue>(
        _ endpoint: Endpoint<Input, EventStream<Item>>,
        _ answer: @escaping @Sendable (Input, CallContext) async throws -> EventSource
    ) {
        add(endpoint) { input, context in
            try await answer(input, context).response(to: context)
        }
    }

    /// Declares that a WebSocket server answers the endpoint's upgrades; a request without one is told so here.
    package mutating func upgrades<Input>(_ endpoint: Endpoint<Input, WebSocketUpgrade>) {
        routes.append(
            Route(endpoint: endpoint.route) { _, _ in
                throw Problem(
                    .invalid, "This path speaks WebSocket: send an Upgrade as the connection's first request.",
                    code: "upgrade_required")
            })
    }

    private mutating func add<Input, Output>(
        _ endpoint: Endpoint<Input, Output>,
        _ respond: @escaping @Sendable (Input, CallContext) async throws -> Response
    ) {
        let (admit, admitCaller) = (admit, admitCaller)
        routes.append(
            Route(endpoint: endpoint.route) { request, context in
                try admitCaller(context)
                let input = try endpoint.decode(request)
                try await admit(endpoint.route, request)
                return try await respond(input, context)
            })
    }

    /// What is wrong with the catalogue or with what answers it; empty when nothing is.
    package var faults: [String] {
        var faults: [String] = []
        func key(_ endpoint: AnyEndpoint) -> String { "\(endpoint.method.rawValue) \(endpoint.path)" }
        let declared = Dictionary(grouping: catalogue, by: key)
        let answered = Dictionary(grouping: routes.map(\.endpoint), by: key)
        for (key, endpoints) in declared where endpoints.count > 1 { faults.append("\(key) is declared twice") }
        for (key, endpoints) in answered {
            if endpoints.count > 1 { faults.append("\(key) is answered twice") }
            if declared[key] == nil { faults.append("\(key) is answered but not in the catalogue") }
        }
        for key in declared.keys where answered[key] == nil { faults.append("\(key) is declared but not answered") }
        for (id, endpoints) in Dictionary(grouping: catalogue, by: \.id) where endpoints.count > 1 {
            faults.append("the operation id \(id) is used twice")
        }
        return faults.sorted()
    }
}

extension Response {
    static func json(_ bytes: [UInt8], status: Int) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
