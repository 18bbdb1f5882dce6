// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import NIOHTTP1

/// One request, read and taken apart.
struct FakeCall: Sendable {
    let method: HTTPMethod
    /// Without the query, and as it was sent.
    let path: String
    let segments: [String]
    let query: [(name: String, value: String)]
    let headers: HTTPHeaders
    let body: [UInt8]
    /// Nil when there is none or it is no JSON.
    let json: JSONValue?
    var parameters: [String: String] = [:]

    init(_ head: HTTPRequestHead, body: [UInt8]) {
        method = head.method
        headers = head.headers
        self.body = body
        json = body.isEmpty ? nil : try? JSONValue.parse(body)
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts.first ?? "")
        segments = path.split(separator: "/").map { Self.decoded(String($0)) }
        query = parts.count < 2 ? [] : Self.pairs(String(parts[1]))
    }

    private static func decoded(_ text: String) -> String { text.removingPercentEncoding ?? text }

    private static func pairs(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { decoded(String($0).replacing("+", with: "%20")) }
            return (halves[0], halves.count > 1 ? halves[1] : "")
        }
    }

    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    func first(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The values of a filter that is joined with commas.
    func joined(_ name: String) -> [String] {
        query.filter { $0.name == name }.flatMap { $0.value.split(separator: ",").map(String.init) }
    }

    /// The values of a filter that is given once for each.
    func repeated(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }

    func time(_ name: String) throws(Refusal) -> Timestamp? {
        guard let text = first(name) else { return nil }
        guard let time = Timestamp(text) else { throw .invalid("\(name) must be an RFC 3339 time") }
        return time
    }

    /// The body as an object, which it must be.
    func object() throws(Refusal) -> JSONObject {
        guard let object = json?.object else { throw .invalid("the body must be a JSON object") }
        return object
    }

    func array() throws(Refusal) -> [JSONValue] {
        guard let array = json?.array else { throw .invalid("the body must be a JSON array") }
        return array
    }
}

extension JSONObject {
    /// A member that must be a text with something in it.
    func text(_ name: String) throws(Refusal) -> String {
        guard let value = self[name]?.string, !value.isEmpty else { throw .invalid("\(name) is required") }
        return value
    }
}
