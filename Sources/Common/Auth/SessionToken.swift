// SPDX-License-Identifier: Apache-2.0

import Crypto

/// What a session's cookie holds: random, so that nothing can be learnt from it.
package struct SessionToken: Sendable {
    package let text: Secret<String>

    /// A new one, of 256 bits of the system's generator.
    package init() {
        var random = SystemRandomNumberGenerator()
        text = Secret(Hex.text((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }))
    }

    /// The one that somebody shows, whatever it is worth.
    package init(_ text: String) { self.text = Secret(text) }

    /// What the session is known by where it is kept: its hash.
    package var digest: [UInt8] { Array(SHA256.hash(data: Array(text.reveal().utf8))) }

    /// What requests that change something have to show beside the cookie. A page of another site can have the browser send
    /// the cookie at most, never read this.
    package var proof: Secret<String> {
        let key = SymmetricKey(data: Array(text.reveal().utf8))
        return Secret(Hex.text(Array(HMAC<SHA256>.authenticationCode(for: Array("csrf".utf8), using: key))))
    }

    /// Whether `shown` is its proof; takes the same time wherever a wrong one differs.
    package func isProof(_ shown: String) -> Bool { SecretDigest(of: proof.reveal()).matches(shown.utf8) }
}
