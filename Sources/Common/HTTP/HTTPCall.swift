// SPDX-License-Identifier: Apache-2.0

import Foundation
package import HTTPTypes

/// One request to another program, as plain data.
package struct HTTPCall: Sendable {
    package var method: HTTPRequest.Method
    /// The path below the client's base URL, beginning with a slash; characters that a path cannot hold are encoded.
    package var path: String
    /// The query's items in order; both sides are encoded when sent and never appear in an error or a log line.
    package var query: [(name: String, value: String)]
    /// Headers beside those the client sets itself (credentials, trace, content length).
    package var headers: HTTPFields
    package var body: [UInt8]?
    /// Whether sending it twice does no more than once; nil leaves it to the method, by which a POST or PATCH is not.
    package var isIdempotent: Bool?
    /// The time for the whole call, tries and pauses included; nil takes the client's.
    package var deadline: Duration?
    /// Whose trace it belongs to; nil takes `TraceContext.current`.
    package var trace: TraceContext?

    package init(
        _ method: HTTPRequest.Method, _ path: String, query: [(name: String, value: String)] = [],
        headers: HTTPFields = [:], body: [UInt8]? = nil, isIdempotent: Bool? = nil, deadline: Duration? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.isIdempotent = isIdempotent
        self.deadline = deadline
    }

    /// A call whose body is `json`, with the content type that says so.
    package init(
        _ method: HTTPRequest.Method, _ path: String, json: JSONValue, headers: HTTPFields = [:],
        isIdempotent: Bool? = nil, deadline: Duration? = nil
    ) {
        self.init(
            method, path, headers: headers, body: json.bytes, isIdempotent: isIdempotent, deadline: deadline)
        self.headers[.contentType] = "application/json"
    }

    /// A plain GET, for callers that do without the vocabulary of HTTP.
    package static func get(_ path: String) -> HTTPCall { HTTPCall(.get, path) }

    /// Whether another try can do no harm.
    var mayRepeat: Bool {
        isIdempotent ?? [.get, .head, .put, .delete, .options].contains(method)
    }

    /// The path and query as they go on the request line.
    var target: String {
        var target = path.addingPercentEncoding(withAllowedCharacters: Self.pathCharacters) ?? "/"
        for (index, item) in query.enumerated() {
            target += index == 0 ? "?" : "&"
            target += Self.encodeComponent(item.name) + "=" + Self.encodeComponent(item.value)
        }
        return target
    }

    /// `text` as one segment of a path or one part of a query, with everything but unreserved characters encoded.
    package static func encodeComponent(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    // "%" stays, so that segments which were encoded one by one are not encoded again.
    private static let pathCharacters = unreserved.union(CharacterSet(charactersIn: "/%!$&'()*+,;=:@"))
}

/// A complete answer; with a 2xx status unless `ServiceClient.exchange` was asked.
package struct HTTPAnswer: Sendable {
    package let status: Int
    package let headers: HTTPFields
    package let body: [UInt8]

    package init(status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// What the far side calls the body, parameters included.
    package var contentType: String? { headers[.contentType] }

    /// The body as JSON; `HTTPCallError.malformed` when it is none.
    package func json() throws(HTTPCallError) -> JSONValue {
        do {
            return try JSONValue.parse(body)
        } catch {
            throw .malformed("the answer's body is not JSON: \(error)")
        }
    }
}
