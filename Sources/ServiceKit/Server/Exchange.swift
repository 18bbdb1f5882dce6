// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import HummingbirdCore
import NIOCore

/// One request and what becomes of it, for as long as it lasts; confined to its connection's task.
final class Exchange {
    let request: Request
    let channel: any Channel
    let start = ContinuousClock.now
    let trace: TraceContext
    /// The path as it came, still encoded.
    let path: String
    /// What follows the question mark; goes into no log.
    let query: Substring?
    let body: RequestBodyReader
    var route: ServedRoute?
    /// The values of the route's parameters, still encoded.
    var pathValues: [Substring] = []
    private(set) var metrics: RouteMetrics?
    var caller: Caller?
    /// The methods to name when the one that was used is not served.
    var allow: String?
    var status = 500
    /// What the problem that is answered calls itself.
    var problemCode: String?
    var sent = 0
    /// Further requests on the connection would find it in an unknown state.
    var mustClose = false

    init(_ request: Request, channel: any Channel) {
        self.request = request
        self.channel = channel
        body = RequestBodyReader(request)
        trace = Self.trace(request.headers)
        let target = request.head.path ?? "/"
        if target.utf8.first == UInt8(ascii: "/") {
            let bytes = target.utf8
            if let mark = bytes.firstIndex(of: UInt8(ascii: "?")) {
                path = String(target[..<mark])
                query = target[bytes.index(after: mark)...]
            } else {
                path = target
                query = nil
            }
        } else {
            // The absolute form that proxies get.
            path = request.uri.path
            query = request.uri.query.map { Substring($0) }
        }
    }

    func measure(_ metrics: RouteMetrics) {
        metrics.begin()
        self.metrics = metrics
    }

    /// What there is to say of it as it stands.
    func record(in log: RequestLog) -> RequestRecord {
        RequestRecord(
            log: log, metrics: metrics, method: request.method.rawValue, route: route, status: status, start: start,
            trace: trace, caller: caller, received: body.received, sent: sent)
    }

    /// Reads a header by its name, whatever its case.
    var header: @Sendable (String) -> String? {
        let headers = request.headers
        return { name in
            if name == "content-type" { return headers[.contentType] }
            return HTTPField.Name(name).flatMap { headers[$0] }
        }
    }

    var anonymous: Caller {
        Caller(
            principal: Principal(.user, "anonymous"), audience: .public, traceID: trace.traceID,
            requestID: trace.requestID ?? trace.spanID)
    }

    private static func trace(_ headers: HTTPFields) -> TraceContext {
        var trace = headers[.incomingTrace].flatMap { TraceContext(traceparent: $0) } ?? TraceContext.makeRoot()
        trace.requestID = headers[.requestID].flatMap { TextPattern.token.matches($0) ? $0 : nil } ?? trace.spanID
        trace.correlationID = headers[.correlationID].flatMap { TextPattern.token.matches($0) ? $0 : nil }
        return trace
    }
}

/// Counts what a stream sends.
struct CountingWriter: ResponseBodyWriter {
    private var output: any ResponseBodyWriter
    private let exchange: Exchange

    init(_ output: any ResponseBodyWriter, _ exchange: Exchange) {
        self.output = output
        self.exchange = exchange
    }

    @concurrent
    mutating func write(_ buffer: ByteBuffer) async throws {
        exchange.sent += buffer.readableBytes
        try await output.write(buffer)
    }

    @concurrent
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws { try await output.finish(trailingHeaders) }
}

extension HTTPField.Name {
    static let incomingTrace = constantName("traceparent")
}
