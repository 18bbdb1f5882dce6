// SPDX-License-Identifier: Apache-2.0

import Common
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A connection that begins as HTTP/1 and stays so unless its first request asks for a WebSocket.
struct UpgradableHTTPChannel: HTTPChannelHandler {
    typealias HTTPConnection = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// What became of the connection.
    enum Outcome: Sendable {
        case http(HTTPConnection)
        case webSocket(WebSocketConnection, @Sendable (WebSocketConnection) async throws -> Void, TraceContext)
        /// A handshake was refused; the answer is on its way and the connection is closing.
        case refused
    }

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let outcome: EventLoopFuture<Outcome>
    }

    /// The same bounds of headers as where no WebSockets are served.
    private static var headLimits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 65_536
        limits.maxHeaderListSize = 131_072
        limits.maxHeaderFieldCount = 128
        return limits
    }

    let responder: Responder
    let webSockets: WebSocketServer
    let idleTimeout: Duration?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let outcome = channel.eventLoop.makePromise(of: Outcome.self)
            let pipeline = channel.pipeline.syncOperations
            let encoder = HTTPResponseEncoder()
            // What follows the upgrade request is not HTTP any more, and must reach the frame decoder.
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: Self.headLimits))
            try pipeline.addHandlers([encoder, decoder])
            try pipeline.addHandler(
                UpgradeGate(
                    webSockets: webSockets, outcome: outcome, encoder: encoder, decoder: decoder, patience: idleTimeout
                ) { channel in
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
                    try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: idleTimeout, logger: logger))
                    return try HTTPConnection(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)
                    ).keptUntilClosed()
                })
            return Value(channel: channel, outcome: outcome.futureResult)
        }
    }

    func handle(value: Value, logger: Logger) async {
        let outcome = try? await withTaskCancellationHandler {
            try await value.outcome.get()
        } onCancel: {
            value.channel.close(promise: nil)
        }
        switch outcome {
        case .http(let connection): await handleHTTP(asyncChannel: connection, logger: logger)
        case .webSocket(let connection, let handler, let trace):
            await TraceContext.$current.withValue(trace) {
                await serve(connection, with: handler, logger: logger)
            }
            webSockets.tally.leave()
        case .refused, nil: try? await value.channel.closeFuture.get()
        }
    }

    /// Runs the route's handler until it returns and the connection is gone; the end of the connection cancels it.
    private func serve(
        _ connection: WebSocketConnection, with handler: @escaping @Sendable (WebSocketConnection) async throws -> Void,
        logger: Logger
    ) async {
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await handler(connection)
                        connection.close(.normal)
                    } catch is WebSocketClosed {
                        connection.close(.normal)
                    } catch is CancellationError {
                        connection.close(.goingAway)
                    } catch {
                        logger.error("A WebSocket handler failed.", error: error)
                        connection.close(.serverError)
                    }
                }
                await connection.waitForEnd()
                group.cancelAll()
            }
        } onCancel: {
            connection.abort()
        }
    }
}
