// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// A person answers an approval. The run that waits for it goes on, unless it waits for others, too.
package struct DecideApproval: Command {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>?
    package let approvalID: ID<Approval>
    package let decision: ApprovalDecision
    package let note: String?
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>?, approvalID: ID<Approval>,
        decision: ApprovalDecision, note: String?, actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.approvalID = approvalID
        self.decision = decision
        self.note = note
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        if let taskID { needs = CommandNeeds(task: taskID, in: roomID) }
        needs.streams.insert(.room(roomID))
        needs.rows.approvals.want(approvalID)
        return needs
    }

    /// The approval as it is afterwards.
    package func decide(_ state: inout FlushState) throws(Problem) -> Approval {
        let open = try approval(in: state)
        let event: ApprovalEvent
        do throws(ApprovalError) {
            event = try open.decide(decision, note: note, at: state.now)
        } catch {
            throw Problem(error)
        }
        try state.record(
            event, on: approvalID, in: \.approvals,
            state.context(of: open, by: actor, traceID: traceID))
        let decided = try approval(in: state)
        state.resume(after: decided, by: actor)
        return decided
    }

    private func approval(in state: FlushState) throws(Problem) -> Approval {
        guard let approval = state.rows.approvals[approvalID] else { throw .notFound("approval", approvalID.rawValue) }
        return approval
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Approval {
        try approval(in: state)
    }
}

extension FlushState {
    /// What events of an approval say beside what happened: as part of its task's story, where it has one.
    func context(of approval: Approval, by actor: Principal, traceID: String) -> EventContext {
        let context = context(.room(approval.roomID), by: actor, traceID: traceID)
        guard let task = approval.taskID.flatMap({ tasks[$0]?.task }) else { return context }
        return context.about(task, run: approval.runID)
    }
}

extension Problem {
    /// The domain's refusal in the words of the API.
    init(_ error: ApprovalError) {
        switch error {
        case .notOpen(let status):
            self.init(
                .conflict, "The approval is \(status.rawValue) and cannot be answered any more.",
                code: "approval_decided", details: ["current_status": .string(status.rawValue)])
        case .tooLate:
            self.init(
                .conflict, "The time to answer is over.", code: "approval_expired",
                details: ["current_status": .string(ApprovalStatus.expired.rawValue)])
        }
    }
}
