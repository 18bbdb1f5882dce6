// SPDX-License-Identifier: Apache-2.0

package import ServiceKit

/// The bounds within which live subscribers are served.
package struct LiveLimits: Sendable {
    /// Subscriptions of one connection at a time.
    package var subscriptions = 16
    /// Refused messages of one connection; the next one closes it.
    package var errors = 20
    /// Items of one frame, and the bytes above which no further one is put in.
    package var frameItems = 256
    package var frameBytes = 65_536
    /// The least time between two frames of a channel unless the first one was full.
    package var pace = Duration.milliseconds(25)
    /// How often a subscriber is told a cursor that has moved without a frame.
    package var heartbeat = Duration.seconds(10)
    /// Reads of storage for subscribers that are behind, at a time, in the whole daemon; and what one reads.
    package var catchUps = 4
    package var catchUpPage = 256
    /// The pause after storage could not be read.
    package var retry = Duration.seconds(1)
    /// How long a workspace that a subscriber names may take to look up.
    package var lookUp = Duration.seconds(5)
    /// Unused tickets at a time, and how long one works.
    package var tickets = 1024
    package var ticketLife = Duration.seconds(30)
    /// Those of the WebSocket server.
    package var sockets = WebSocketLimits()

    package init() {}
}
