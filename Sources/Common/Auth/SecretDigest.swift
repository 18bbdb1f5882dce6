// SPDX-License-Identifier: Apache-2.0

import Crypto

/// Something secret that callers present, kept as its hash, so that comparing takes the same time whatever they send.
///
/// Both sides are hashed before they are compared: neither the length nor the position of the first wrong byte shows.
package struct SecretDigest: Sendable, CustomStringConvertible {
    private let digest: SHA256.Digest

    package init(of secret: String) { digest = Self.hash(secret.utf8) }

    /// Whether `candidate` is the secret.
    package func matches(_ candidate: some Sequence<UInt8>) -> Bool {
        // The digest's own `==` looks at every byte.
        digest == Self.hash(candidate)
    }

    package var description: String { "••••" }

    private static func hash(_ bytes: some Sequence<UInt8>) -> SHA256.Digest { SHA256.hash(data: Array(bytes)) }
}
