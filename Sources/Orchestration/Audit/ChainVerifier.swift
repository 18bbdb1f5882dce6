// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
import Store

/// Reads a workspace's whole log again and recomputes every hash, in one snapshot, in bounded memory.
package struct ChainVerifier: Sendable {
    private let workspaceID: ID<Workspace>
    /// Signed heads from outside the database, by block.
    private let heads: [SignedHead]

    package init(workspaceID: ID<Workspace>, heads: [SignedHead]) {
        self.workspaceID = workspaceID
        self.heads = heads.sorted { $0.head.block < $1.head.block }
    }

    package func verify(on pool: PostgresPool) async throws -> ChainReport {
        try await pool.withConnection { connection in
            try await connection.transaction(options: "ISOLATION LEVEL REPEATABLE READ, READ ONLY") { connection in
                var verification = Verification(workspaceID: workspaceID, heads: heads, connection: connection)
                do throws(ChainWalk.Stop) {
                    try await verification.run()
                } catch {
                    switch error {
                    case .found(let finding): verification.finding = finding
                    case .failed(let error): throw error
                    }
                }
                return verification.report
            }
        }
    }

    /// One walk from the first event to the last, past the heads kept outside.
    private struct Verification {
        private var walk: ChainWalk
        private var heads: [SignedHead]
        private var compared = 0
        /// The last position that a head kept outside has confirmed.
        private var confirmed: Int64 = 0
        var finding: ChainFinding?

        init(workspaceID: ID<Workspace>, heads: [SignedHead], connection: PostgresConnection) {
            walk = ChainWalk(workspaceID: workspaceID, checksStreams: true, on: connection)
            self.heads = heads
        }

        var report: ChainReport {
            ChainReport(
                workspaceID: walk.workspaceID, blocks: walk.place.block, events: walk.place.position, heads: compared,
                finding: finding)
        }

        mutating func run() async throws(ChainWalk.Stop) {
            for head in heads where !head.isAuthentic { throw .found(.headForged(block: head.head.block)) }
            while true {
                let blocks = try await walk.blocks(limit: 500)
                for block in blocks {
                    try await walk.check(block)
                    try compareWithKeptHead(block.content)
                }
                if blocks.count < 500 { break }
            }
            if let head = heads.first {
                try await walk.checkNothingIsLeft()
                throw .found(
                    .blocksTruncated(
                        kept: head.head.block, found: walk.place.block, first: walk.place.position + 1))
            }
            try await walk.checkEnd()
            try await checkStreamHeads()
        }

        private mutating func compareWithKeptHead(_ block: BlockContent) throws(ChainWalk.Stop) {
            while let kept = heads.first?.head, kept.block <= block.number {
                heads.removeFirst()
                guard kept.block == block.number else { continue }
                guard kept.chain == walk.place.chain, kept.position == block.lastPosition else {
                    throw .found(
                        .historyRewritten(block: block.number, first: confirmed + 1, last: block.lastPosition))
                }
                compared += 1
                confirmed = block.lastPosition
            }
        }

        private func checkStreamHeads() async throws(ChainWalk.Stop) {
            var last: StreamKey?
            while true {
                let streams = try await walk.read(
                    EventStore.streamHeads(of: walk.workspaceID, after: last, limit: 1000))
                for (stream, sequence) in streams where (walk.sequences?[stream] ?? 0) != sequence {
                    throw .found(.headChanged("\(stream.type) \(stream.id)"))
                }
                if streams.count < 1000 { return }
                last = streams.last?.stream
            }
        }
    }
}
