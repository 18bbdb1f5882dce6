// SPDX-License-Identifier: Apache-2.0

/// The bounds within which connections live.
package struct WebSocketLimits: Sendable {
    /// The most connections at a time, those being decided on included; the next client gets 503.
    package var connections = 8192
    /// The largest message taken, in bytes; 1009 beyond.
    package var messageBytes = 256 * 1024
    /// Received messages that may wait for the handler before reading from the client pauses.
    package var waitingMessages = 16
    /// How often a ping is sent, and how long the client may then stay silent.
    package var pingInterval = Duration.seconds(20)
    package var pongTimeout = Duration.seconds(10)
    /// How long a client may take none of what is sent before it counts as dead.
    package var writeTimeout = Duration.seconds(10)
    /// How long a client may take to answer a close.
    package var closeTimeout = Duration.seconds(5)
    /// How long a route may take to decide.
    package var decisionTimeout = Duration.seconds(10)

    package init() {}
}
