// SPDX-License-Identifier: Apache-2.0

package import Common
import Crypto

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
    /// The epoch of the worker that asked and waits; nil when no run waits for it.
    package let epoch: Int?
    package let requestedBy: Principal
    /// Who answered last.
    package var decidedBy: Principal?
    package var note: String?
    package let expiresAt: Timestamp
    package let createdAt: Timestamp
    /// When it was answered last, or ended.
    package var decidedAt: Timestamp?
    /// Rises by one with every event.
    package var version: Int

    package init(
        id: ID<Approval>, workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>?, runID: ID<Run>?,
        stepID: ID<Step>?, action: Action, summary: String?, status: ApprovalStatus, epoch: Int?,
        requestedBy: Principal, decidedBy: Principal? = nil, note: String? = nil, expiresAt: Timestamp,
        createdAt: Timestamp, decidedAt: Timestamp? = nil, version: Int = 1
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
        self.decidedBy = decidedBy
        self.note = note
        self.expiresAt = expiresAt
        self.createdAt = createdAt
        self.decidedAt = decidedAt
        self.version = version
    }

    /// Whether the run waits until it is answered.
    package var holdsRun: Bool { epoch != nil && status.isOpen }
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
