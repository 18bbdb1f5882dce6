// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Asks people about an action. When the worker that holds a run asks, the run waits for the answer.
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
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, subject: Subject, stepID: ID<Step>?, action: Action,
        summary: String?, lifetime: Duration, actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.subject = subject
        self.stepID = stepID
        self.action = action
        self.summary = summary
        self.lifetime = lifetime
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        switch subject {
        case .room:
            var needs = CommandNeeds()
            needs.streams = [.room(roomID)]
            needs.rows.rooms.want(roomID)
            return needs
        case .run(_, let taskID): return CommandNeeds(task: taskID, in: roomID)
        case .held(let call): return call.needs
        }
    }

    /// The new approval's identifier.
    package func decide(_ state: inout FlushState) throws(Problem) -> ID<Approval> {
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
            if try state.task(call.taskID).run.status == .running {
                state.record(.waiting(approvalID: id, epoch: lease.epoch), on: call.taskID, by: actor)
            }
            return id
        }
    }

    private func request(
        _ state: inout FlushState, in context: EventContext, epoch: Int? = nil
    ) throws(Problem) -> ID<Approval> {
        let id = ID<Approval>.make()
        let request = ApprovalRequest(
            stepID: stepID, action: action, summary: summary, expiresAt: state.now + lifetime, epoch: epoch)
        try state.record(.requested(request), on: id, in: \.approvals, context)
        return id
    }

    package func memo(of outcome: ID<Approval>) -> [UInt8]? { Array(outcome.rawValue.utf8) }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> ID<Approval> {
        ID(trusted: String(decoding: memo ?? [], as: UTF8.self))
    }
}
