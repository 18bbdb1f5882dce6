// SPDX-License-Identifier: Apache-2.0

import Common
import Crypto
import Domain
import Logging
import Orchestration
import Postgres
import Synchronization
import TestKit
import Testing

@Suite struct HeadSignerTests {
    @Test func `heads go on from each other, and a log that was cut off is noticed at once`() async throws {
        try await KernelFixture.with { kernel in
            let keeper = MemoryKeeper()
            func signer() -> HeadSigner {
                HeadSigner(
                    key: keeper.key, keeper: keeper, pool: kernel.pool, period: .seconds(5),
                    incidents: kernel.incidents, logger: KernelFixture.logger)
            }
            let first = signer()
            _ = try await kernel.createTask()
            _ = try await first.pass()
            _ = try await kernel.createTask()
            _ = try await first.pass()
            #expect(keeper.heads.map(\.head.block) == [2, 3])
            #expect(await first.forks.isEmpty)
            #expect(try await kernel.verify(heads: keeper.heads).finding == nil)
            try await kernel.withOwner { owner in
                try await owner.transaction { connection in
                    _ = try await connection.query("SET LOCAL session_replication_role = replica")
                    _ = try await connection.query("UPDATE evt_blocks SET chain = 'x' WHERE block = 3")
                }
            }
            let restarted = signer()
            _ = try await restarted.pass()
            #expect(await restarted.forks == [KernelFixture.workspace])
            #expect(keeper.heads.count == 2)
            let incident = try #require(try await kernel.openIncidents().first)
            #expect(incident.kind == "chain_mismatch" && incident.idempotencyKey == "heads")
            _ = try await restarted.pass()
            #expect(try await kernel.openIncidents().count == 1)
        }
    }

    @Test func `a signer that another one is always ahead of raises no alarm`() async throws {
        try await KernelFixture.with { kernel in
            let keeper = MemoryKeeper()
            func signer(_ keeper: any HeadKeeper, _ key: Curve25519.Signing.PrivateKey) -> HeadSigner {
                HeadSigner(
                    key: key, keeper: keeper, pool: kernel.pool, period: .seconds(5), incidents: kernel.incidents,
                    logger: KernelFixture.logger)
            }
            let fast = signer(keeper, keeper.key)
            let slow = signer(
                OvertakenKeeper(keeper) {
                    _ = try await kernel.createTask()
                    _ = try await fast.pass()
                    // There is more to hand over, and somebody else who will.
                    _ = try await kernel.createTask()
                }, keeper.key)
            for _ in 0..<3 {
                _ = try await kernel.createTask()
                _ = try await slow.pass()
            }
            #expect(await slow.forks.isEmpty)
            #expect(try await kernel.openIncidents().isEmpty)
            #expect(try await kernel.verify(heads: keeper.heads).finding == nil)
        }
    }
}

/// A keeper that somebody else reaches first, whenever it is handed a head.
private struct OvertakenKeeper: HeadKeeper {
    private let keeper: MemoryKeeper
    private let overtake: @Sendable () async throws -> Void

    init(_ keeper: MemoryKeeper, _ overtake: @escaping @Sendable () async throws -> Void) {
        self.keeper = keeper
        self.overtake = overtake
    }

    func latest(of workspaceID: ID<Workspace>) async throws -> SignedHead? {
        try await keeper.latest(of: workspaceID)
    }

    func keep(_ head: SignedHead, blocks: [BlockContent]) async throws {
        try await overtake()
        try await keeper.keep(head, blocks: blocks)
    }

    func heads(of workspaceID: ID<Workspace>, afterBlock block: Int64) async throws -> [SignedHead] {
        try await keeper.heads(of: workspaceID, afterBlock: block)
    }
}

/// A keeper with the very rule of logging-svc, without its table.
private final class MemoryKeeper: HeadKeeper {
    let key = Curve25519.Signing.PrivateKey()
    private let kept = Mutex<[SignedHead]>([])

    var heads: [SignedHead] { kept.withLock { $0 } }

    func latest(of workspaceID: ID<Workspace>) async throws -> SignedHead? { heads.last }

    func keep(_ head: SignedHead, blocks: [BlockContent]) async throws {
        do throws(SignedHeadRefusal) {
            let known = heads.first { $0.head.block == head.head.block }
            guard try head.check(after: heads.last, known: known, blocks: blocks) else { return }
        } catch {
            throw Problem(.conflict, "\(error)", code: "fork")
        }
        kept.withLock { $0.append(head) }
    }

    func heads(of workspaceID: ID<Workspace>, afterBlock block: Int64) async throws -> [SignedHead] {
        heads.filter { $0.head.block > block }
    }
}
