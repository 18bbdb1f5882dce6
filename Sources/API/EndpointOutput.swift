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
    /// Bytes whose media type differs from answer to answer.
    case file
    /// `text/event-stream`, each event's data of this schema.
    case events(@Sendable (inout Components) -> JSONObject)
    /// The connection becomes a WebSocket.
    case upgrade

    package var mediaType: String? {
        switch self {
        case .none, .upgrade: nil
        case .json: "application/json"
        case .bytes(let mediaType): mediaType
        case .file: "*/*"
        case .events: "text/event-stream"
        }
    }

    /// Whether the answer goes on until somebody ends it, so that no timeout applies.
    package var isStream: Bool {
        switch self {
        case .events, .upgrade: true
        case .none, .json, .bytes, .file: false
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

/// Bytes that somebody sent in, of whatever media type they said: to be saved under a name, never to be shown as a page of
/// ours.
package struct Download: EndpointOutput {
    package let mediaType: String
    /// What the bytes are to be called; any text.
    package let fileName: String
    /// Changes whenever the bytes do: letters and digits.
    package let tag: String
    /// Gets the bytes, unless the client has them already.
    package let bytes: @Sendable () async throws -> [UInt8]

    package init(
        mediaType: String, fileName: String, tag: String, bytes: @escaping @Sendable () async throws -> [UInt8]
    ) {
        self.mediaType = mediaType
        self.fileName = fileName
        self.tag = tag
        self.bytes = bytes
    }

    package static var answerBody: AnswerBody { .file }

    /// The value of `Content-Disposition` (RFC 6266): the name twice, once for old clients in plain ASCII, without
    /// anything that could be a path.
    package var disposition: String {
        var plain = ""
        var encoded = ""
        for scalar in fileName.unicodeScalars {
            let isPath = scalar == "/" || scalar == "\\" || scalar.properties.generalCategory == .control
            let isLeadingDot = scalar == "." && encoded.isEmpty
            let safe: Unicode.Scalar = isPath || isLeadingDot ? "_" : scalar
            plain.unicodeScalars.append(safe.isASCII && safe != "\"" && safe != "%" && safe != ";" ? safe : "_")
            for byte in String(safe).utf8 {
                let isPlain =
                    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "!#$&+-.^_`|~".utf8.contains(byte)
                encoded += isPlain ? String(Unicode.Scalar(byte)) : "%" + Hex.text([byte]).uppercased()
            }
        }
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(encoded)"
    }
}

/// Server-sent events whose data are `Item`s.
package struct EventStream<Item: WireValue>: EndpointOutput {
    package static var answerBody: AnswerBody { .events(Item.schema) }
}

/// A WebSocket; its frames are described by a published schema, not by this catalogue.
package struct WebSocketUpgrade: EndpointOutput {
    package static var answerBody: AnswerBody { .upgrade }
}
