// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation

/// The addresses that may use the routes of Render; everybody's when none are named.
struct AllowedAddresses: Sendable {
    private struct Block: Sendable {
        let address: [UInt8]
        let bits: Int

        func contains(_ other: [UInt8]) -> Bool {
            guard other.count == address.count else { return false }
            var left = bits
            for (ours, theirs) in zip(address, other) where left > 0 {
                let mask = left >= 8 ? UInt8.max : ~(UInt8.max >> left)
                guard ours & mask == theirs & mask else { return false }
                left -= 8
            }
            return true
        }
    }

    private let blocks: [Block]

    /// Reads addresses and blocks of them, such as `10.0.0.0/8` and `2001:db8::/32`; throws for what is neither.
    init(_ texts: [String]) throws(Problem) {
        var blocks: [Block] = []
        for text in texts {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = Self.bytes(String(parts[0])) else { throw Self.refusal(text) }
            var bits = address.count * 8
            if parts.count == 2 {
                guard let given = Int(parts[1]), String(given) == parts[1], (0...bits).contains(given) else {
                    throw Self.refusal(text)
                }
                bits = given
            }
            blocks.append(Block(address: address, bits: bits))
        }
        self.blocks = blocks
    }

    /// Whether the client at `address` may come in; an address that cannot be read may not, unless everybody may.
    func contains(_ address: String) -> Bool {
        guard !blocks.isEmpty else { return true }
        guard let bytes = Self.bytes(address) else { return false }
        return blocks.contains { $0.contains(bytes) }
    }

    private static func refusal(_ text: String) -> Problem {
        Problem(
            .invalid, "RENDERCTL_ALLOWED_ADDRESSES: `\(text)` is no address and no block such as 10.0.0.0/8.")
    }

    /// Four bytes or sixteen; an IPv4 address in IPv6 clothes is an IPv4 address.
    private static func bytes(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 {
            let word = UInt32(bigEndian: four.s_addr)
            return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
        var six = in6_addr()
        guard unsafe inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let bytes = unsafe withUnsafeBytes(of: &six) { unsafe Array($0) }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes.suffix(4)) : bytes
    }
}
