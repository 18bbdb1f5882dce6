// SPDX-License-Identifier: Apache-2.0

package import Common

/// The parts of a connection string of Render: `postgresql://user:password@host:5432/database` or `redis://host:6379`.
package struct ConnectionURL: Sendable {
    package let user: String?
    package let password: String?
    package let host: String
    package let port: String?
    /// Without the slash: a database's name, or a number.
    package let path: String?

    /// Nil when the text is not such a URL.
    package init?(_ url: Secret<String>) {
        let text = url.reveal()
        guard let scheme = text.firstRange(of: "://") else { return nil }
        var rest = text[scheme.upperBound...]
        if let end = rest.firstIndex(where: { $0 == "?" || $0 == "#" }) { rest = rest[..<end] }
        if let slash = rest.firstIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            self.path = path.isEmpty ? nil : Self.decoded(path)
            rest = rest[..<slash]
        } else {
            path = nil
        }
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = parts.first.map(Self.decoded).flatMap { $0.isEmpty ? nil : $0 }
            password = parts.count > 1 ? Self.decoded(parts[1]) : nil
            rest = rest[rest.index(after: at)...]
        } else {
            user = nil
            password = nil
        }
        // An IPv6 address has colons of its own, inside brackets.
        let afterAddress = rest.lastIndex(of: "]").map { rest.index(after: $0) } ?? rest.startIndex
        if let colon = rest[afterAddress...].firstIndex(of: ":") {
            host = String(rest[..<colon])
            port = String(rest[rest.index(after: colon)...])
        } else {
            host = String(rest)
            port = nil
        }
        guard !host.isEmpty else { return nil }
    }

    /// Percent-encoding undone; text whose escapes are broken stays as it is.
    private static func decoded(_ text: Substring) -> String {
        guard text.contains("%") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let escaped = Hex.bytes(String(decoding: rest.prefix(2), as: UTF8.self)),
                escaped.count == 1
            {
                bytes.append(escaped[0])
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? String(text)
    }
}
