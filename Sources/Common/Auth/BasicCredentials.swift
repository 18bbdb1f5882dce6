// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The name and password that people sign in with.
package struct BasicCredentials: Sendable {
    /// The name, which is no secret.
    package let user: String
    private let pair: SecretDigest

    package init(user: String, password: Secret<String>) {
        self.user = user
        pair = SecretDigest(of: user + ":" + password.reveal())
    }

    /// Whether an `Authorization` header (`Basic …`) carries them; takes the same time for every wrong pair.
    package func matches(authorization header: String) -> Bool {
        guard let encoded = AuthorizationHeader(header).basic else { return false }
        return matches(base64: encoded)
    }

    /// Whether `base64(user:password)` carries them.
    package func matches(base64 encoded: String) -> Bool {
        guard let pair = Data(base64Encoded: encoded) else { return false }
        return self.pair.matches(pair)
    }

    /// The header's value that a client sends.
    package static func header(user: String, password: Secret<String>) -> String {
        "Basic " + Data((user + ":" + password.reveal()).utf8).base64EncodedString()
    }
}

/// An `Authorization` header taken apart: schemes are compared without case.
package struct AuthorizationHeader: Sendable {
    /// The credentials of `Basic`.
    package let basic: String?
    /// The token of `Bearer`.
    package let bearer: String?

    package init(_ header: String) {
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        let scheme = parts.first?.lowercased()
        let rest = parts.count == 2 ? parts[1].trimmingPrefix { $0 == " " } : ""
        basic = scheme == "basic" ? String(rest) : nil
        bearer = scheme == "bearer" ? String(rest) : nil
    }
}
