// SPDX-License-Identifier: Apache-2.0

package import Common
package import Crypto
import Foundation

/// The secret that a hook shares with its sender.
///
/// It follows from the internal key, the hook and a generation, so that nothing needs to be stored; rotating a secret
/// is going on to the next generation.
package struct HookSecret: Sendable {
    private let bytes: Secret<[UInt8]>

    /// HMAC-SHA256 of `hook:<hook_id>:<generation>` under the internal key.
    package init(hook: ID<Hook>, generation: Int, internalKey: Secret<String>) {
        let key = SymmetricKey(data: Array(internalKey.reveal().utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Array("hook:\(hook):\(generation)".utf8), using: key)
        bytes = Secret(Array(code))
    }

    /// As the sender's settings take it: `whsec_` and base64 for Standard Webhooks, else 64 hexadecimal digits.
    package func text(for scheme: HookSignature) -> Secret<String> {
        switch scheme {
        case .standard: Secret("whsec_" + Data(bytes.reveal()).base64EncodedString())
        case .github, .hmacSHA256: Secret(Hex.text(bytes.reveal()))
        }
    }

    /// The key that signatures are made with. Standard Webhooks decode the text first; the others sign with the text
    /// itself, as it was pasted.
    package func key(for scheme: HookSignature) -> SymmetricKey {
        switch scheme {
        case .standard: SymmetricKey(data: bytes.reveal())
        case .github, .hmacSHA256: SymmetricKey(data: Array(Hex.text(bytes.reveal()).utf8))
        }
    }
}
