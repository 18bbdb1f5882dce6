// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation

/// The token by which the orchestrator proves itself to one agent.
///
/// It follows from the internal key and the agent's name, so that nothing needs to be stored, and tells an agent
/// nothing about the key or about another agent's token.
package enum AgentToken {
    /// 64 lowercase hexadecimal digits: HMAC-SHA256 of `agent:<name>` under the internal key.
    package static func make(agent name: String, internalKey: Secret<String>) -> Secret<String> {
        let key = SymmetricKey(data: Array(internalKey.reveal().utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Array("agent:\(name)".utf8), using: key)
        return Secret(Hex.text(Array(code)))
    }
}
