// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy on loopback that can play a network that drops everything: it then forwards nothing in either direction,
/// not even the end of a connection, and closes nothing. What was under way arrives once it heals, as TCP would have it.
package final class BlackholeProxy: Sendable {
    /// Where to connect instead of to the target.
    package let port: Int
    private let listener: any Channel
    private let network: Network

    private init(listener: any Channel, network: Network) {
        self.listener = listener
        self.network = network
        port = listener.localAddress?.port ?? 0
    }

    /// Runs `body` with a proxy in front of `target`, a port of this machine; all its connections end with `body`.
    package static func with<Value>(
        target: Int, _ body: (BlackholeProxy) async throws -> Value
    ) async throws -> Value {
        let target = try SocketAddress(ipAddress: "127.0.0.1", port: target)
        let network = Network()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in network.admit(channel, to: target) }
            .bind(host: "127.0.0.1", port: 0).get()
        let proxy = BlackholeProxy(listener: listener, network: network)
        do {
            let value = try await body(proxy)
            try await proxy.end()
            return value
        } catch {
            try? await proxy.end()
            throw error
        }
    }

    /// Connections that were opened so far.
    package var connections: Int { network.count }

    /// From here on nothing arrives.
    package func drop() { network.setDown(true) }

    /// From here on everything arrives, what was held up first.
    package func heal() { network.setDown(false) }

    private func end() async throws {
        network.close()
        try await listener.close()
    }
}

/// All connections of a proxy, and whether the network between their ends is there.
private final class Network: Sendable {
    private struct State {
        var isDown = false
        var isClosed = false
        var count = 0
        var pipes: [ObjectIdentifier: Pipe] = [:]
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.count } }
    var isDown: Bool { state.withLock { $0.isDown } }

    func setDown(_ isDown: Bool) {
        let pipes = state.withLock { state in
            state.isDown = isDown
            return Array(state.pipes.values)
        }
        for pipe in pipes { pipe.networkChanged() }
    }

    func close() {
        let pipes = state.withLock { state in
            state.isClosed = true
            return Array(state.pipes.values)
        }
        for pipe in pipes { pipe.close() }
    }

    /// Connects an accepted connection to the target, at once or when the network is back.
    func admit(_ client: any Channel, to target: SocketAddress) -> EventLoopFuture<Void> {
        let pipe = Pipe(client: client, target: target, network: self)
        let isClosed = state.withLock { state in
            state.count += 1
            state.pipes[ObjectIdentifier(pipe)] = pipe
            return state.isClosed
        }
        if isClosed { pipe.close() }
        return client.eventLoop.makeCompletedFuture {
            try client.pipeline.syncOperations.addHandler(End(pipe: pipe, isClient: true))
        }
    }

    func remove(_ pipe: Pipe) { state.withLock { $0.pipes[ObjectIdentifier(pipe)] = nil } }
}

/// One connection from client to target.
private final class Pipe: Sendable {
    /// What waits to be forwarded to one side.
    private struct Waiting {
        var bytes: [ByteBuffer] = []
        var isEnd = false
    }

    private struct State {
        var server: (any Channel)?
        var isConnecting = false
        var toClient = Waiting()
        var toServer = Waiting()
    }

    private let client: any Channel
    private let target: SocketAddress
    private let network: Network
    private let state = Mutex(State())

    init(client: any Channel, target: SocketAddress, network: Network) {
        self.client = client
        self.target = target
        self.network = network
    }

    /// Takes in what one end sent.
    func take(_ bytes: ByteBuffer, fromClient: Bool) {
        state.withLock { state in
            if fromClient { state.toServer.bytes.append(bytes) } else { state.toClient.bytes.append(bytes) }
        }
        forward()
    }

    /// Takes note that one end has closed.
    func end(fromClient: Bool) {
        state.withLock { state in
            if fromClient { state.toServer.isEnd = true } else { state.toClient.isEnd = true }
        }
        forward()
    }

    func networkChanged() {
        guard !network.isDown else { return }
        let mustConnect = state.withLock { state in
            guard state.server == nil, !state.isConnecting else { return false }
            state.isConnecting = true
            return true
        }
        if mustConnect { connect() } else { forward() }
        read()
    }

    func close() {
        client.close(promise: nil)
        state.withLock { $0.server }?.close(promise: nil)
        network.remove(self)
    }

    /// Lets both ends send on; one that may not send is held back by TCP once its socket is full.
    func read() {
        guard !network.isDown else { return }
        client.read()
        state.withLock { $0.server }?.read()
    }

    private func connect() {
        ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(End(pipe: self, isClient: false))
                }
            }
            .connect(to: target)
            .whenComplete { [self] result in
                switch result {
                case .success(let server):
                    state.withLock { $0.server = server }
                    forward()
                    read()
                case .failure: close()
                }
            }
    }

    private func forward() {
        guard !network.isDown else { return }
        let (server, toClient, toServer) = state.withLock { state in
            let taken = (state.server, state.toClient, state.server == nil ? Waiting() : state.toServer)
            state.toClient.bytes = []
            if state.server != nil { state.toServer.bytes = [] }
            return taken
        }
        for bytes in toClient.bytes { client.writeAndFlush(bytes, promise: nil) }
        for bytes in toServer.bytes { server?.writeAndFlush(bytes, promise: nil) }
        if toClient.isEnd || (toServer.isEnd && server != nil) { close() }
    }
}

/// One end of a pipe.
private final class End: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let pipe: Pipe
    private let isClient: Bool

    init(pipe: Pipe, isClient: Bool) {
        self.pipe = pipe
        self.isClient = isClient
    }

    /// Not before: what a channel is asked to read before it is active it does not read.
    func channelActive(context: ChannelHandlerContext) {
        if isClient { pipe.networkChanged() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pipe.take(unwrapInboundIn(data), fromClient: isClient)
    }

    func channelReadComplete(context: ChannelHandlerContext) { pipe.read() }
    func channelInactive(context: ChannelHandlerContext) { pipe.end(fromClient: isClient) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
