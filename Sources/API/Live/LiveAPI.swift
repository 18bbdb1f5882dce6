// SPDX-License-Identifier: Apache-2.0

package import Common
import HTTPTypes

/// Live updates over a WebSocket. The frames are described by `packages/contracts/live-frames.schema.json`.
package enum LiveAPI {
    package static let socket = Endpoint<LiveSocketInput, WebSocketUpgrade>(
        "openLive", .get, "/ws", .people(.openStreams), "Streams task updates and log frames.",
        description: """
            Credentials come as a Basic header, as `?auth=` with base64 of user:password, or as a `?ticket=` from \
            `POST /ws/ticket`. The Origin must be allowed.
            """,
        tag: "live", success: [101])

    package static let ticket = Endpoint<NoInput, TicketView>(
        "makeTicket", .post, "/ws/ticket", .people(.openStreams),
        "Makes a ticket that opens one WebSocket within 30 seconds.", tag: "live", success: [201])

    package static let catalogue: [AnyEndpoint] = [socket.route, ticket.route]
}

/// What may come with the upgrade to a WebSocket.
package struct LiveSocketInput: WireInput {
    package let auth: String?
    package let ticket: String?

    package init(_ reader: inout InputReader) {
        auth = reader.query("auth", "base64 of user:password; a ticket is better.", .string(.text, max: 1024))
        ticket = reader.query("ticket", "A ticket that nobody has used yet.", .string(.token, max: 128))
    }
}

/// A ticket for one WebSocket.
package struct TicketView: WireObject {
    package static let wireName = "Ticket"

    package let ticket: Secret<String>
    package let expiresAt: Timestamp

    package init(ticket: Secret<String>, expiresAt: Timestamp) {
        self.ticket = ticket
        self.expiresAt = expiresAt
    }

    package static let fields: [Field<TicketView>] = [
        Field("ticket", "Send it as `/ws?ticket=`; it works once.") { $0.ticket.reveal() },
        Field("expires_at", "When it stops working.") { $0.expiresAt },
    ]
}
