// SPDX-License-Identifier: Apache-2.0

package import Common
import Foundation

/// Which web pages may talk to this daemon, and under which names it may be called.
///
/// A browser sends `Origin` with whatever a page asks for; a page of another origin is refused unless it is configured.
/// On a loopback address the `Host` is looked at too: a foreign name that resolves to 127.0.0.1 would else make a
/// foreign page look like our own.
package struct OriginPolicy: Sendable {
    private let allowed: Set<String>
    private let hosts: Set<String>?

    /// - Parameters:
    ///   - allowedOrigins: Origins such as `https://ops.example.org`.
    ///   - boundHost: The configured listening host.
    package init(allowedOrigins: [String], boundHost: String) {
        allowed = Set(allowedOrigins.map { Self.normalised($0) })
        let loopback: Set = ["localhost", "127.0.0.1", "[::1]"]
        let bound = boundHost.contains(":") ? "[\(boundHost.lowercased())]" : boundHost.lowercased()
        if loopback.contains(bound) {
            hosts = loopback.union([bound]).union(allowed.compactMap { Self.host(ofOrigin: $0) })
        } else {
            hosts = nil
        }
    }

    /// Throws `forbidden` when `host` (a `Host` header) is none of ours; only on a loopback address, where it matters.
    package func check(host: String?) throws(Problem) {
        guard let hosts, let host, !hosts.contains(Self.withoutPort(host)) else { return }
        throw Problem(.forbidden, "This daemon is not called by that Host.", code: "host_not_allowed")
    }

    /// Whether a page of `origin` may see answers that were asked for under `host`.
    package func allows(origin: String, host: String?) -> Bool {
        let origin = Self.normalised(origin)
        if allowed.contains(origin) { return true }
        guard let host, let separator = origin.range(of: "://") else { return false }
        let scheme = origin[..<separator.lowerBound]
        guard scheme == "http" || scheme == "https" else { return false }
        return origin == Self.normalised("\(scheme)://\(host)")
    }

    /// Throws `forbidden` for a foreign origin, and for none at all unless the caller shows credentials in a header.
    package func check(origin: String?, host: String?, hasCredentialHeader: Bool) throws(Problem) {
        guard let origin else {
            if hasCredentialHeader { return }
            throw Problem(
                .forbidden, "Send an Origin or an Authorization header.", code: "origin_required")
        }
        guard allows(origin: origin, host: host) else {
            throw Problem(.forbidden, "Pages of this origin may not call this daemon.", code: "origin_not_allowed")
        }
    }

    /// Lowercase, without a slash at the end and without the scheme's own port.
    private static func normalised(_ origin: String) -> String {
        var text = origin.lowercased()
        if text.hasSuffix("/") { text.removeLast() }
        if text.hasPrefix("http://"), text.hasSuffix(":80") { text.removeLast(3) }
        if text.hasPrefix("https://"), text.hasSuffix(":443") { text.removeLast(4) }
        return text
    }

    private static func host(ofOrigin origin: String) -> String? {
        origin.range(of: "://").map { withoutPort(String(origin[$0.upperBound...])) }
    }

    private static func withoutPort(_ host: String) -> String {
        let host = host.lowercased()
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        return String(host.prefix { $0 != ":" })
    }
}
