// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// How much can go wrong where an event happened (seed 004).
package enum Zone: String, Sendable, CaseIterable {
    case sandbox, supervised
    case highStakes = "high_stakes"
}

/// A fact that happened, before it has found its place in the log.
package struct Event: Sendable, Equatable {
    package let id: UUID
    package let workspaceID: ID<Workspace>
    package let stream: StreamKey
    /// The name on disk, such as `run.completed`; never reused for another meaning.
    package let type: String
    package let schemaVersion: Int
    package let actor: Principal
    package let zone: Zone
    package let taskID: ID<WorkTask>?
    package let runID: ID<Run>?
    package let correlationID: String?
    /// The event that led to this one.
    package let causationID: UUID?
    package let traceID: String
    package let idempotencyKey: String?
    package let occurredAt: Timestamp
    /// The data as JSON; these bytes are what is hashed, so they are never encoded anew.
    package let body: [UInt8]

    package init(
        id: UUID, workspaceID: ID<Workspace>, stream: StreamKey, type: String, schemaVersion: Int = 1, actor: Principal,
        zone: Zone = .supervised, taskID: ID<WorkTask>? = nil, runID: ID<Run>? = nil, correlationID: String? = nil,
        causationID: UUID? = nil, traceID: String, idempotencyKey: String? = nil, occurredAt: Timestamp, body: [UInt8]
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.stream = stream
        self.type = type
        self.schemaVersion = schemaVersion
        self.actor = actor
        self.zone = zone
        self.taskID = taskID
        self.runID = runID
        self.correlationID = correlationID
        self.causationID = causationID
        self.traceID = traceID
        self.idempotencyKey = idempotencyKey
        self.occurredAt = occurredAt
        self.body = body
    }
}

/// An event in its place in the log.
package struct RecordedEvent: Sendable, Equatable {
    package let event: Event
    /// Its place in the whole workspace: gapless, in commit order.
    package let position: Int64
    /// Its place in its stream: gapless, in commit order.
    package let streamSequence: Int64
    /// Its hash (see `EventDigest.leaf`); empty before it is sealed.
    package let leaf: [UInt8]

    package init(event: Event, position: Int64, streamSequence: Int64, leaf: [UInt8] = []) {
        self.event = event
        self.position = position
        self.streamSequence = streamSequence
        self.leaf = leaf
    }
}

extension UUID {
    /// A version 7 identifier: the millisecond first, so that an index on them grows at one end.
    package static func timeOrdered(at time: Timestamp = .now()) -> UUID { UUID(ULID.make(at: time)) }

    /// Below every `timeOrdered` identifier of the millisecond of `time` and later, and above the earlier ones.
    package static func lowestTimeOrdered(at time: Timestamp) -> UUID {
        UUID(ULID(high: UInt64(max(0, time.microseconds / 1000)) << 16, low: 0))
    }

    private init(_ ulid: ULID) {
        let high = ulid.high & 0xFFFF_FFFF_FFFF_0FFF | 0x7000
        let low = ulid.low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        func byte(_ word: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (56 - 8 * index)) }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5),
                byte(high, 6), byte(high, 7), byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4),
                byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }
}
