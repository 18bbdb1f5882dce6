// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// Something that went wrong and that somebody has to look at.
package struct Incident: Identified, Sendable, Equatable {
    package static let idPrefix = "inc"
    /// Links of one kind that an incident has at most.
    package static let mostLinks = 500

    package enum Severity: String, Sendable, CaseIterable { case low, medium, high, critical }

    /// Open, seen by somebody, done with. There is no way back: what happens again is a new incident.
    package enum Status: String, Sendable, CaseIterable { case open, acknowledged, closed }

    package let id: ID<Incident>
    package let workspaceID: ID<Workspace>
    /// Nil when it belongs to the workspace as a whole.
    package let roomID: ID<Room>?
    /// A word for what sort of thing it is, such as `worker_lost`.
    package let kind: String
    package let severity: Severity
    package let title: String
    package let description: String
    package var status: Status
    package let idempotencyKey: String?
    /// The run that it is about.
    package let runID: ID<Run>?
    package var runIDs: [ID<Run>]
    package var eventIDs: [UUID]
    package let openedBy: Principal
    package var acknowledgedBy: Principal?
    package var closedBy: Principal?
    /// What was said last when it was acknowledged or closed.
    package var note: String?
    package var version: Int
    package let openedAt: Timestamp
    package var acknowledgedAt: Timestamp?
    package var closedAt: Timestamp?

    package init(
        id: ID<Incident>, workspaceID: ID<Workspace>, roomID: ID<Room>?, kind: String, severity: Severity,
        title: String, description: String, status: Status = .open, idempotencyKey: String?, runID: ID<Run>?,
        runIDs: [ID<Run>], eventIDs: [UUID], openedBy: Principal, acknowledgedBy: Principal? = nil,
        closedBy: Principal? = nil, note: String? = nil, version: Int = 1, openedAt: Timestamp,
        acknowledgedAt: Timestamp? = nil, closedAt: Timestamp? = nil
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.kind = kind
        self.severity = severity
        self.title = title
        self.description = description
        self.status = status
        self.idempotencyKey = idempotencyKey
        self.runID = runID
        self.runIDs = runIDs
        self.eventIDs = eventIDs
        self.openedBy = openedBy
        self.acknowledgedBy = acknowledgedBy
        self.closedBy = closedBy
        self.note = note
        self.version = version
        self.openedAt = openedAt
        self.acknowledgedAt = acknowledgedAt
        self.closedAt = closedAt
    }

    /// Where its events go.
    package var stream: StreamKey { roomID.map { .room($0) } ?? .workspace(workspaceID) }

    /// What it is found by when the same thing is reported again; nil without a key, and once it is closed.
    package var openKey: String? {
        guard status != .closed, let idempotencyKey else { return nil }
        return Self.openKey(kind: kind, idempotencyKey: idempotencyKey)
    }

    /// The keys of the orchestrator's own incidents are apart from those of callers, so that nobody can hide one of them
    /// behind an incident that was opened before.
    package static func openKey(kind: String, idempotencyKey: String) -> String {
        SystemIncident(rawValue: kind) == nil ? "caller/\(idempotencyKey)" : "system/\(kind)/\(idempotencyKey)"
    }
}

/// What the orchestrator opens incidents for by itself; callers cannot use these words as a kind.
package enum SystemIncident: String, Sendable, CaseIterable {
    /// A worker went silent while it held runs.
    case workerLost = "worker_lost"
    /// The log, or the heads of it that are kept outside, are not as they were written.
    case chainMismatch = "chain_mismatch"
    /// Many tasks failed for good in a short time.
    case deadLetterGrowth = "dead_letter_growth"
    /// Log frames were lost on their way to logging-svc.
    case logDrop = "log_drop"
    /// A row is not what the events say.
    case projectionDrift = "projection_drift"

    package var severity: Incident.Severity {
        switch self {
        case .workerLost, .logDrop: .medium
        case .deadLetterGrowth, .projectionDrift: .high
        case .chainMismatch: .critical
        }
    }
}
