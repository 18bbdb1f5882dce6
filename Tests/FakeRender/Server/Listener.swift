// SPDX-License-Identifier: Apache-2.0

import Common
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

extension FakeRender {
    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPPart<HTTPResponseHead, ByteBuffer>>

    /// Larger bodies than any that the API takes end the connection.
    private static let maximumBody = 12_000_000

    /// Listens while `body` works.
    package func serving<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: settings.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(BufferHandler())
                    let connection = try Connection(wrappingChannelSynchronously: channel)
                    // One that is accepted while the listening ends is given to nobody; it must not go before its socket.
                    channel.closeFuture.whenComplete { _ in withExtendedLifetime(connection) {} }
                    return connection
                }
            }
        let port = listener.channel.localAddress?.port ?? 0
        world.withLock { $0.origin = "http://127.0.0.1:\(port)" }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.accept(listener) }
            do {
                let value = try await body()
                group.cancelAll()
                return value
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }

    private func accept(_ listener: NIOAsyncChannel<Connection, Never>) async throws {
        try await listener.executeThenClose { connections in
            await withDiscardingTaskGroup { group in
                do {
                    for try await connection in connections {
                        group.addTask { await self.serve(connection) }
                    }
                } catch {
                    // Nothing more can come in; who is connected is served to the end.
                }
            }
        }
    }

    private func serve(_ connection: Connection) async {
        // A client that goes away ends its connection, and that is all.
        try? await connection.executeThenClose { requests, answers in
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            for try await part in requests {
                switch part {
                case .head(let received):
                    head = received
                    body = []
                case .body(let bytes):
                    body.append(contentsOf: bytes.readableBytesView)
                    guard body.count <= Self.maximumBody else { return }
                case .end:
                    guard let request = head else { return }
                    switch await self.handle(FakeCall(request, body: body)) {
                    case .loss: return
                    case .answer(let answer): try await self.send(answer, to: request, answers)
                    }
                    guard request.isKeepAlive else { return }
                }
            }
        }
    }

    private func send(
        _ answer: FakeAnswer, to request: HTTPRequestHead,
        _ answers: NIOAsyncChannelOutboundWriter<HTTPPart<HTTPResponseHead, ByteBuffer>>
    ) async throws {
        let bytes = answer.json?.bytes ?? answer.html.map { Array($0.utf8) } ?? []
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status))
        for header in answer.headers { head.headers.add(name: header.name, value: header.value) }
        if answer.json != nil { head.headers.add(name: "Content-Type", value: "application/json; charset=utf-8") }
        if answer.html != nil { head.headers.add(name: "Content-Type", value: "text/html; charset=utf-8") }
        if answer.status != 204 { head.headers.add(name: "Content-Length", value: String(bytes.count)) }
        if !request.isKeepAlive { head.headers.add(name: "Connection", value: "close") }
        try await answers.write(.head(head))
        if !bytes.isEmpty, request.method != .HEAD { try await answers.write(.body(ByteBuffer(bytes: bytes))) }
        try await answers.write(.end(nil))
    }
}

/// Lets answers be written as buffers, which may go from one task to another; the encoder also takes files, which may not.
private final class BufferHandler: ChannelOutboundHandler, Sendable {
    typealias OutboundIn = HTTPPart<HTTPResponseHead, ByteBuffer>
    typealias OutboundOut = HTTPServerResponsePart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part: HTTPServerResponsePart =
            switch unwrapOutboundIn(data) {
            case .head(let head): .head(head)
            case .body(let buffer): .body(.byteBuffer(buffer))
            case .end(let trailers): .end(trailers)
            }
        context.write(wrapOutboundOut(part), promise: promise)
    }
}
