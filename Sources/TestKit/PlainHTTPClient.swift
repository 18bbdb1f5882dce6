// SPDX-License-Identifier: Apache-2.0

package import Common
import NIOCore
import NIOPosix
import Synchronization

/// A client that sends each request once, over a connection of its own, and hides nothing of the answer.
package struct PlainHTTPClient: Sendable {
    /// A complete answer, whatever its status.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: [(name: String, value: String)]
        package let body: [UInt8]

        /// The first header of that name, whatever its case.
        package func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        /// The body as JSON; null when it is none.
        package var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// The connection failed or ended, or the time was up, before a whole answer was there. What the server did is unknown
    /// unless `isRefused`, when there was no connection at all.
    package struct NoAnswer: Error, Sendable, CustomStringConvertible {
        package let isRefused: Bool
        package let description: String
    }

    package let host: String
    package let port: Int
    /// Sent with every request.
    package var headers: [(name: String, value: String)]
    /// The address to come from; servers on the loopback interface see any of 127.0.0.0/8.
    package var source: String?

    package init(
        host: String = "127.0.0.1", port: Int, headers: [(name: String, value: String)] = [], source: String? = nil
    ) {
        self.host = host
        self.port = port
        self.headers = headers
        self.source = source
    }

    /// The same client with another header.
    package func with(_ name: String, _ value: String) -> PlainHTTPClient {
        PlainHTTPClient(host: host, port: port, headers: headers + [(name, value)], source: source)
    }

    /// The same client from another address.
    package func from(_ source: String) -> PlainHTTPClient {
        PlainHTTPClient(host: host, port: port, headers: headers, source: source)
    }

    package func get(_ path: String) async throws -> Answer { try await send("GET", path) }

    package func post(_ path: String, _ json: JSONValue) async throws -> Answer {
        try await send("POST", path, json: json)
    }

    package func patch(_ path: String, _ json: JSONValue) async throws -> Answer {
        try await send("PATCH", path, json: json)
    }

    package func put(_ path: String, _ json: JSONValue) async throws -> Answer {
        try await send("PUT", path, json: json)
    }

    /// Sends one request; throws `NoAnswer` and nothing else unless the task is cancelled.
    package func send(
        _ method: String, _ path: String, json: JSONValue? = nil, within limit: Duration = .seconds(30)
    ) async throws -> Answer {
        try await send(
            method, path, body: json?.bytes, mediaType: json == nil ? nil : "application/json", within: limit)
    }

    /// As `send`, with a body of any media type.
    package func send(
        _ method: String, _ path: String, body: [UInt8]?, mediaType: String?, within limit: Duration = .seconds(30)
    ) async throws -> Answer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host):\(port)", "Connection: close"]
        lines += headers.map { "\($0.name): \($0.value)" }
        if let mediaType { lines.append("Content-Type: \(mediaType)") }
        if let body { lines.append("Content-Length: \(body.count)") }
        let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? [])
        return try await exchange(request, toHead: method == "HEAD", within: limit)
    }

    /// Sends bytes as they are, whether or not they are a request, and reads until the server closes the connection.
    package func exchange(
        _ request: [UInt8], toHead: Bool = false, within limit: Duration = .seconds(30)
    ) async throws -> Answer {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let collector = Collector(loop.makePromise())
        let channel = try await connect(collector, on: loop)
        return try await withTaskCancellationHandler {
            let end = loop.scheduleTask(in: .nanoseconds(Int64(limit / .nanoseconds(1)))) {
                channel.close(promise: nil)
            }
            defer { end.cancel() }
            // A failed write shows in the answer: it may have come before the request was taken whole.
            channel.writeAndFlush(ByteBuffer(bytes: request), promise: nil)
            let received = try await collector.whole.get()
            guard let answer = Answer(received, toHead: toHead) else {
                try Task.checkCancellation()
                throw NoAnswer(isRefused: false, description: "\(received.count) bytes are not an answer")
            }
            return answer
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private func connect(_ collector: Collector, on loop: any EventLoop) async throws -> any Channel {
        do {
            var bootstrap = ClientBootstrap(group: loop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(collector) }
            }
            if let source, let address = try? SocketAddress(ipAddress: source, port: 0) {
                bootstrap = bootstrap.bind(to: address)
            }
            return try await bootstrap.connect(host: host, port: port).get()
        } catch {
            throw NoAnswer(isRefused: true, description: "no connection: \(error)")
        }
    }

    /// Keeps what arrives until the connection ends.
    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let whole: EventLoopFuture<[UInt8]>
        private let promise: EventLoopPromise<[UInt8]>
        private let bytes = Mutex<[UInt8]>([])

        init(_ promise: EventLoopPromise<[UInt8]>) {
            self.promise = promise
            whole = promise.futureResult
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            bytes.withLock { $0.append(contentsOf: buffer.readableBytesView) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
        func handlerRemoved(context: ChannelHandlerContext) { promise.succeed(bytes.withLock { $0 }) }
    }
}

extension PlainHTTPClient.Answer {
    /// Reads a whole answer; nil when some of it is missing.
    fileprivate init?(_ bytes: [UInt8], toHead isHead: Bool) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, let status = Int(words[1]) else { return nil }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (name: String(parts[0]), value: parts.count > 1 ? parts[1].trimmingPrefix(" ").description : "")
        }
        let rest = Array(bytes[end.upperBound...])
        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        if isHead || status == 204 || status == 304 {
            self.init(status: status, headers: headers, body: [])
        } else if header("transfer-encoding") == "chunked" {
            guard let body = Self.unchunk(rest) else { return nil }
            self.init(status: status, headers: headers, body: body)
        } else {
            guard let length = header("content-length").flatMap(Int.init), rest.count >= length else { return nil }
            self.init(status: status, headers: headers, body: Array(rest.prefix(length)))
        }
    }

    private static func unchunk(_ bytes: [UInt8]) -> [UInt8]? {
        var rest = bytes[...]
        var body: [UInt8] = []
        let newline = Array("\r\n".utf8)
        while let end = rest.firstRange(of: newline) {
            guard let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16) else {
                return nil
            }
            rest = rest[end.upperBound...]
            if size == 0 { return body }
            guard rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }
}
