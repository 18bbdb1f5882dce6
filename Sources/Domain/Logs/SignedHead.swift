// SPDX-License-Identifier: Apache-2.0

import Common
import Crypto
import Foundation

/// The end of a workspace's chain with the signature of the daemon that wrote it.
package struct SignedHead: Sendable, Equatable {
    package let head: ChainHead
    /// 64 bytes, Ed25519 over `head.signedBytes`.
    package let signature: [UInt8]
    /// The 32 bytes of the signer's public key.
    package let publicKey: [UInt8]

    package init(head: ChainHead, signature: [UInt8], publicKey: [UInt8]) {
        self.head = head
        self.signature = signature
        self.publicKey = publicKey
    }

    /// Whether the signature is the key's own over exactly this head.
    package var isAuthentic: Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(signature, for: head.signedBytes)
    }
}

/// Why a head was not taken. All but the first are signs of a changed history or a lost key.
package enum SignedHeadRefusal: Error, Sendable, Equatable {
    case badSignature
    /// Signed by another key than the workspace's first head.
    case keyChanged
    case fork(Fork)

    /// In what way a head does not go on from the last one.
    package enum Fork: String, Sendable, CaseIterable {
        /// The same block as a head that was taken, with another content.
        case otherContent = "this block was accepted with another chain or position"
        /// A block before the last one that was never shown to us.
        case goesBack = "the block is before the last accepted one"
        case blockMissing = "the blocks do not follow on from the last accepted head without a gap"
        case positionMissing = "the positions do not follow on without a gap"
        case otherChain = "the chain recomputed over the blocks is another one"

        /// Whether two orchestrators that sign the same chain at the same time look like this as well: whoever comes second
        /// learns the last head by the refusal, and goes on from there.
        package var mayBeRace: Bool {
            switch self {
            case .goesBack, .blockMissing, .positionMissing: true
            case .otherContent, .otherChain: false
            }
        }
    }
}

extension SignedHead {
    /// Checks that this head goes on from the last one that was taken, nil when it is the workspace's first.
    ///
    /// - Parameters:
    ///   - known: What was taken for this very block, if anything.
    ///   - blocks: Everything after the last head up to this one.
    /// - Returns: Whether it is new; an identical one is fine and changes nothing.
    package func check(
        after last: SignedHead?, known: SignedHead?, blocks: [BlockContent]
    ) throws(SignedHeadRefusal) -> Bool {
        guard isAuthentic else { throw .badSignature }
        if let last, last.publicKey != publicKey { throw .keyChanged }
        if let known {
            guard known.head == head else { throw .fork(.otherContent) }
            return false
        }
        if let last, head.block <= last.head.block { throw .fork(.goesBack) }
        var block = last?.head.block ?? 0
        var position = last?.head.position ?? 0
        var chain = last?.head.chain ?? EventDigest.genesis
        for content in blocks {
            guard content.number == block + 1 else { throw .fork(.blockMissing) }
            guard content.firstPosition == position + 1, content.lastPosition >= content.firstPosition else {
                throw .fork(.positionMissing)
            }
            chain = EventDigest.chain(after: chain, workspaceID: head.workspaceID, block: content)
            block = content.number
            position = content.lastPosition
        }
        guard block == head.block else { throw .fork(.blockMissing) }
        guard position == head.position else { throw .fork(.positionMissing) }
        guard chain == head.chain else { throw .fork(.otherChain) }
        return true
    }
}
