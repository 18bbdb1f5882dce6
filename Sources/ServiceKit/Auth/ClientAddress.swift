// SPDX-License-Identifier: Apache-2.0

/// Finds who is really calling when a proxy stands between.
package struct ClientAddress: Sendable {
    private let trustedProxies: Set<String>

    /// - Parameter trustedProxies: The addresses whose `X-Forwarded-For` is believed.
    package init(trustedProxies: [String]) { self.trustedProxies = Set(trustedProxies.map(Self.plain)) }

    /// The peer itself, or, when it is a trusted proxy, the last address of the header that is not one.
    package func of(peer: String?, forwardedFor header: @autoclosure () -> String?) -> String {
        let peer = Self.plain(peer ?? "unknown")
        guard trustedProxies.contains(peer), let header = header() else { return peer }
        let hops = header.split(separator: ",").map { Self.plain($0.filter { $0 != " " }) }
        return hops.last { !trustedProxies.contains($0) } ?? hops.first ?? peer
    }

    /// An IPv4 address that came in IPv6 clothes, brackets or with a port, as itself.
    private static func plain(_ address: String) -> String {
        var text = address.lowercased()
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            text = String(text[text.index(after: text.startIndex)..<end])
        } else if text.filter({ $0 == ":" }).count == 1, let colon = text.firstIndex(of: ":") {
            text = String(text[..<colon])
        }
        return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
    }
}
