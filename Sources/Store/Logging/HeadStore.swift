// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// A head that was taken, and when.
package struct KeptHead: Sendable, Equatable {
    package let signed: SignedHead
    package let receivedAt: Timestamp
}

/// Our copy of the ends of the event chains: whatever is shown to us has to go on from what was shown before.
package struct HeadStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// What became of a head that was shown to us.
    package enum Outcome: Sendable {
        case kept(KeptHead)
        /// With the last head that we hold, if any.
        case refused(SignedHeadRefusal, last: KeptHead?)
    }

    /// Checks the head against the last one and keeps it. One at a time for each workspace, whoever asks.
    package func keep(_ signed: SignedHead, blocks: [BlockContent]) async throws -> Outcome {
        let workspaceID = signed.head.workspaceID
        return try await pool.transaction { connection in
            var batch = StatementBatch()
            batch.add(
                "SELECT pg_advisory_xact_lock(hashtextextended(\("logging.signed_heads \(workspaceID)"), 0))")
            let last = batch.add(Self.latest(of: workspaceID))
            let known = batch.add(Self.head(of: workspaceID, at: signed.head.block))
            let results = try await batch.run(on: connection)
            let lastKept = try results(last)
            let knownKept = try results(known)
            do throws(SignedHeadRefusal) {
                let isNew = try signed.check(after: lastKept?.signed, known: knownKept?.signed, blocks: blocks)
                if !isNew, let knownKept { return .kept(knownKept) }
            } catch {
                return .refused(error, last: lastKept)
            }
            let rows = try await connection.query(
                """
                INSERT INTO signed_heads (workspace_id, block, position, chain, signature, public_key)
                VALUES (\(workspaceID), \(signed.head.block), \(signed.head.position), \(signed.head.chain),
                    \(signed.signature), \(signed.publicKey))
                RETURNING received_at
                """)
            guard let row = rows.first else { throw StoreError.unknownValue(table: "signed_heads", column: "block") }
            return .kept(KeptHead(signed: signed, receivedAt: try row.value("received_at")))
        }
    }

    /// Heads of a workspace after a block, in order.
    package func heads(of workspaceID: ID<Workspace>, afterBlock: Int64, limit: Int) async throws -> [KeptHead] {
        let statement = Self.heads(
            "workspace_id = \(workspaceID) AND block > \(afterBlock) ORDER BY block LIMIT \(limit)")
        return try statement.decode(try await pool.query(statement.sql))
    }

    /// The last head of a workspace.
    package func latest(of workspaceID: ID<Workspace>) async throws -> KeptHead? {
        let statement = Self.latest(of: workspaceID)
        return try statement.decode(try await pool.query(statement.sql))
    }

    private static func latest(of workspaceID: ID<Workspace>) -> Statement<KeptHead?> {
        first(heads("workspace_id = \(workspaceID) ORDER BY block DESC LIMIT 1"))
    }

    private static func head(of workspaceID: ID<Workspace>, at block: Int64) -> Statement<KeptHead?> {
        first(heads("workspace_id = \(workspaceID) AND block = \(block)"))
    }

    private static func first(_ statement: Statement<[KeptHead]>) -> Statement<KeptHead?> {
        Statement(statement.sql) { try statement.decode($0).first }
    }

    private static func heads(_ condition: SQL) -> Statement<[KeptHead]> {
        Statement(
            """
            SELECT workspace_id, block, position, chain, signature, public_key, received_at
            FROM signed_heads WHERE \(condition)
            """
        ) { rows in
            try rows.map { row in
                let head = ChainHead(
                    workspaceID: try row.value("workspace_id"), block: try row.value("block"),
                    position: try row.value("position"), chain: try row.value("chain"))
                let signed = SignedHead(
                    head: head, signature: try row.value("signature"), publicKey: try row.value("public_key"))
                return KeptHead(signed: signed, receivedAt: try row.value("received_at"))
            }
        }
    }
}
