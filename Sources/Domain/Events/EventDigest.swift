// SPDX-License-Identifier: Apache-2.0

package import Common
import Crypto
import FoundationEssentials

/// The hashes that make the log tamper-evident. See `docs/architecture/kernel.md` for what they prove.
///
/// Every hash is SHA-256 over fields that are each preceded by their length, so that no two different inputs give the
/// same bytes; the first byte says what is being hashed (RFC 6962's separation of leaves and nodes).
package enum EventDigest {
    /// Bytes of every hash.
    package static let size = 32

    private enum Domain: UInt8 { case leaf = 0x00, node = 0x01, block = 0x02, body = 0x03 }

    /// The salted hash of an event's body, which stays when the body itself is redacted.
    package static func body(_ body: [UInt8], salt: [UInt8]) -> [UInt8] {
        var input = Input(.body)
        input.add(salt)
        input.add(body)
        return input.hash()
    }

    /// The hash of an event in its place: the envelope, the position, the sequence and the body's hash.
    package static func leaf(_ recorded: RecordedEvent, bodyHash: [UInt8]) -> [UInt8] {
        let event = recorded.event
        var input = Input(.leaf)
        input.add(UInt64(bitPattern: recorded.position))
        input.add(UInt64(bitPattern: recorded.streamSequence))
        input.add(event.id)
        input.add(event.workspaceID.rawValue)
        input.add(event.stream.type)
        input.add(event.stream.id)
        input.add(event.type)
        input.add(UInt64(event.schemaVersion))
        input.add(event.actor.text)
        input.add(event.zone.rawValue)
        input.add(event.taskID?.rawValue)
        input.add(event.runID?.rawValue)
        input.add(event.correlationID)
        if let cause = event.causationID { input.add(cause) } else { input.add(nil as String?) }
        input.add(event.traceID)
        input.add(event.idempotencyKey)
        input.add(UInt64(bitPattern: event.occurredAt.microseconds))
        input.add(bodyHash)
        return input.hash()
    }

    /// The Merkle root (RFC 6962 §2.1 shape) over the leaves of one flush, in order of position; never empty.
    package static func root(_ leaves: [[UInt8]]) -> [UInt8] {
        var level = leaves
        while level.count > 1 {
            var next: [[UInt8]] = []
            next.reserveCapacity((level.count + 1) / 2)
            for index in stride(from: 0, to: level.count - 1, by: 2) {
                var input = Input(.node)
                input.add(level[index])
                input.add(level[index + 1])
                next.append(input.hash())
            }
            // An odd one out rises unchanged, which gives the same tree as splitting at the largest power of two.
            if level.count % 2 == 1, let last = level.last { next.append(last) }
            level = next
        }
        return level.first ?? [UInt8](repeating: 0, count: size)
    }

    /// The link of a block to the one before it.
    package static func chain(after previous: [UInt8], workspaceID: ID<Workspace>, block: BlockContent) -> [UInt8] {
        var input = Input(.block)
        input.add(previous)
        input.add(workspaceID.rawValue)
        input.add(UInt64(bitPattern: block.number))
        input.add(UInt64(bitPattern: block.firstPosition))
        input.add(UInt64(bitPattern: block.lastPosition))
        input.add(block.root)
        return input.hash()
    }

    /// What the first block of a workspace is chained to.
    package static let genesis = [UInt8](repeating: 0, count: size)

    /// 16 random bytes that keep a body from being guessed from its hash once it is redacted.
    package static func makeSalt() -> [UInt8] {
        let random = PooledRandom()
        let halves: (UInt64, UInt64) = (random.next(), random.next())
        return (0..<8).map { UInt8(truncatingIfNeeded: halves.0 >> ($0 * 8)) }
            + (0..<8).map { UInt8(truncatingIfNeeded: halves.1 >> ($0 * 8)) }
    }

    private struct Input {
        private var hasher = SHA256()
        private var bytes: [UInt8]

        init(_ domain: Domain) {
            bytes = [domain.rawValue]
            bytes.reserveCapacity(512)
        }

        mutating func add(_ number: UInt64) {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }

        mutating func add(_ field: [UInt8]) {
            add(UInt64(field.count))
            bytes.append(contentsOf: field)
        }

        /// Nothing is told apart from empty text by a length that no text has.
        mutating func add(_ text: String?) {
            guard let text else { return add(UInt64.max) }
            add(UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }

        mutating func add(_ id: UUID) {
            let parts = id.uuid
            add([
                parts.0, parts.1, parts.2, parts.3, parts.4, parts.5, parts.6, parts.7, parts.8, parts.9, parts.10,
                parts.11, parts.12, parts.13, parts.14, parts.15,
            ])
        }

        mutating func hash() -> [UInt8] {
            hasher.update(data: bytes)
            return Array(hasher.finalize())
        }
    }
}

/// What one flush adds to a workspace's chain.
package struct BlockContent: Sendable, Equatable {
    /// 1 for the first block of the workspace, then without gaps.
    package let number: Int64
    package let firstPosition: Int64
    package let lastPosition: Int64
    package let root: [UInt8]

    package init(number: Int64, firstPosition: Int64, lastPosition: Int64, root: [UInt8]) {
        self.number = number
        self.firstPosition = firstPosition
        self.lastPosition = lastPosition
        self.root = root
    }
}

/// The end of a workspace's chain, as signed and kept outside the database.
package struct ChainHead: Sendable, Equatable {
    package let workspaceID: ID<Workspace>
    package let block: Int64
    package let position: Int64
    package let chain: [UInt8]

    package init(workspaceID: ID<Workspace>, block: Int64, position: Int64, chain: [UInt8]) {
        self.workspaceID = workspaceID
        self.block = block
        self.position = position
        self.chain = chain
    }

    /// The bytes that are signed: a name for the purpose, then the members, one a line.
    package var signedBytes: [UInt8] {
        let hex = Hex.text(chain)
        return Array("tutti-chain-head-v1\n\(workspaceID.rawValue)\n\(block)\n\(position)\n\(hex)\n".utf8)
    }
}
