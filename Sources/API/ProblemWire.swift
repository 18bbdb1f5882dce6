// SPDX-License-Identifier: Apache-2.0

package import Common

extension Problem.Kind {
    /// The HTTP status of this kind, everywhere.
    package var status: Int {
        switch self {
        case .invalid: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict: 409
        case .stale: 412
        case .tooLarge: 413
        case .unsupportedMedia: 415
        case .unprocessable: 422
        case .preconditionRequired: 428
        case .rateLimited: 429
        case .internal: 500
        case .unavailable: 503
        case .timeout: 504
        }
    }

    /// The short summary that is the same for every problem of this kind.
    package var title: String {
        switch self {
        case .invalid: "Invalid request"
        case .unauthenticated: "Credentials required"
        case .forbidden: "Not allowed"
        case .notFound: "Not found"
        case .methodNotAllowed: "Method not allowed"
        case .conflict: "Conflict"
        case .stale: "Changed meanwhile"
        case .tooLarge: "Too large"
        case .unsupportedMedia: "Unsupported media type"
        case .unprocessable: "Cannot be carried out"
        case .preconditionRequired: "Precondition required"
        case .rateLimited: "Too many requests"
        case .internal: "Internal error"
        case .unavailable: "Unavailable"
        case .timeout: "Timed out"
        }
    }
}

extension Problem {
    package static let mediaType = "application/problem+json"

    /// The body of RFC 9457: never the cause.
    package func json(requestID: String?, traceID: String?) -> [UInt8] {
        var writer = JSONWriter(reserving: 384)
        writer.beginObject()
        writer.name("type")
        writer.write("about:blank")
        writer.name("title")
        writer.write(kind.title)
        writer.name("status")
        writer.write(kind.status)
        writer.name("code")
        writer.write(code)
        writer.name("detail")
        writer.write(message)
        if !fields.isEmpty {
            writer.name("errors")
            writer.beginArray()
            for field in fields {
                writer.beginObject()
                writer.name("field")
                writer.write(field.field)
                writer.name("message")
                writer.write(field.message)
                writer.endObject()
            }
            writer.endArray()
        }
        for (name, value) in [("request_id", requestID), ("trace_id", traceID)] {
            guard let value else { continue }
            writer.name(name)
            writer.write(value)
        }
        for member in details.members where !Self.reserved.contains(member.name) {
            writer.name(member.name)
            writer.write(member.value)
        }
        writer.endObject()
        return writer.bytes
    }

    /// The schema that every problem fits.
    package static func schema(in components: inout Components) -> JSONObject {
        components.reference("Problem") { _ in
            let text: JSONValue = ["type": "string"]
            return [
                "type": "object",
                "description": "What went wrong (RFC 9457). Further members depend on the code.",
                "properties": [
                    "type": text, "title": text, "status": ["type": "integer"],
                    "code": ["type": "string", "description": "A stable word that programs may switch on."],
                    "detail": ["type": "string", "description": "One sentence for the person who sent the request."],
                    "errors": [
                        "type": "array", "description": "The members that were refused.",
                        "items": [
                            "type": "object",
                            "properties": [
                                "field": [
                                    "type": "string",
                                    "description":
                                        "A JSON Pointer into the body, or the name of a parameter or header.",
                                ],
                                "message": text,
                            ],
                            "required": ["field", "message"], "additionalProperties": false,
                        ],
                    ],
                    "request_id": text, "trace_id": text,
                ],
                "required": ["type", "title", "status", "code", "detail"],
            ]
        }
    }

    private static let reserved: Set = [
        "type", "title", "status", "code", "detail", "errors", "request_id", "trace_id",
    ]
}
