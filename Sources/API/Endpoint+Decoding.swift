// SPDX-License-Identifier: Apache-2.0

package import Common

/// A request as an endpoint's input reads it.
package struct RawRequest: Sendable {
    /// The decoded parts of the path.
    package var path: [(name: String, value: String)]
    /// What follows the question mark, still encoded.
    package var query: Substring?
    package var header: @Sendable (String) -> String?
    /// The whole body; empty when there is none.
    package var body: [UInt8]

    package init(
        path: [(name: String, value: String)] = [], query: Substring? = nil,
        header: @escaping @Sendable (String) -> String? = { _ in nil }, body: [UInt8] = []
    ) {
        self.path = path
        self.query = query
        self.header = header
        self.body = body
    }
}

extension Endpoint {
    /// Reads the input; the problem names every member that does not fit, or says that the media type is not read here.
    package func decode(_ request: RawRequest) throws(Problem) -> Input {
        var query: [(name: String, value: String)] = []
        if let text = request.query, !text.isEmpty {
            guard let items = URLText.query(text) else {
                throw Problem(.invalid, "The query string has a broken percent sequence or is not UTF-8.")
            }
            query = items
        }
        var members = JSONObject()
        var raw = (mediaType: "", bytes: [UInt8]())
        if let rawBody = route.input.rawBody {
            let mediaType = Self.mediaType(request)
            guard rawBody.content.contains(where: { $0.mediaType == mediaType }) else {
                throw Problem.unsupportedMedia(mediaType, accepted: rawBody.content.map(\.mediaType))
            }
            raw = (mediaType, request.body)
        } else if !route.input.members.isEmpty {
            members = try Self.members(request, isRequired: route.input.requiresBody)
        }
        var reader = InputReader(
            path: request.path, query: query, header: request.header, members: members, raw: raw)
        let input = Input(&reader)
        reader.refuseUnknown()
        try reader.refusals.check()
        return input
    }

    private static func members(_ request: RawRequest, isRequired: Bool) throws(Problem) -> JSONObject {
        if request.body.isEmpty {
            guard isRequired else { return [:] }
            throw Problem(.invalid, "A JSON object is required as the body.", fields: [.init("", "is required")])
        }
        let mediaType = mediaType(request)
        guard mediaType == "application/json" else {
            throw Problem.unsupportedMedia(mediaType, accepted: ["application/json"])
        }
        let value: JSONValue
        do {
            value = try JSONValue.parse(request.body)
        } catch {
            throw Problem(.invalid, "The body is not valid JSON: \(error).", code: "malformed_json")
        }
        guard let object = value.object else {
            throw Problem(
                .invalid, "The body must be an object, not \(value.kindWords).",
                fields: [.init("", "must be an object, not \(value.kindWords)")])
        }
        return object
    }

    /// The `Content-Type` without its parameters, in lowercase; empty when there is none.
    private static func mediaType(_ request: RawRequest) -> String {
        guard let header = request.header("content-type") else { return "" }
        if header == "application/json" { return header }
        let type = header.prefix { $0 != ";" }
        return type.filter { !$0.isWhitespace }.lowercased()
    }
}

extension Problem {
    /// A body of a media type that is not read here.
    package static func unsupportedMedia(_ mediaType: String, accepted: [String]) -> Problem {
        let list = accepted.joined(separator: " or ")
        return Problem(
            .unsupportedMedia,
            mediaType.isEmpty ? "Send a Content-Type: \(list)." : "The Content-Type must be \(list).")
    }
}
