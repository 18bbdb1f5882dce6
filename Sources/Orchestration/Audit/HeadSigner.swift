// SPDX-License-Identifier: Apache-2.0

package import Common
package import Crypto
package import Domain
package import Logging
package import Postgres
import Store

/// Whoever keeps signed heads outside our database.
package protocol HeadKeeper: Sendable {
    /// The last head it has of a workspace.
    func latest(of workspaceID: ID<Workspace>) async throws -> SignedHead?

    /// Hands over a head with all blocks since the last one. Throws a `Problem` of kind `.conflict` when it does not
    /// go on from that.
    func keep(_ head: SignedHead, blocks: [BlockContent]) async throws

    /// Heads after a block, in order; a page.
    func heads(of workspaceID: ID<Workspace>, afterBlock block: Int64) async throws -> [SignedHead]
}

/// Signs the ends of the workspaces' chains every few seconds and hands them to the keeper.
///
/// A chain that lives only in the database proves nothing against whoever may change all of it.
package actor HeadSigner {
    /// Blocks handed over at once; a longer way is walked in several heads.
    private static let batch = 2000

    private let key: Curve25519.Signing.PrivateKey
    private let keeper: any HeadKeeper
    private let pool: PostgresPool
    private let period: Duration
    private let incidents: SystemIncidents
    private let logger: Logger
    /// The last block of each workspace that the keeper has taken.
    private var lastKept: [ID<Workspace>: Int64] = [:]
    /// Workspaces of which the keeper refuses to go on from what it has.
    package private(set) var forks: Set<ID<Workspace>> = []

    package init(
        key: Curve25519.Signing.PrivateKey, keeper: any HeadKeeper, pool: PostgresPool, period: Duration,
        incidents: SystemIncidents, logger: Logger
    ) {
        self.key = key
        self.keeper = keeper
        self.pool = pool
        self.period = period
        self.incidents = incidents
        self.logger = logger
    }

    /// One pass: hands over what is new in any workspace; due again after the period.
    package func pass() async throws -> Duration? {
        let statement = EventStore.workspaceHeads()
        var failure: (any Error)?
        for head in try statement.decode(try await pool.query(statement.sql)) {
            guard head.block > 0, head.block != lastKept[head.workspaceID] else { continue }
            do {
                try await handOver(head.workspaceID)
            } catch {
                // What ails one workspace must not keep the others from being signed.
                failure = error
            }
        }
        if let failure { throw failure }
        return period
    }

    private func handOver(_ workspaceID: ID<Workspace>) async throws {
        do {
            try await handOverBlocks(of: workspaceID)
            forks.remove(workspaceID)
        } catch let problem as Problem where problem.kind == .conflict {
            do {
                try await catchUp(workspaceID)
                forks.remove(workspaceID)
            } catch let problem as Problem where problem.kind == .conflict {
                logger.critical(
                    "the signed head was refused: the log and the heads kept outside disagree; run verify",
                    metadata: ["workspace_id": "\(workspaceID)", "code": "\(problem.code)"])
                guard !forks.contains(workspaceID) else { return }
                try await incidents.open(
                    IncidentReport(
                        .chainMismatch, title: "The event log and the heads kept outside disagree",
                        description: "\(problem.message) `orchestrator-svc verify` tells where."),
                    key: "heads", in: workspaceID)
                forks.insert(workspaceID)
            }
        }
    }

    /// Goes on from the head that the keeper has by now, after a refusal. Another orchestrator may be faster, and that again
    /// and again: only where the keeper stands still between two refusals does it have something against the log.
    private func catchUp(_ workspaceID: ID<Workspace>) async throws {
        lastKept[workspaceID] = nil
        let before = try await agreedBlock(of: workspaceID)
        do {
            lastKept[workspaceID] = before
            try await handOverBlocks(of: workspaceID)
        } catch let problem as Problem where problem.kind == .conflict {
            lastKept[workspaceID] = nil
            guard try await agreedBlock(of: workspaceID) > before else { throw problem }
        }
    }

    /// The block of the keeper's last head, which must be in the log as it was signed: a log that was cut off and written
    /// anew would otherwise be noticed only once it is longer than before.
    private func agreedBlock(of workspaceID: ID<Workspace>) async throws -> Int64 {
        guard let kept = try await keeper.latest(of: workspaceID)?.head else { return 0 }
        let statement = EventStore.blocks(of: workspaceID, after: kept.block - 1, limit: 1)
        let found = try statement.decode(try await pool.query(statement.sql)).first
        guard let found, found.content.number == kept.block, found.chain == kept.chain else {
            throw Problem(.conflict, "The log does not contain block \(kept.block) as it was signed.", code: "fork")
        }
        return kept.block
    }

    private func handOverBlocks(of workspaceID: ID<Workspace>) async throws {
        var last: Int64
        if let kept = lastKept[workspaceID] { last = kept } else { last = try await agreedBlock(of: workspaceID) }
        while true {
            let statement = EventStore.blocks(of: workspaceID, after: last, limit: Self.batch)
            let blocks = try statement.decode(try await pool.query(statement.sql))
            guard let newest = blocks.last else { break }
            let head = ChainHead(
                workspaceID: workspaceID, block: newest.content.number, position: newest.content.lastPosition,
                chain: newest.chain)
            let signed = SignedHead(
                head: head, signature: Array(try key.signature(for: head.signedBytes)),
                publicKey: Array(key.publicKey.rawRepresentation))
            try await keeper.keep(signed, blocks: blocks.map(\.content))
            last = newest.content.number
            lastKept[workspaceID] = last
            if blocks.count < Self.batch { break }
        }
        lastKept[workspaceID] = last
    }
}
