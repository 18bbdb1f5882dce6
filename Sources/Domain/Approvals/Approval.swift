// SPDX-License-Identifier: Apache-2.0

package import Common
import Crypto
package import FoundationEssentials

/// Where a question to people stands.
package enum ApprovalStatus: String, Sendable, CaseIterable {
    case pending, approved, denied
    /// A person has seen it and puts the answer off.
    case held
    /// Nobody answered in time.
    case expired
    /// Nobody needs the answer any more.
    case cancelled

    /// Whether it can still be answered.
    package var isOpen: Bool { self == .pending || self == .held }
}

/// What a decision is about: its kind, its target, and exactly these arguments.
package struct Action: Sendable, Equatable {
    /// Actions are equal when a decision about one is a decision about the other, however their arguments are spelt.
    package static func == (one: Action, other: Action) -> Bool {
        one.kind == other.kind && one.target == other.target && one.argumentsHash == other.argumentsHash
    }

    /// A stable word such as `external.write`.
    package let kind: String
    package let target: String?
    /// JSON.
    package let arguments: [UInt8]
    /// SHA-256 of the arguments in the one form of RFC 8785: other arguments need another answer.
    package let argumentsHash: [UInt8]

    package init(kind: String, target: String?, arguments: JSONValue) {
        self.kind = kind
        self.target = target
        self.arguments = arguments.bytes
        argumentsHash = Array(SHA256.hash(data: arguments.canonicalBytes))
    }

    /// Takes over what is stored.
    package init(kind: String, target: String?, arguments: [UInt8], argumentsHash: [UInt8]) {
        self.kind = kind
        self.target = target
        self.arguments = arguments
        self.argumentsHash = argumentsHash
    }
}

/// A question to people, answered once, for one action, within a time.
package struct Approval: Identified, Sendable, Equatable {
    package static let idPrefix = "appr"

    package let id: ID<Approval>
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>?
    package let runID: ID<Run>?
    package let stepID: ID<Step>?
    package let action: Action
    package let summary: String?
    package var status: ApprovalStatus
    /// The epoch of the worker that waits for it; nil when no run waits for it.
    package var epoch: Int?
    package let requestedBy: Principal
    /// What its requester finds it by; nil when it is not to be found again.
    package let idempotencyKey: String?
    /// Who answered last.
    package var decidedBy: Principal?
    package var note: String?
    package let expiresAt: Timestamp
    package let createdAt: Timestamp
    /// When it was answered last, or ended.
    package var decidedAt: Timestamp?
    /// Rises by one with every event.
    package var version: Int
    /// The event that last changed it. Nil in rows that no event made.
    package var lastEventID: UUID?

    package init(
        id: ID<Approval>, workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>?, runID: ID<Run>?,
        stepID: ID<Step>?, action: Action, summary: String?, status: ApprovalStatus, epoch: Int?,
        requestedBy: Principal, idempotencyKey: String? = nil, decidedBy: Principal? = nil, note: String? = nil,
        expiresAt: Timestamp, createdAt: Timestamp, decidedAt: Timestamp? = nil, version: Int = 1,
        lastEventID: UUID? = nil
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.runID = runID
        self.stepID = stepID
        self.action = action
        self.summary = summary
        self.status = status
        self.epoch = epoch
        self.requestedBy = requestedBy
        self.idempotencyKey = idempotencyKey
        self.decidedBy = decidedBy
        self.note = note
        self.expiresAt = expiresAt
        self.createdAt = createdAt
        self.decidedAt = decidedAt
        self.version = version
        self.lastEventID = lastEventID
    }

    /// Whether the run waits until it is answered.
    package var holdsRun: Bool { epoch != nil && status.isOpen }

    /// What `key` of a requester means: something else for each run, and for each room where there is no run.
    package static func requestKey(
        _ key: String, by requester: Principal, run: ID<Run>?, room: ID<Room>
    ) -> String { "\(run?.rawValue ?? room.rawValue):\(requester.text):\(key)" }

    /// What a repeated request for it is found by.
    package var requestKey: String? {
        idempotencyKey.map { Self.requestKey($0, by: requestedBy, run: runID, room: roomID) }
    }
}

/// A person's answer.
package enum ApprovalDecision: String, Sendable, CaseIterable {
    case approve, deny, hold
}

/// Why an answer does not count.
package enum ApprovalError: Error, Sendable, Equatable {
    case notOpen(ApprovalStatus)
    case tooLate
}

extension Approval {
    /// A person answers.
    package func decide(
        _ decision: ApprovalDecision, note: String?, at time: Timestamp
    ) throws(ApprovalError) -> ApprovalEvent {
        guard status.isOpen else { throw .notOpen(status) }
        // Whoever closes what is overdue may not have come by yet.
        guard time < expiresAt else { throw .tooLate }
        return switch decision {
        case .approve: .approved(note: note)
        case .deny: .denied(note: note)
        case .hold: .held(note: note)
        }
    }
}
