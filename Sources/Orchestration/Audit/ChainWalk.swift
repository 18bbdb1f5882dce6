// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store

/// Walks along a workspace's blocks and events side by side and recomputes every hash, from wherever it stands.
struct ChainWalk {
    enum Stop: Error {
        case found(ChainFinding)
        case failed(any Error)
    }

    /// How far a log was found to be as it was written.
    struct Place: Sendable, Equatable {
        var block: Int64 = 0
        var position: Int64 = 0
        var chain = EventDigest.genesis
    }

    private static let page = 1000

    let workspaceID: ID<Workspace>
    private(set) var place: Place
    /// The last number of each stream; nil for a walk that leaves streams alone, since they take memory.
    private(set) var sequences: [StreamKey: Int64]?
    private let connection: PostgresConnection
    private var page: ArraySlice<StoredEvent> = []

    init(
        workspaceID: ID<Workspace>, from place: Place = Place(), checksStreams: Bool, on connection: PostgresConnection
    ) {
        self.workspaceID = workspaceID
        self.place = place
        self.connection = connection
        sequences = checksStreams ? [:] : nil
    }

    /// The next blocks, as they are on disk.
    func blocks(limit: Int) async throws(Stop) -> [StoredBlock] {
        try await read(EventStore.blocks(of: workspaceID, after: place.block, limit: limit))
    }

    /// Checks the block, which must be the next one, with its events, and stands behind it then.
    mutating func check(_ block: StoredBlock) async throws(Stop) {
        let content = block.content
        guard content.number == place.block + 1 else { throw .found(.blockMissing(place.block + 1)) }
        guard content.firstPosition == place.position + 1 else {
            throw .found(.blockChanged(content.number, first: content.firstPosition, last: content.lastPosition))
        }
        var leaves: [[UInt8]] = []
        while place.position < content.lastPosition { leaves.append(try await checkNext()) }
        guard EventDigest.root(leaves) == content.root else {
            throw .found(.blockChanged(content.number, first: content.firstPosition, last: content.lastPosition))
        }
        place.chain = EventDigest.chain(after: place.chain, workspaceID: workspaceID, block: content)
        guard place.chain == block.chain else { throw .found(.chainBroken(block: content.number)) }
        place.block = content.number
    }

    /// The next event, which must be the one after the last, with all its hashes right.
    private mutating func checkNext() async throws(Stop) -> [UInt8] {
        let expected = place.position + 1
        guard let stored = try await next(), stored.recorded.position == expected else {
            throw .found(.eventMissing(position: expected))
        }
        let event = stored.recorded.event
        guard EventDigest.body(event.body, salt: stored.salt) == stored.bodyHash else {
            throw .found(.bodyChanged(position: expected, event: event.id))
        }
        let leaf = EventDigest.leaf(stored.recorded, bodyHash: stored.bodyHash)
        guard leaf == stored.leaf else { throw .found(.envelopeChanged(position: expected, event: event.id)) }
        if sequences != nil {
            let sequence = (sequences?[event.stream] ?? 0) + 1
            guard stored.recorded.streamSequence == sequence else {
                throw .found(.streamOutOfOrder(position: expected, event: event.id, expected: sequence))
            }
            sequences?[event.stream] = sequence
        }
        place.position = expected
        return leaf
    }

    /// At the end of the blocks: no event belongs to none of them.
    mutating func checkNothingIsLeft() async throws(Stop) {
        guard let extra = try await next() else { return }
        throw .found(.eventUnsealed(position: extra.recorded.position, event: extra.recorded.event.id))
    }

    /// At the end of the blocks: no event is left over, and the head says that this is the end.
    mutating func checkEnd() async throws(Stop) {
        try await checkNothingIsLeft()
        guard let head = try await read(EventStore.head(of: workspaceID)), head.position == place.position,
            head.block == place.block, head.chain == place.chain
        else { throw .found(.headChanged("workspace \(workspaceID)")) }
    }

    private mutating func next() async throws(Stop) -> StoredEvent? {
        if page.isEmpty {
            page = try await read(
                EventStore.storedEvents(of: workspaceID, after: place.position, limit: Self.page))[...]
        }
        return page.popFirst()
    }

    func read<Output>(_ statement: Statement<Output>) async throws(Stop) -> Output {
        do {
            return try statement.decode(try await connection.query(statement.sql))
        } catch {
            throw .failed(error)
        }
    }
}
