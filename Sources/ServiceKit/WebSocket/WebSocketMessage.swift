// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One whole message from a client, put together from its fragments.
package enum WebSocketMessage: Sendable, Equatable {
    /// Valid UTF-8.
    case text(String)
    case binary([UInt8])
}

/// A text message in the form it is sent in; sending one to many connections encodes and copies it once.
package struct WebSocketText: Sendable, ExpressibleByStringLiteral {
    let buffer: ByteBuffer

    package init(_ text: String) { buffer = ByteBuffer(string: text) }

    /// Takes over bytes that are known to be UTF-8, such as those of a JSON writer.
    package init(utf8 bytes: [UInt8]) { buffer = ByteBuffer(bytes: bytes) }

    package init(stringLiteral text: String) { self.init(text) }
}

/// Why a connection is closed, as RFC 6455 §7.4 numbers it; 4000 to 4999 are our own to give a meaning to.
package struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let normal = WebSocketCloseCode(rawValue: 1000)
    /// This server is stopping.
    package static let goingAway = WebSocketCloseCode(rawValue: 1001)
    package static let protocolError = WebSocketCloseCode(rawValue: 1002)
    package static let unacceptableData = WebSocketCloseCode(rawValue: 1003)
    /// Text that is not UTF-8.
    package static let invalidData = WebSocketCloseCode(rawValue: 1007)
    package static let policyViolation = WebSocketCloseCode(rawValue: 1008)
    package static let messageTooBig = WebSocketCloseCode(rawValue: 1009)
    package static let serverError = WebSocketCloseCode(rawValue: 1011)

    /// Whether the code may be on the wire; 1004 to 1006 and 1015 stand for what was never sent.
    var isSendable: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// How a connection came to its end.
package struct WebSocketClosure: Sendable, Equatable {
    package enum Side: String, Sendable { case client, server }

    /// Who closed it, or whose connection was lost first as far as can be told.
    package let side: Side
    /// The code that was sent; nil when the connection was lost or the client gave none.
    package let code: WebSocketCloseCode?
    /// For logs: the reason that was sent, or what was lost.
    package let reason: String

    package init(side: Side, code: WebSocketCloseCode?, reason: String) {
        self.side = side
        self.code = code
        self.reason = reason
    }
}

/// Thrown by sending on a connection that is closing or closed.
package struct WebSocketClosed: Error, Sendable {}
