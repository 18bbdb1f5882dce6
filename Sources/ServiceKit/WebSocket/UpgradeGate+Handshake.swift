// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOWebSocket

extension UpgradeGate {
    static func asksForWebSocket(_ head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    static func announcesBody(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "transfer-encoding") || (head.headers.first(name: "content-length") ?? "0") != "0"
    }

    static let bodyProblem = Problem(.invalid, "A request to upgrade has no body.")

    /// The headers of the 101 answer, or what is wrong with the handshake.
    static func handshakeHeaders(
        for head: HTTPRequestHead, on channel: any Channel
    ) -> EventLoopFuture<Result<HTTPHeaders, Problem>> {
        let keys = head.headers["Sec-WebSocket-Key"]
        let problem: Problem? =
            if head.method != .GET || head.version != .http1_1 {
                Problem(.invalid, "A WebSocket begins with a GET of HTTP/1.1.")
            } else if keys.count != 1 || keys[0].utf8.count != 24 {
                .invalid("Sec-WebSocket-Key", "must be 16 bytes in base64")
            } else if head.headers["Sec-WebSocket-Version"] != ["13"] {
                .invalid("Sec-WebSocket-Version", "must be 13")
            } else {
                nil
            }
        if let problem { return channel.eventLoop.makeSucceededFuture(.failure(problem)) }
        // This upgrader serves to compute the accept key; the pipeline is changed by ourselves.
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        return upgrader.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: [:])
            .map { .success($0) }
    }

    /// The head without its wish to upgrade; the connection ends after the answer.
    static func mended(_ head: HTTPRequestHead) -> HTTPRequestHead {
        guard head.headers.contains(name: "upgrade") else { return head }
        var head = head
        head.headers.remove(name: "upgrade")
        head.headers.replaceOrAdd(name: "connection", value: "close")
        return head
    }

    static func fields(_ headers: HTTPHeaders) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in headers {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        return fields
    }
}
