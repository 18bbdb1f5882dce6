// SPDX-License-Identifier: Apache-2.0

package import Common

/// What an endpoint answers with when it succeeds.
package protocol EndpointOutput: Sendable {
    static var answerBody: AnswerBody { get }
}

/// The body of a successful answer, as documents describe it.
package enum AnswerBody: Sendable {
    /// Nothing at all.
    case none
    /// `application/json` of this schema.
    case json(@Sendable (inout Components) -> JSONObject)
    /// Bytes of a media type, such as `text/plain`.
    case bytes(mediaType: String)
    /// `text/event-stream`, each event's data of this schema.
    case events(@Sendable (inout Components) -> JSONObject)
    /// The connection becomes a WebSocket.
    case upgrade

    package var mediaType: String? {
        switch self {
        case .none, .upgrade: nil
        case .json: "application/json"
        case .bytes(let mediaType): mediaType
        case .events: "text/event-stream"
        }
    }

    /// Whether the answer goes on until somebody ends it, so that no timeout applies.
    package var isStream: Bool {
        switch self {
        case .events, .upgrade: true
        case .none, .json, .bytes: false
        }
    }
}

/// An answer without a body.
package struct NoContent: EndpointOutput {
    package init() {}
    package static var answerBody: AnswerBody { .none }
}

/// Text in the format that Prometheus scrapes.
package struct MetricsText: EndpointOutput {
    package let text: String
    package init(_ text: String) { self.text = text }
    package static var answerBody: AnswerBody { .bytes(mediaType: "text/plain") }
}

/// Server-sent events whose data are `Item`s.
package struct EventStream<Item: WireValue>: EndpointOutput {
    package static var answerBody: AnswerBody { .events(Item.schema) }
}

/// A WebSocket; its frames are described by a published schema, not by this catalogue.
package struct WebSocketUpgrade: EndpointOutput {
    package static var answerBody: AnswerBody { .upgrade }
}
