// SPDX-License-Identifier: Apache-2.0

package import Common
import Foundation
package import HTTPTypes

/// A path at which clients may ask for a WebSocket.
///
/// `decide` runs before the handshake is answered and is the place for authentication, throttling and Origin: an upgrade
/// passes by the router's middleware. It must return soon; past the limit for it the client gets 503.
package struct WebSocketRoute: Sendable {
    /// The exact path, such as `/ws`.
    package let path: String
    let decide: @Sendable (WebSocketRequest) async -> WebSocketDecision

    package init(path: String, decide: @escaping @Sendable (WebSocketRequest) async -> WebSocketDecision) {
        self.path = path
        self.decide = decide
    }
}

/// What a client sent to ask for a WebSocket. Printing it shows neither query nor headers, as they may hold credentials.
package struct WebSocketRequest: Sendable, CustomStringConvertible, CustomReflectable {
    package let path: String
    /// The query's items in order, percent-decoded; a plus sign is a plus sign.
    package let query: [(name: String, value: String)]
    package let headers: HTTPFields
    /// The other end of the connection without its port, which may be a proxy; nil when unknown.
    package let remoteAddress: String?

    package init(
        path: String, query: [(name: String, value: String)] = [], headers: HTTPFields = [:],
        remoteAddress: String? = nil
    ) {
        self.path = path
        self.query = query
        self.headers = headers
        self.remoteAddress = remoteAddress
    }

    /// The first query item of that name.
    package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    package var description: String { "WebSocketRequest(\(path))" }
    package var customMirror: Mirror { Mirror(self, children: [("path", path)]) }
}

/// The answer to a handshake.
package enum WebSocketDecision: Sendable {
    /// The connection is opened and handed to the function; when that returns, the connection is closed with 1000, when it
    /// throws, with 1011. Its task is cancelled once the connection is gone.
    case accept(@Sendable (WebSocketConnection) async throws -> Void)
    /// The client gets the problem as an ordinary HTTP answer.
    case reject(Problem)
}

extension WebSocketRequest {
    /// Splits a request target at its question mark.
    package static func split(target: String) -> (path: String, query: [(name: String, value: String)]) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return (target, []) }
        let items = parts[1].split(separator: "&").map { item -> (name: String, value: String) in
            let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = sides.map { $0.removingPercentEncoding ?? String($0) }
            return (decoded[0], decoded.count == 2 ? decoded[1] : "")
        }
        return (String(parts[0]), items)
    }
}
