// SPDX-License-Identifier: Apache-2.0

import Common
import NIOCore
import NIOPosix
import Synchronization

/// A client that sends exactly the bytes it is told to, and reads what comes back.
struct HTTPTestClient: Sendable {
    struct Answer: Sendable {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: String

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
    }

    struct Ended: Error {}

    let port: Int

    /// Sends one request over a connection of its own.
    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: String? = nil,
        contentType: String? = "application/json"
    ) async throws -> Answer {
        try await withConnection { connection in
            try await connection.write(
                Self.request(method, path, port: port, headers: headers, body: body, contentType: contentType))
            return try await connection.answer(toHead: method == "HEAD")
        }
    }

    static func request(
        _ method: String, _ path: String, port: Int, headers: [(String, String)] = [], body: String? = nil,
        contentType: String? = "application/json"
    ) -> String {
        var lines = ["\(method) \(path) HTTP/1.1"]
        if !headers.contains(where: { $0.0 == "Host" }) { lines.append("Host: 127.0.0.1:\(port)") }
        lines += headers.map { "\($0.0): \($0.1)" }
        if let body {
            lines.append("Content-Length: \(body.utf8.count)")
            if let contentType { lines.append("Content-Type: \(contentType)") }
        }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
    }

    /// Opens a connection for as long as `body` takes.
    func withConnection<Result: Sendable>(_ body: (Connection) async throws -> Result) async throws -> Result {
        let (chunks, feed) = AsyncStream.makeStream(of: String.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Feeder(feed))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let result: Result
        do {
            result = try await body(Connection(channel, chunks))
        } catch {
            channel.close(promise: nil)
            throw error
        }
        try? await channel.close()
        return result
    }

    /// Passes on what arrives.
    private final class Feeder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let feed: AsyncStream<String>.Continuation

        init(_ feed: AsyncStream<String>.Continuation) { self.feed = feed }

        // Tests send and receive ASCII, so a buffer never ends within a character.
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            feed.yield(String(buffer: unwrapInboundIn(data)))
        }
        func channelInactive(context: ChannelHandlerContext) { feed.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// One open connection; used by one task at a time.
    final class Connection: Sendable {
        private let channel: any Channel
        private let chunks: AsyncStream<String>
        private let received = Mutex("")

        init(_ channel: any Channel, _ chunks: AsyncStream<String>) {
            self.channel = channel
            self.chunks = chunks
        }

        func write(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }

        /// Says that nothing more will be written, and goes on reading.
        func closeOutput() async throws { try await channel.close(mode: .output) }

        /// Everything up to and with `mark`.
        func read(through mark: String) async throws -> String {
            while true {
                let found = received.withLock { received -> String? in
                    guard let range = received.firstRange(of: mark) else { return nil }
                    defer { received = String(received[range.upperBound...]) }
                    return String(received[..<range.upperBound])
                }
                if let found { return found }
                try await more()
            }
        }

        /// Waits until the other end has closed.
        func end() async { for await _ in chunks {} }

        func answer(toHead isHead: Bool = false) async throws -> Answer {
            var lines = try await read(through: "\r\n\r\n").dropLast(2).split(separator: "\r\n")
            let status = Int(lines.removeFirst().split(separator: " ")[1]) ?? 0
            let headers = lines.map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1].dropFirst()) : "")
            }
            func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
            if status == 100 { return try await answer(toHead: isHead) }
            guard !isHead, status != 204, header("transfer-encoding") == nil else {
                return Answer(status: status, headers: headers, body: "")
            }
            let length = header("content-length").flatMap { Int($0) } ?? 0
            while received.withLock({ $0.utf8.count < length }) { try await more() }
            let body = received.withLock { received in
                defer { received = String(decoding: received.utf8.dropFirst(length), as: UTF8.self) }
                return String(decoding: received.utf8.prefix(length), as: UTF8.self)
            }
            return Answer(status: status, headers: headers, body: body)
        }

        private func more() async throws {
            for await chunk in chunks {
                received.withLock { $0 += chunk }
                return
            }
            throw Ended()
        }
    }
}
