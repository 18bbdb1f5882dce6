// SPDX-License-Identifier: Apache-2.0

package import Common

/// A request to a hook, as it came in.
package struct HookDelivery: Sendable {
    package let headers: HookHeaders
    package let body: [UInt8]

    package init(headers: HookHeaders, body: [UInt8]) {
        self.headers = headers
        self.body = body
    }
}

/// The headers of a delivery, found by name without regard to case.
package struct HookHeaders: Sendable {
    private var values: [String: String] = [:]

    /// A header given several times is one with its values joined by commas (RFC 9110 §5.3), so that a second signature
    /// header can never be the one that counts.
    package init(_ fields: some Sequence<(name: String, value: String)>) {
        for (name, value) in fields {
            let name = name.lowercased()
            values[name] = values[name].map { "\($0), \(value)" } ?? value
        }
    }

    package subscript(name: String) -> String? { values[name.lowercased()] }

    /// The lowercased form of a header's name; nil when no header may be called so.
    package static func name(_ text: some StringProtocol) -> String? {
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        guard (1...64).contains(text.utf8.count),
            text.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || marks.contains($0)
            })
        else { return nil }
        return text.lowercased()
    }

    /// Headers that prove who somebody is. No hook may read them as data: they would end up in inputs and events.
    package static let credentials: Set = [
        "authorization", "cookie", "proxy-authorization", "set-cookie", "x-internal-key", "x-lease-token",
    ]
}

/// One place of a JSON document, by RFC 6901.
package struct HookPointer: Sendable, Hashable, CustomStringConvertible {
    /// As it was written; empty for the whole document.
    package let description: String
    private let tokens: [String]

    /// Nil when the text is no JSON Pointer.
    package init?(_ text: String) {
        guard let tokens = JSONPointer.tokens(text) else { return nil }
        description = text
        self.tokens = tokens
    }

    /// What is there, if anything is.
    package func value(in document: JSONValue) -> JSONValue? {
        tokens.reduce(document as JSONValue?) { $0?.child($1) }
    }
}

/// Where a hook finds a short text in a delivery: its id, or the correlation id of the task it makes.
package enum HookSource: Sendable, Hashable {
    /// By its lowercased name.
    case header(String)
    case pointer(HookPointer)

    /// No text found this way is longer, in bytes; it becomes part of keys.
    package static let maximumLength = 200

    /// The text, which may be a number in the body; nil when there is none, or one that is no use as a key.
    package func text(headers: HookHeaders, body: JSONValue) -> String? {
        let text: String? =
            switch self {
            case .header(let name): headers[name]
            case .pointer(let pointer):
                switch pointer.value(in: body) {
                case .string(let text): text
                case .number(let number): number.text
                default: nil
                }
            }
        guard let text, (1...Self.maximumLength).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
        return text
    }
}
