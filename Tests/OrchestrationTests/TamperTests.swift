// SPDX-License-Identifier: Apache-2.0

import Common
import Crypto
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Every way of changing the log behind the daemon's back is found, and named.
@Suite struct TamperTests {
    /// A log of several blocks, with a signed head of its end; then `damage`, done as a superuser without triggers.
    private func finding(
        after damage: [SQL], keepsHead: Bool = false,
        _ more: @Sendable (KernelFixture) async throws -> Void = { _ in }
    ) async throws -> ChainFinding? {
        try await KernelFixture.with { kernel in
            for _ in 0..<6 { _ = try await kernel.createTask() }
            #expect(try await kernel.verify().finding == nil)
            let head = try await signedHead(kernel)
            try await kernel.withOwner { owner in
                try await owner.transaction { connection in
                    _ = try await connection.query("SET LOCAL session_replication_role = replica")
                    for sql in damage { _ = try await connection.query(sql) }
                }
            }
            try await more(kernel)
            return try await kernel.verify(heads: keepsHead ? [head] : []).finding
        }
    }

    private func signedHead(_ kernel: KernelFixture) async throws -> SignedHead {
        let statement = EventStore.workspaceHeads()
        let heads = try statement.decode(try await kernel.pool.query(statement.sql))
        let end = try #require(heads.first)
        let head = ChainHead(
            workspaceID: end.workspaceID, block: end.block, position: end.position, chain: end.chain)
        let key = Curve25519.Signing.PrivateKey()
        return SignedHead(
            head: head, signature: Array(try key.signature(for: head.signedBytes)),
            publicKey: Array(key.publicKey.rawRepresentation))
    }

    @Test func `an edited body`() async throws {
        let found = try await finding(after: ["UPDATE evt_events SET body = '{}' WHERE position = 4"])
        guard case .bodyChanged(4, _) = found else {
            Issue.record("\(String(describing: found))")
            return
        }
    }

    @Test func `an edited envelope`() async throws {
        let found = try await finding(after: ["UPDATE evt_events SET actor = 'user:mallory' WHERE position = 5"])
        guard case .envelopeChanged(5, _) = found else {
            Issue.record("\(String(describing: found))")
            return
        }
    }

