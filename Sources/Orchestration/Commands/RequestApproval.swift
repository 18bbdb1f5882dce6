// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Asks people about an action, or finds what was asked with the same idempotency key. When the worker that holds a run asks,
/// the run waits for the answer.
package struct RequestApproval: Command {
    package enum Subject: Sendable {
        case room
        /// A run that goes on meanwhile; somebody else asks about it.
        case run(ID<Run>, ID<WorkTask>)
        /// The run of the worker that asks, which waits.
        case held(WorkerCall)
    }

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let subject: Subject
    package let stepID: ID<Step>?
    package let action: Action
    package let summary: String?
    package let lifetime: Duration
    package let idempotencyKey: String?
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, subject: Subject, stepID: ID<Step>?, action: Action,
        summary: String?, lifetime: Duration, idempotencyKey: String? = nil, actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.subject = subject
        self.stepID = stepID
        self.action = action
        self.summary = summary
        self.lifetime = lifetime
        self.idempotencyKey = idempotencyKey
        self.actor = actor
        self.traceID = traceID
    }

    private var runID: ID<Run>? {
        switch subject {
        case .room: nil
        case .run(let id, _): id
        case .held(let call): call.proof.runID
        }
    }

    private var requestKey: String? {
        idempotencyKey.map { Approval.requestKey($0, by: actor, run: runID, room: roomID) }
    }

    package var needs: CommandNeeds {
        var needs: CommandNeeds
        switch subject {
        case .room:
            needs = CommandNeeds()
            needs.streams = [.room(roomID)]
            needs.rows.rooms.want(roomID)
        case .run(_, let taskID): needs = CommandNeeds(task: taskID, in: roomID)
        case .held(let call): needs = call.needs
        }
        // A key is good within one room, whose head is locked in any case.
        if let requestKey { needs.rows.approvals.want(idempotencyKey: requestKey) }
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Making<Approval> {
        if let requestKey, let earlier = state.rows.approvals.row(withIdempotencyKey: requestKey) {
            return try find(earlier, in: &state)
        }
        return .made(try ask(in: &state))
    }

    /// What was asked for stands, with its answer if there is one. One that is open goes over to whoever holds the run now.
    private func find(_ earlier: Approval, in state: inout FlushState) throws(Problem) -> Making<Approval> {
        if case .held(let call) = subject {
            let (lease, context) = try call.check(state)
            try requireSameAction(as: earlier)
            guard earlier.status.isOpen else { return .existing(earlier.id) }
            if earlier.epoch != lease.epoch {
                try state.record(.takenOver(epoch: lease.epoch), on: earlier.id, in: \.approvals, context)
            }
            try wait(for: earlier.id, call, lease, in: &state)
        } else {
            try requireSameAction(as: earlier)
        }
        return .existing(earlier.id)
    }

    private func requireSameAction(as earlier: Approval) throws(Problem) {
        guard earlier.action == action else {
            throw .reusedKey("/idempotency_key", ["approval_id": .string(earlier.id.rawValue)])
        }
    }

    private func wait(
        for id: ID<Approval>, _ call: WorkerCall, _ lease: Lease, in state: inout FlushState
    ) throws(Problem) {
        guard try state.task(call.taskID).run.status == .running else { return }
        state.record(.waiting(approvalID: id, epoch: lease.epoch), on: call.taskID, by: actor)
    }

    private func ask(in state: inout FlushState) throws(Problem) -> ID<Approval> {
        switch subject {
        case .room:
            guard let room = state.rows.rooms[roomID] else { throw .invalid("/room_id", "there is no such room") }
            guard room.archivedAt == nil else {
                throw Problem(.conflict, "The room is archived; restore it first.", code: "room_archived")
            }
            return try request(&state, in: state.context(.room(roomID), by: actor, traceID: traceID))
        case .run(let runID, let taskID):
            let aggregate = try state.task(taskID)
            guard aggregate.run.id == runID, !aggregate.run.status.isFinal else {
                throw Problem(.conflict, "The run has ended.", code: "run_ended")
            }
            let context = state.context(.room(roomID), by: actor, traceID: traceID)
            return try request(&state, in: context.about(aggregate.task, run: runID))
        case .held(let call):
            let (lease, context) = try call.check(state)
            let id = try request(&state, in: context, epoch: lease.epoch)
            try wait(for: id, call, lease, in: &state)
            return id
        }
    }

    private func request(
        _ state: inout FlushState, in context: EventContext, epoch: Int? = nil
    ) throws(Problem) -> ID<Approval> {
        let id = ID<Approval>.make()
        var context = context
        context.idempotencyKey = idempotencyKey
        let request = ApprovalRequest(
            stepID: stepID, action: action, summary: summary, expiresAt: state.now + lifetime, epoch: epoch)
        try state.record(.requested(request), on: id, in: \.approvals, context)
        return id
    }

    package func memo(of outcome: Making<Approval>) -> [UInt8]? {
        Array((outcome.isReplay ? "=" : "+").utf8) + Array(outcome.id.rawValue.utf8)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Making<Approval> {
        let text = String(decoding: memo ?? [], as: UTF8.self)
        let id = ID<Approval>(trusted: String(text.dropFirst()))
        return text.hasPrefix("=") ? .existing(id) : .made(id)
    }
}
