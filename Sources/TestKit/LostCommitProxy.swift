// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Stands between a client and PostgreSQL, and on request loses the server's answer to the next `COMMIT` together with the
/// connection: the transaction is through, and the client cannot know it.
package final class LostCommitProxy: Sendable {
    private struct State {
        var isArmed = false
        var losses = 0
    }

    private struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    private enum Place: Sendable {
        case socket(String)
        case address(String, Int)
    }

    private let state = Mutex(State())
    private let server: Place

    private init(to server: Place) { self.server = server }

    /// Loses the answer to the next commit, whoever's it is.
    package func arm() { state.withLock { $0.isArmed = true } }

    /// How many answers were lost.
    package var losses: Int { state.withLock { $0.losses } }

    /// Runs `body` with a proxy to the database at `url`, and the URL by which it is reached.
    package static func with<Value>(
        _ url: String, _ body: (LostCommitProxy, String) async throws -> Value
    ) async throws -> Value {
        guard let parts = URLComponents(string: url) else { throw Unusable(description: "\(url) is no URL") }
        func item(_ name: String) -> String? { parts.queryItems?.first { $0.name == name }?.value }
        let port = item("port").flatMap(Int.init) ?? parts.port ?? 5432
        let host = item("host") ?? parts.host ?? "127.0.0.1"
        let proxy = LostCommitProxy(
            to: host.hasPrefix("/") ? .socket("\(host)/.s.PGSQL.\(port)") : .address(host, port))
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in
                client.pipeline.addHandler(FromClient(server: proxy.connect(for: client)))
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let user = parts.user ?? "postgres"
        let password = parts.password.map { ":\($0)" } ?? ""
        let address = "\(user)\(password)@127.0.0.1:\(listener.localAddress?.port ?? 0)"
        do {
            let value = try await body(proxy, "postgres://\(address)\(parts.path)?sslmode=disable")
            try await listener.close()
            return value
        } catch {
            try await listener.close()
            throw error
        }
    }

    private func connect(for client: any Channel) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: client.eventLoop).channelInitializer { channel in
            channel.pipeline.addHandler(FromServer(client: client, proxy: self))
        }
        return switch server {
        case .socket(let path): bootstrap.connect(unixDomainSocketPath: path)
        case .address(let host, let port): bootstrap.connect(host: host, port: port)
        }
    }

    private func loses(_ buffer: ByteBuffer) -> Bool {
        state.withLock { state in
            guard state.isArmed, buffer.readableBytesView.firstRange(of: Array("COMMIT\0".utf8)) != nil else {
                return false
            }
            state.isArmed = false
            state.losses += 1
            return true
        }
    }

    private final class FromClient: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let server: EventLoopFuture<any Channel>

        init(server: EventLoopFuture<any Channel>) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            server.whenSuccess { $0.writeAndFlush(buffer, promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) { server.whenSuccess { $0.close(promise: nil) } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private final class FromServer: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let client: any Channel
        private let proxy: LostCommitProxy

        init(client: any Channel, proxy: LostCommitProxy) {
            self.client = client
            self.proxy = proxy
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            if proxy.loses(buffer) { return context.close(promise: nil) }
            client.writeAndFlush(buffer, promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { client.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
