// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The SHA-256 of some bytes: equal for equal content, and small however large that is.
package struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    package init(of content: [UInt8]) { bytes = Array(SHA256.hash(data: content)) }

    /// 64 lowercase hexadecimal digits.
    package var description: String { Hex.text(bytes) }
}
