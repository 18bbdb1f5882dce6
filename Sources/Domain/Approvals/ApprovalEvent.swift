// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// Everything that can happen to an approval. The stream is that of its room.
package enum ApprovalEvent: RowEvent {
    case requested(ApprovalRequest)
    case approved(note: String?)
    case denied(note: String?)
    case held(note: String?)
    case expired
    case cancelled(reason: String)
    /// Its worker is gone; it stays open for the next one, and nothing waits for it meanwhile.
    case released(reason: String)
    /// The worker that holds the run by now has asked for the same and waits.
    case takenOver(epoch: Int)

    package static let names = [
        "approval.requested", "approval.approved", "approval.denied", "approval.held", "approval.expired",
        "approval.cancelled", "approval.released", "approval.taken_over",
    ]

    package var name: String {
        switch self {
        case .requested: "approval.requested"
        case .approved: "approval.approved"
        case .denied: "approval.denied"
        case .held: "approval.held"
        case .expired: "approval.expired"
        case .cancelled: "approval.cancelled"
        case .released: "approval.released"
        case .takenOver: "approval.taken_over"
        }
    }

    package static var lastEvent: (any WritableKeyPath<Approval, UUID?> & Sendable)? { \Approval.lastEventID }

    package static func key(of row: Approval) -> ID<Approval> { row.id }

    package static func key(in _: EventContext, _ body: EventBody) throws(EventDecodingError) -> ID<Approval> {
        try body.id("approval_id")
    }

    package func body(of row: Approval) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("approval_id", row.id.rawValue)
        switch self {
        case .requested(let request): request.write(to: &writer)
        case .approved(let note), .denied(let note), .held(let note):
            // What was answered is said with the answer, so that one event proves it.
            writer.member("arguments_hash", Hex.text(row.action.argumentsHash))
            writer.optional("note", note)
        case .expired: break
        case .cancelled(let reason), .released(let reason): writer.member("reason", reason)
        case .takenOver(let epoch): writer.member("epoch", epoch)
        }
        writer.member("status", row.status.rawValue)
        writer.member("version", row.version)
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "approval.requested": self = .requested(try ApprovalRequest(body))
        case "approval.approved": self = .approved(note: body.text("note"))
        case "approval.denied": self = .denied(note: body.text("note"))
        case "approval.held": self = .held(note: body.text("note"))
        case "approval.expired": self = .expired
        case "approval.cancelled": self = .cancelled(reason: try body.string("reason"))
        case "approval.released": self = .released(reason: try body.string("reason"))
        case "approval.taken_over": self = .takenOver(epoch: try body.int("epoch"))
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }

    package func applied(to row: Approval?, key: ID<Approval>, in context: EventContext) -> Approval? {
        if case .requested(let request) = self {
            guard case .room(let roomID) = context.stream else { return nil }
            return Approval(
                id: key, workspaceID: context.workspaceID, roomID: roomID, taskID: context.taskID,
                runID: context.runID, stepID: request.stepID, action: request.action, summary: request.summary,
                status: .pending, epoch: request.epoch, requestedBy: context.actor,
                idempotencyKey: context.idempotencyKey, expiresAt: request.expiresAt, createdAt: context.occurredAt)
        }
        guard var approval = row else { return nil }
        approval.version += 1
        switch self {
        case .requested: break
        case .approved(let note): approval.answer(.approved, note, by: context)
        case .denied(let note): approval.answer(.denied, note, by: context)
        case .held(let note): approval.answer(.held, note, by: context)
        case .expired: approval.end(.expired, at: context.occurredAt)
        case .cancelled: approval.end(.cancelled, at: context.occurredAt)
        case .released: approval.epoch = nil
        case .takenOver(let epoch): approval.epoch = epoch
        }
        return approval
    }
}

extension Approval {
    fileprivate mutating func answer(_ status: ApprovalStatus, _ note: String?, by context: EventContext) {
        end(status, at: context.occurredAt)
        self.note = note
        decidedBy = context.actor
    }

    fileprivate mutating func end(_ status: ApprovalStatus, at time: Timestamp) {
        self.status = status
        decidedAt = time
    }
}

/// What people are asked.
package struct ApprovalRequest: Sendable, Equatable {
    package let stepID: ID<Step>?
    package let action: Action
    package let summary: String?
    package let expiresAt: Timestamp
    /// The epoch of the worker that asks and waits; nil when no run waits.
    package let epoch: Int?

    package init(stepID: ID<Step>?, action: Action, summary: String?, expiresAt: Timestamp, epoch: Int?) {
        self.stepID = stepID
        self.action = action
        self.summary = summary
        self.expiresAt = expiresAt
        self.epoch = epoch
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.optional("step_id", stepID?.rawValue)
        writer.name("action")
        writer.beginObject()
        writer.member("kind", action.kind)
        writer.optional("target", action.target)
        writer.member("arguments_hash", Hex.text(action.argumentsHash))
        writer.optional("arguments", json: action.arguments)
        writer.endObject()
        writer.optional("summary", summary)
        writer.optional("expires_at", expiresAt)
        if let epoch { writer.member("epoch", epoch) }
    }

    fileprivate init(_ body: EventBody) throws(EventDecodingError) {
        let action = try body.nested("action")
        guard let hash = Hex.bytes(try action.string("arguments_hash")) else {
            throw EventDecodingError(eventType: body.type, member: "arguments_hash")
        }
        self.init(
            stepID: body.text("step_id").map { ID(trusted: $0) },
            action: Action(
                kind: try action.string("kind"), target: action.text("target"),
                arguments: try action.json("arguments"), argumentsHash: hash),
            summary: body.text("summary"), expiresAt: try body.timestamp("expires_at"),
            epoch: body.object["epoch"]?.int)
    }
}
