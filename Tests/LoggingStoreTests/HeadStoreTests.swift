// SPDX-License-Identifier: Apache-2.0

import Common
import Crypto
import Domain
import Postgres
import Store
import Testing

@Suite struct HeadStoreTests {
    /// A chain of blocks of three events each, and a key that signs its heads.
    private struct Chain {
        let key = Curve25519.Signing.PrivateKey()
        let workspaceID = Workspace.defaultID
        private(set) var blocks: [BlockContent] = []
        private(set) var chains: [[UInt8]] = [EventDigest.genesis]

        init(blocks count: Int, salt: UInt8 = 0) {
            for number in 1...count {
                let root = [UInt8](repeating: UInt8(number) ^ salt, count: 32)
                let first = Int64(number - 1) * 3 + 1
                let block = BlockContent(
                    number: Int64(number), firstPosition: first, lastPosition: first + 2, root: root)
                blocks.append(block)
                let previous = chains[number - 1]
                chains.append(EventDigest.chain(after: previous, workspaceID: workspaceID, block: block))
            }
        }

        func head(_ block: Int, chain: [UInt8]? = nil, position: Int64? = nil) -> ChainHead {
            ChainHead(
                workspaceID: workspaceID, block: Int64(block), position: position ?? Int64(block) * 3,
                chain: chain ?? chains[block])
        }

        func signed(_ head: ChainHead) throws -> SignedHead {
            SignedHead(
                head: head, signature: Array(try key.signature(for: head.signedBytes)),
                publicKey: Array(key.publicKey.rawRepresentation))
        }
    }

    private func refusal(_ outcome: HeadStore.Outcome) -> SignedHeadRefusal? {
        if case .refused(let refusal, _) = outcome { return refusal }
        return nil
    }

    @Test func `heads that follow on are kept, and showing one again changes nothing`() async throws {
        try await withLoggingDatabase { database in
            let store = HeadStore(pool: database.pool)
            let chain = Chain(blocks: 6)
            for (from, to) in [(0, 2), (2, 3), (3, 6)] {
                let signed = try chain.signed(chain.head(to))
                let outcome = try await store.keep(signed, blocks: Array(chain.blocks[from..<to]))
                #expect(refusal(outcome) == nil)
            }
            let first = try await store.heads(of: chain.workspaceID, afterBlock: 0, limit: 10)
            for block in [2, 6] {
                let outcome = try await store.keep(try chain.signed(chain.head(block)), blocks: [])
                #expect(refusal(outcome) == nil)
            }
            #expect(try await store.heads(of: chain.workspaceID, afterBlock: 0, limit: 10) == first)
            #expect(first.map(\.signed.head.block) == [2, 3, 6])
            let next = try await store.heads(of: chain.workspaceID, afterBlock: 2, limit: 1)
            #expect(next.map(\.signed.head.block) == [3])
            #expect(try await store.latest(of: chain.workspaceID)?.signed.head == chain.head(6))
            #expect(try await store.latest(of: ID(trusted: "ws_other")) == nil)
        }
    }

    @Test func `a head that does not follow on is a fork and is not kept`() async throws {
        try await withLoggingDatabase { database in
            let store = HeadStore(pool: database.pool)
            let chain = Chain(blocks: 6)
            _ = try await store.keep(try chain.signed(chain.head(3)), blocks: Array(chain.blocks[..<3]))
            let other = Chain(blocks: 6, salt: 1)
            func show(_ head: ChainHead, _ blocks: ArraySlice<BlockContent>) async throws -> SignedHeadRefusal? {
                refusal(try await store.keep(try chain.signed(head), blocks: Array(blocks)))
            }
            #expect(try await show(chain.head(3, chain: other.chains[3]), []) == .fork(.otherContent))
            #expect(try await show(chain.head(3, position: 8), []) == .fork(.otherContent))
            #expect(try await show(chain.head(2), []) == .fork(.goesBack))
            #expect(try await show(chain.head(5), chain.blocks[4..<5]) == .fork(.blockMissing))
            #expect(try await show(chain.head(5), chain.blocks[3..<4]) == .fork(.blockMissing))
            #expect(try await show(chain.head(5), []) == .fork(.blockMissing))
            #expect(try await show(chain.head(5), other.blocks[3..<5]) == .fork(.otherChain))
            #expect(try await show(chain.head(5, chain: other.chains[5]), chain.blocks[3..<5]) == .fork(.otherChain))
            #expect(try await show(chain.head(5, position: 16), chain.blocks[3..<5]) == .fork(.positionMissing))
            #expect(try await store.heads(of: chain.workspaceID, afterBlock: 0, limit: 10).count == 1)
            #expect(try await show(chain.head(5), chain.blocks[3..<5]) == nil)
        }
    }

    @Test func `a wrong signature and another key are refused`() async throws {
        try await withLoggingDatabase { database in
            let store = HeadStore(pool: database.pool)
            let chain = Chain(blocks: 2)
            let good = try chain.signed(chain.head(1))
            var signature = good.signature
            signature[5] ^= 1
            let bad = SignedHead(head: good.head, signature: signature, publicKey: good.publicKey)
            #expect(refusal(try await store.keep(bad, blocks: [chain.blocks[0]])) == .badSignature)
            #expect(refusal(try await store.keep(good, blocks: [chain.blocks[0]])) == nil)
            let thief = Chain(blocks: 2)
            let stolen = try thief.signed(chain.head(2))
            #expect(refusal(try await store.keep(stolen, blocks: [chain.blocks[1]])) == .keyChanged)
        }
    }

    @Test func `of heads shown at once only one line is kept`() async throws {
        try await withLoggingDatabase { database in
            let store = HeadStore(pool: database.pool)
            let chain = Chain(blocks: 8)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for block in 1...8 {
                    let signed = try chain.signed(chain.head(block))
                    let blocks = Array(chain.blocks[..<block])
                    group.addTask { _ = try await store.keep(signed, blocks: blocks) }
                }
                try await group.waitForAll()
            }
            let kept = try await store.heads(of: chain.workspaceID, afterBlock: 0, limit: 10)
            #expect(kept.count == 1)
        }
    }

    @Test func `kept heads cannot be changed, not even by the owner`() async throws {
        try await withLoggingDatabase { database in
            let chain = Chain(blocks: 1)
            _ = try await HeadStore(pool: database.pool).keep(try chain.signed(chain.head(1)), blocks: chain.blocks)
            for attempt in ["UPDATE signed_heads SET block = 7", "DELETE FROM signed_heads", "TRUNCATE signed_heads"] {
                await #expect(throws: PostgresError.self) {
                    _ = try await database.asOwner(["\(unsafeRaw: attempt)"])
                }
                await #expect(throws: PostgresError.self) {
                    _ = try await database.pool.query("\(unsafeRaw: attempt)")
                }
            }
        }
    }
}
