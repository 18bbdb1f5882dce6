// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A loopback server that answers as a script says, down to the byte, and remembers what it was sent.
package final class ScriptedServer: Sendable {
    /// One request as it came.
    package struct Request: Sendable {
        package let line: String
        /// By their names in small letters.
        package let headers: [String: String]
        package let body: String
    }

    /// What the server does about a request.
    package enum Step: Sendable {
        case send(String)
        /// Ends the connection.
        case close

        /// Sends a whole answer with a body.
        package static func answer(_ status: Int, _ body: String = "", headers: [String] = []) -> Step {
            let head = ["HTTP/1.1 \(status) X", "Content-Length: \(body.utf8.count)"] + headers
            return .send(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
        }
    }

    private struct State {
        var requests: [Request] = []
        var open: [ObjectIdentifier: any Channel] = [:]
        var accepted = 0
    }

    private final class Log: Sendable {
        let state = Mutex(State())
    }

    package let port: Int
    private let channel: any Channel
    private let log: Log

    /// What it was sent so far, in order.
    package var requests: [Request] { log.state.withLock { $0.requests } }
    /// Connections accepted so far.
    package var accepted: Int { log.state.withLock { $0.accepted } }
    /// Connections open now.
    package var open: Int { log.state.withLock { $0.open.count } }

    private init(channel: any Channel, log: Log) {
        self.channel = channel
        self.log = log
        port = channel.localAddress?.port ?? 0
    }

    /// Starts a server for as long as `body` runs. `script` is asked once per request with its number, from 0.
    package static func run(
        _ script: @escaping @Sendable (Int, Request) -> [Step], _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Conversation(log: log, script: script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = ScriptedServer(channel: channel, log: log)
        do {
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// Sends text on all open connections.
    package func push(_ text: String) async throws {
        for channel in log.state.withLock({ Array($0.open.values) }) {
            try await channel.writeAndFlush(ByteBuffer(string: text))
        }
    }

    private func stop() async {
        try? await channel.close()
        for channel in log.state.withLock({ Array($0.open.values) }) { try? await channel.close() }
    }

    private final class Conversation: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let log: Log
        private let script: (Int, Request) -> [Step]
        private var received = ""

        init(log: Log, script: @escaping (Int, Request) -> [Step]) {
            self.log = log
            self.script = script
        }

        func channelActive(context: ChannelHandlerContext) {
            log.state.withLock {
                $0.accepted += 1
                $0.open[ObjectIdentifier(self)] = context.channel
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            log.state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(self)) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: unwrapInboundIn(data))
            while let request = takeRequest() {
                let number = log.state.withLock { state in
                    state.requests.append(request)
                    return state.requests.count - 1
                }
                for step in script(number, request) {
                    switch step {
                    case .send(let text):
                        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                    case .close: context.close(promise: nil)
                    }
                }
            }
        }

        private func takeRequest() -> Request? {
            guard let end = received.firstRange(of: "\r\n\r\n") else { return nil }
            let lines = received[..<end.lowerBound].split(separator: "\r\n")
            let headers = lines.dropFirst().compactMap { line -> (String, String)? in
                let sides = line.split(separator: ":", maxSplits: 1)
                guard sides.count == 2 else { return nil }
                return (sides[0].lowercased(), String(sides[1].drop { $0 == " " }))
            }
            let named = Dictionary(headers) { first, _ in first }
            let length = named["content-length"].flatMap { Int($0) } ?? 0
            let rest = received[end.upperBound...]
            guard rest.utf8.count >= length else { return nil }
            let body = String(decoding: rest.utf8.prefix(length), as: UTF8.self)
            received = String(decoding: rest.utf8.dropFirst(length), as: UTF8.self)
            return Request(line: String(lines[0]), headers: named, body: body)
        }
    }
}
