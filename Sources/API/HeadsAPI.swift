// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// The ends of the event chains, kept where whoever can change the events cannot change them.
package enum HeadsAPI {
    package static let keep = Endpoint<KeepHead, HeadView>(
        "keepHead", .post, "/heads", .services(.keepHeads), "Keeps a signed head.",
        description: """
            The signature must be that of the workspace's first key (else 409 `key_changed`), and recomputing the chain over \
            the blocks since the last kept head must give this one (else 409 `fork`). An identical head is kept once. \
            Whoever is further behind than a request's blocks reach signs and sends heads of blocks in between first.
            """,
        tag: "heads", problems: [.conflict], isIdempotent: true)

    package static let list = Endpoint<ListHeads, HeadsView>(
        "listHeads", .get, "/heads", .peopleAndServices(.readEvents), "Lists kept heads of a workspace.", tag: "heads")

    package static let latest = Endpoint<LatestHead, HeadView>(
        "getLatestHead", .get, "/heads/latest", .peopleAndServices(.readEvents),
        "Tells the last kept head of a workspace.", tag: "heads", problems: [.notFound])

    package static let catalogue: [AnyEndpoint] = [keep.route, list.route, latest.route]

    /// Blocks of one request.
    package static let mostBlocks = 5000
}

extension Shape where Value == [UInt8] {
    /// So many bytes in lowercase hexadecimal digits.
    fileprivate static func hex(bytes count: Int) -> Shape<[UInt8]> {
        let words = "\(count * 2) lowercase hexadecimal digits"
        let pattern = TextPattern("^[0-9a-f]{\(count * 2)}$", words: words) { text in
            text.utf8.count == count * 2
                && text.utf8.allSatisfy {
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
                }
        }
        return Shape<String>.string(pattern, max: count * 2).map(placeholder: [], words: words) { Hex.bytes($0) }
    }
}

// MARK: - In

/// A head with what proves that it follows on.
package struct KeepHead: WireInput {
    package let signed: SignedHead
    package let blocks: [BlockContent]

    package init(_ input: inout InputReader) {
        let workspaceID = input.member("workspace_id", "The workspace whose chain it ends.", .workspaceID)
        let block = input.member("block", "The number of the last block.", .integer(1...Int.max))
        let position = input.member("position", "The position of the last event.", .integer(1...Int.max))
        let chain = input.member("chain", "The last block's chain hash.", .hex(bytes: EventDigest.size))
        let head = ChainHead(
            workspaceID: workspaceID, block: Int64(block), position: Int64(position), chain: chain)
        signed = SignedHead(
            head: head, signature: input.member("signature", "Ed25519 over the head.", .hex(bytes: 64)),
            publicKey: input.member("public_key", "The signer's key.", .hex(bytes: 32)))
        blocks = input.member(
            "blocks", "All blocks after the last kept head, in order.",
            .array(of: .object(KeepHeadBlock.self), max: HeadsAPI.mostBlocks)
        ).map(\.content)
    }
}

/// What the chain was computed over.
package struct KeepHeadBlock: WireInput, Hashable {
    package static let wireName = "ChainBlock"

    private let number: Int
    private let first: Int
    private let last: Int
    private let root: [UInt8]

    package init(_ input: inout InputReader) {
        number = input.member("block", "Its number.", .integer(1...Int.max))
        first = input.member("first_position", "The position of its first event.", .integer(1...Int.max))
        last = input.member("last_position", "The position of its last event.", .integer(1...Int.max))
        root = input.member("root", "The Merkle root of its events.", .hex(bytes: EventDigest.size))
    }

    var content: BlockContent {
        BlockContent(
            number: Int64(number), firstPosition: Int64(first), lastPosition: Int64(last), root: root)
    }
}

/// Which heads to list.
package struct ListHeads: WireInput {
    package let workspaceID: ID<Workspace>
    package let afterBlock: Int64
    package let limit: Int

    package init(_ input: inout InputReader) {
        workspaceID =
            input.query("workspace_id", "Of which workspace; the default one unless given.", .workspaceID)
            ?? Workspace.defaultID
        afterBlock = Int64(input.query("after_block", "Only of later blocks.", .integer(0...Int.max), default: 0))
        limit = input.query("limit", "How many at most.", .integer(1...1000), default: 100)
    }
}

/// Whose last head to tell.
package struct LatestHead: WireInput {
    package let workspaceID: ID<Workspace>

    package init(_ input: inout InputReader) {
        workspaceID =
            input.query("workspace_id", "Of which workspace; the default one unless given.", .workspaceID)
            ?? Workspace.defaultID
    }
}

// MARK: - Out

/// A kept head.
package struct HeadView: WireObject {
    let signed: SignedHead
    let receivedAt: Timestamp

    package init(_ signed: SignedHead, receivedAt: Timestamp) {
        self.signed = signed
        self.receivedAt = receivedAt
    }

    package static let wireName = "Head"
    package static let fields: [Field<HeadView>] = [
        Field("workspace_id", "The workspace whose chain it ended.") { $0.signed.head.workspaceID.rawValue },
        Field("block", "The number of the last block then.") { $0.signed.head.block },
        Field("position", "The position of the last event then.") { $0.signed.head.position },
        Field("chain", "The last block's chain hash, in hexadecimal digits.") { Hex.text($0.signed.head.chain) },
        Field("signature", "Ed25519 over the head, in hexadecimal digits.") { Hex.text($0.signed.signature) },
        Field("public_key", "The signer's key, in hexadecimal digits.") { Hex.text($0.signed.publicKey) },
        Field("received_at", "When it was kept.") { $0.receivedAt },
    ]
}

/// A part of the kept heads.
package struct HeadsView: WireObject {
    let heads: [HeadView]
    let nextAfterBlock: Int64?

    package init(heads: [HeadView], nextAfterBlock: Int64?) {
        self.heads = heads
        self.nextAfterBlock = nextAfterBlock
    }

    package static let wireName = "HeadPage"
    package static let fields: [Field<HeadsView>] = [
        Field("heads", "The heads, by block.") { $0.heads },
        Field("next_after_block", "Send it as `after_block` for the next part; null at the end.") {
            $0.nextAfterBlock
        },
    ]
}
