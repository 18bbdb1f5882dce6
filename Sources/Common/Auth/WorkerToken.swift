// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation

/// The token by which a worker outside proves that it may work for one agent: `<agent>.<64 hexadecimal digits>`.
///
/// Like `AgentToken` it follows from the internal key and the agent's name; nothing is stored.
package enum WorkerToken {
    /// The token of an agent's workers.
    package static func make(agent name: String, internalKey: Secret<String>) -> Secret<String> {
        let code = HMAC<SHA256>.authenticationCode(for: text(name), using: key(internalKey))
        return Secret("\(name).\(Hex.text(Array(code)))")
    }

    /// The agent whose worker shows the token; nil when it is not one of ours. Takes the same time wherever a wrong
    /// token differs from the right one.
    package static func agent(of token: String, internalKey: Secret<String>) -> String? {
        // By bytes: a sign before the dot can make one character with it.
        guard let dot = token.utf8.lastIndex(of: UInt8(ascii: ".")),
            let code = Hex.bytes(String(token[token.utf8.index(after: dot)...]))
        else { return nil }
        let name = String(token[..<dot])
        let isValid = HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: text(name), using: key(internalKey))
        return isValid ? name : nil
    }

    private static func text(_ name: String) -> [UInt8] { Array("worker:\(name)".utf8) }

    private static func key(_ internalKey: Secret<String>) -> SymmetricKey {
        SymmetricKey(data: Array(internalKey.reveal().utf8))
    }
}
