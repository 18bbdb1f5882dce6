// SPDX-License-Identifier: Apache-2.0

import Common
import NIOCore
import NIOPosix

/// One HTTP request on a connection of its own.
enum HTTPExchange {
    struct Answer: Error, Sendable {
        let status: Int
        let body: String

        var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
    }

    static func send(
        port: Int, _ method: String, _ path: String, headers: [(String, String)] = []
    ) async throws -> Answer {
        let (chunks, feed) = AsyncStream.makeStream(of: String.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Feeder(feed))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close", "Content-Length: 0"]
        let head = (lines + headers.map { "\($0.0): \($0.1)" }).joined(separator: "\r\n") + "\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: head))
        var text = ""
        for await chunk in chunks { text += chunk }
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
        let status = parts.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Answer(status: status, body: parts.count > 1 ? String(parts[1]) : "")
    }

    private final class Feeder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let feed: AsyncStream<String>.Continuation

        init(_ feed: AsyncStream<String>.Continuation) { self.feed = feed }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            feed.yield(String(buffer: unwrapInboundIn(data)))
        }
        func channelInactive(context: ChannelHandlerContext) { feed.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