    @Test func `a row deleted in the middle`() async throws {
        #expect(
            try await finding(after: ["DELETE FROM evt_events WHERE position = 4"]) == .eventMissing(position: 4))
    }

    @Test func `the last block deleted with its events and the head set back`() async throws {
        let damage: [SQL] = [
            """
            DELETE FROM evt_events
            WHERE position >= (SELECT first_position FROM evt_blocks ORDER BY block DESC LIMIT 1)
            """,
            "DELETE FROM evt_blocks WHERE block = (SELECT max(block) FROM evt_blocks)",
        ]
        let bare = try await finding(after: damage)
        guard case .headChanged = bare else {
            Issue.record("\(String(describing: bare))")
            return
        }
        let setBack: [SQL] = [
            """
            UPDATE evt_workspace_heads SET position = b.last_position, block = b.block, chain = b.chain
            FROM (SELECT * FROM evt_blocks ORDER BY block DESC LIMIT 1) b
            """,
            "UPDATE evt_stream_heads SET stream_seq = stream_seq - 1 WHERE stream_type = 'room'",
        ]
        #expect(try await finding(after: damage + setBack) == nil, "only a head kept outside can tell")
        let kept = try await finding(after: damage + setBack, keepsHead: true)
        guard case .blocksTruncated = kept else {
            Issue.record("\(String(describing: kept))")
            return
        }
    }

    @Test func `an inserted row`() async throws {
        let found = try await finding(after: [
            """
            INSERT INTO evt_events SELECT workspace_id, position + 1, stream_type, stream_id, stream_seq + 1,
                gen_random_uuid(), event_type, schema_version, actor, zone, task_id, run_id, correlation_id,
                causation_id, trace_id, NULL, leaf, body_hash, salt, body, blob_hash, occurred_at
            FROM evt_events ORDER BY position DESC LIMIT 1
            """
        ])
        guard case .eventUnsealed(9, _) = found else {
            Issue.record("\(String(describing: found))")
            return
        }
    }

    @Test func `a renumbered row`() async throws {
        #expect(
            try await finding(after: ["UPDATE evt_events SET position = 100 WHERE position = 6"])
                == .eventMissing(position: 6))
    }

    @Test func `two rows swapped`() async throws {
        let found = try await finding(after: [
            "UPDATE evt_events SET position = 1000, stream_seq = 1000 WHERE position = 4",
            "UPDATE evt_events SET position = 4, stream_seq = stream_seq - 1 WHERE position = 5",
            """
            UPDATE evt_events SET position = 5,
                stream_seq = (SELECT stream_seq + 1 FROM evt_events WHERE position = 4)
            WHERE position = 1000
            """,
        ])
        guard case .envelopeChanged(4, _) = found else {
            Issue.record("\(String(describing: found))")
            return
        }
    }

    @Test func `a change with everything after it chained anew is found by the head kept outside`() async throws {
        let rechain: @Sendable (KernelFixture) async throws -> Void = { kernel in
            try await kernel.withOwner { try await Self.rechain($0) }
        }
        let edit: [SQL] = ["UPDATE evt_events SET body = '{\"name\":\"forged\"}' WHERE position = 4"]
        #expect(try await finding(after: edit, rechain) == nil, "inside the database the forgery is perfect")
        let found = try await finding(after: edit, keepsHead: true, rechain)
        guard case .historyRewritten(_, 1, 8) = found else {
            Issue.record("\(String(describing: found))")
            return
        }
    }

    @Test func `a forged signature of a kept head`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.createTask()
            let head = try await signedHead(kernel)
            let forged = SignedHead(
                head: ChainHead(
                    workspaceID: head.head.workspaceID, block: head.head.block, position: head.head.position + 1,
                    chain: head.head.chain), signature: head.signature, publicKey: head.publicKey)
            #expect(try await kernel.verify(heads: [forged]).finding == .headForged(block: head.head.block))
        }
    }

    @Test func `the running role may not change what was recorded`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.createTask()
            let attempts: [SQL] = [
                "UPDATE evt_events SET body = '{}'", "DELETE FROM evt_events", "TRUNCATE evt_events",
                "UPDATE evt_blocks SET root = ''", "DELETE FROM evt_blocks", "TRUNCATE evt_blocks",
                "ALTER TABLE evt_events DISABLE TRIGGER ALL",
            ]
            for sql in attempts {
                let error = await #expect(throws: PostgresError.self) { try await kernel.pool.query(sql) }
                #expect(error?.sqlState == .insufficientPrivilege, "\(sql.text)")
            }
            // The owner has the rights, but not past the triggers.
            try await kernel.withOwner { owner in
                for sql in attempts.prefix(6) {
                    let error = await #expect(throws: PostgresError.self) { try await owner.query(sql) }
                    #expect(error?.sqlState == .insufficientPrivilege, "\(sql.text)")
                }
            }
        }
    }

    /// What a forger with full rights and our own code can do: recompute every hash from the changed row on.
    private static func rechain(_ owner: PostgresPool) async throws {
        try await owner.transaction { connection in
            _ = try await connection.query("SET LOCAL session_replication_role = replica")
            let stored = EventStore.storedEvents(of: KernelFixture.workspace, after: 0, limit: 1000)
            var leaves: [Int64: [UInt8]] = [:]
            for event in try stored.decode(try await connection.query(stored.sql)) {
                let bodyHash = EventDigest.body(event.recorded.event.body, salt: event.salt)
                let leaf = EventDigest.leaf(event.recorded, bodyHash: bodyHash)
                leaves[event.recorded.position] = leaf
                _ = try await connection.query(
                    """
                    UPDATE evt_events SET body_hash = \(bodyHash), leaf = \(leaf)
                    WHERE position = \(event.recorded.position)
                    """)
            }
            var chain = EventDigest.genesis
            let blocks = EventStore.blocks(of: KernelFixture.workspace, after: 0, limit: 1000)
            for block in try blocks.decode(try await connection.query(blocks.sql)) {
                let content = block.content
                let root = EventDigest.root((content.firstPosition...content.lastPosition).compactMap { leaves[$0] })
                chain = EventDigest.chain(
                    after: chain, workspaceID: KernelFixture.workspace,
                    block: BlockContent(
                        number: content.number, firstPosition: content.firstPosition,
                        lastPosition: content.lastPosition, root: root))
                _ = try await connection.query(
                    "UPDATE evt_blocks SET root = \(root), chain = \(chain) WHERE block = \(content.number)")
            }
            _ = try await connection.query("UPDATE evt_workspace_heads SET chain = \(chain)")
        }
    }
}
