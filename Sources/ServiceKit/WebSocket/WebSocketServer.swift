// SPDX-License-Identifier: Apache-2.0

package import Common
package import HTTPTypes
package import HummingbirdCore
package import NIOCore
import NIOWebSocket

/// A daemon's WebSocket routes, beside the HTTP routes of the same port.
///
/// Hummingbird is given `http1(idleTimeout:)` as its server. A request to upgrade at a declared path is decided on by that
/// route; every other request goes to the router, also a plain GET of such a path, for which the router should have an answer
/// (426). Only the first request of a connection can be upgraded, as with every browser.
package final class WebSocketServer: Sendable {
    /// An answer to a handshake, for request logs and metrics: 101 or the status of the error.
    package struct Handshake: Sendable {
        package let path: String
        package let status: Int
        package let remoteAddress: String?
        package let duration: Duration
        package let trace: TraceContext
    }

    /// An HTTP answer that is complete.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: HTTPFields
        package let body: [UInt8]

        package init(status: Int, headers: HTTPFields, body: [UInt8]) {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    let routes: [String: WebSocketRoute]
    let limits: WebSocketLimits
    let tally = WebSocketTally()
    let render: @Sendable (Problem) -> Answer
    let observe: @Sendable (Handshake) -> Void

    /// `render` turns a problem into the answer that HTTP clients of this daemon get for it; `observe` hears of every handshake.
    package init(
        routes: [WebSocketRoute], limits: WebSocketLimits = WebSocketLimits(),
        render: @escaping @Sendable (Problem) -> Answer, observe: @escaping @Sendable (Handshake) -> Void = { _ in }
    ) {
        self.routes = Dictionary(routes.map { ($0.path, $0) }) { first, _ in first }
        self.limits = limits
        self.render = render
        self.observe = observe
    }

    /// Readable from any thread.
    package var counters: WebSocketCounters { tally.counters }

    /// The HTTP/1 server that also upgrades. An idle connection, also one that never sends a request, is closed after
    /// `idleTimeout`.
    package func http1(idleTimeout: Duration? = .seconds(60)) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            UpgradableHTTPChannel(responder: responder, webSockets: self, idleTimeout: idleTimeout)
        }
    }

    /// Makes a channel of which the handshake is over a WebSocket: frames on the wire, messages in the connection. To be
    /// called on the channel's event loop; what was on the channel as HTTP must be gone.
    package func begin(_ request: WebSocketRequest, on channel: any Channel) throws -> WebSocketConnection {
        try connect(request, on: channel).connection
    }

    func connect(
        _ request: WebSocketRequest, on channel: any Channel
    ) throws -> (connection: WebSocketConnection, handler: WebSocketHandler) {
        let handler = WebSocketHandler(limits: limits, tally: tally)
        let connection = WebSocketConnection(request: request, channel: channel, handler: handler)
        handler.onEnd = { connection.end(with: $0) }
        let frames = ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.messageBytes))
        try channel.pipeline.syncOperations.addHandlers([WebSocketFrameEncoder(), frames, handler])
        return (connection, handler)
    }
}
