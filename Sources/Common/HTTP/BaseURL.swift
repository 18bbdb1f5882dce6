// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where a program listens: scheme, host, port and perhaps a path. It holds no credentials and no query, so it may be logged.
package struct BaseURL: Sendable, Hashable, CustomStringConvertible {
    /// `http://127.0.0.1:8081`, without a slash at the end.
    package let origin: String
    /// What comes before every call's path; empty or `/…` without a slash at the end.
    package let path: String

    /// Reads an absolute http or https URL; the error says what is wrong without repeating the text.
    package init(_ text: String) throws(HTTPCallError) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.encodedHost, !host.isEmpty
        else { throw .malformed("not an absolute http or https URL") }
        guard parts.user == nil, parts.password == nil else { throw .malformed("the URL holds credentials") }
        guard parts.query == nil, parts.fragment == nil else { throw .malformed("the URL holds a query or fragment") }
        origin = scheme + "://" + host + (parts.port.map { ":\($0)" } ?? "")
        path = String(parts.percentEncodedPath.trimmingSuffix { $0 == "/" })
    }

    package var description: String { origin + path }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return rest
    }
}
