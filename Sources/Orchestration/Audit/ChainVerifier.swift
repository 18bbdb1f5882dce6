// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
import Store

/// Reads a workspace's whole log again and recomputes every hash, in one snapshot, in bounded memory.
package struct ChainVerifier: Sendable {
    private static let page = 1000

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
                var walk = Walk(workspaceID: workspaceID, heads: heads, connection: connection)
                do throws(Walk.Stop) {
                    try await walk.run()
                } catch {
                    switch error {
                    case .found(let finding): walk.report.finding = finding
                    case .failed(let error): throw error
                    }
                }
                return walk.report
            }
        }
    }

    /// One pass over blocks and events side by side.
    private struct Walk {
        enum Stop: Error {
            case found(ChainFinding)
            case failed(any Error)
        }

        let workspaceID: ID<Workspace>
        var heads: [SignedHead]
        let connection: PostgresConnection
        var report: ChainReport
        private var chain = EventDigest.genesis
        private var position: Int64 = 0
        private var sequences: [StreamKey: Int64] = [:]
        private var page: ArraySlice<StoredEvent> = []
        /// The last position that a head kept outside has confirmed.
        private var confirmed: Int64 = 0

        init(workspaceID: ID<Workspace>, heads: [SignedHead], connection: PostgresConnection) {
            self.workspaceID = workspaceID
            self.heads = heads
            self.connection = connection
            report = ChainReport(workspaceID: workspaceID)
        }

        mutating func run() async throws(Stop) {
            for head in heads where !head.isAuthentic { throw .found(.headForged(block: head.head.block)) }
            while true {
                let blocks = try await read(EventStore.blocks(of: workspaceID, after: report.blocks, limit: 500))
                for block in blocks { try await check(block) }
                if blocks.count < 500 { break }
            }
            if let extra = try await next() {
                throw .found(.eventUnsealed(position: extra.recorded.position, event: extra.recorded.event.id))
            }
            if let head = heads.first {
                throw .found(
                    .blocksTruncated(kept: head.head.block, found: report.blocks, first: position + 1))
            }
            try await checkHeads()
        }

        private mutating func check(_ block: StoredBlock) async throws(Stop) {
            let content = block.content
            guard content.number == report.blocks + 1 else { throw .found(.blockMissing(report.blocks + 1)) }
            guard content.firstPosition == position + 1 else {
                throw .found(.blockChanged(content.number, first: content.firstPosition, last: content.lastPosition))
            }
            var leaves: [[UInt8]] = []
            while position < content.lastPosition { leaves.append(try await checkNext()) }
            guard EventDigest.root(leaves) == content.root else {
                throw .found(.blockChanged(content.number, first: content.firstPosition, last: content.lastPosition))
            }
            chain = EventDigest.chain(after: chain, workspaceID: workspaceID, block: content)
            guard chain == block.chain else { throw .found(.chainBroken(block: content.number)) }
            report.blocks = content.number
            try compareWithKeptHead(content)
        }

        /// The next event, which must be the one after the last, with all its hashes right.
        private mutating func checkNext() async throws(Stop) -> [UInt8] {
            let expected = position + 1
            guard let stored = try await next(), stored.recorded.position == expected else {
                throw .found(.eventMissing(position: expected))
            }
            let event = stored.recorded.event
            guard EventDigest.body(event.body, salt: stored.salt) == stored.bodyHash else {
                throw .found(.bodyChanged(position: expected, event: event.id))
            }
            let leaf = EventDigest.leaf(stored.recorded, bodyHash: stored.bodyHash)
            guard leaf == stored.leaf else { throw .found(.envelopeChanged(position: expected, event: event.id)) }
            let sequence = sequences[event.stream, default: 0] + 1
            guard stored.recorded.streamSequence == sequence else {
                throw .found(.streamOutOfOrder(position: expected, event: event.id, expected: sequence))
            }
            sequences[event.stream] = sequence
            position = expected
            report.events += 1
            return leaf
        }

        private mutating func compareWithKeptHead(_ block: BlockContent) throws(Stop) {
            while let kept = heads.first?.head, kept.block <= block.number {
                heads.removeFirst()
                guard kept.block == block.number else { continue }
                guard kept.chain == chain, kept.position == block.lastPosition else {
                    throw .found(
                        .historyRewritten(block: block.number, first: confirmed + 1, last: block.lastPosition))
                }
                report.heads += 1
                confirmed = block.lastPosition
            }
        }

        private func checkHeads() async throws(Stop) {
            let workspaces = try await read(EventStore.workspaceHeads())
            guard let head = workspaces.first(where: { $0.workspaceID == workspaceID }),
                head.position == position, head.block == report.blocks, head.chain == chain
            else { throw .found(.headChanged("workspace \(workspaceID)")) }
            var last: StreamKey?
            while true {
                let streams = try await read(EventStore.streamHeads(of: workspaceID, after: last, limit: 1000))
                for (stream, sequence) in streams where sequences[stream, default: 0] != sequence {
                    throw .found(.headChanged("\(stream.type) \(stream.id)"))
                }
                if streams.count < 1000 { return }
                last = streams.last?.stream
            }
        }

        private mutating func next() async throws(Stop) -> StoredEvent? {
            if page.isEmpty {
                page = try await read(
                    EventStore.storedEvents(of: workspaceID, after: position, limit: ChainVerifier.page))[...]
            }
            return page.popFirst()
        }

        private func read<Output>(_ statement: Statement<Output>) async throws(Stop) -> Output {
            do {
                return try statement.decode(try await connection.query(statement.sql))
            } catch {
                throw .failed(error)
            }
        }
    }
}
