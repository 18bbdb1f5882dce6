// SPDX-License-Identifier: Apache-2.0

import Common
import Domain

/// Runs wait for the approvals that their workers asked for, and take them along when they end.
extension FlushState {
    /// Lets the run of `approval` go on, if that was the last answer it waited for.
    mutating func resume(after approval: Approval, by actor: Principal) {
        guard let taskID = approval.taskID, let runID = approval.runID, approval.epoch != nil,
            let run = tasks[taskID]?.run, run.id == runID, run.status == .waiting,
            !rows.approvals.known.contains(where: { $0.runID == runID && $0.holdsRun })
        else { return }
        record(.resumed(approvalID: approval.id, status: approval.status), on: taskID, by: actor)
    }

    /// Cancels the open approvals that nobody needs after `event`, which has just happened to a run of `task`.
    mutating func cancelApprovals(after event: TaskEvent, to runID: ID<Run>, of task: WorkTask, by actor: Principal) {
        let reason: String
        let isOver: Bool
        switch event {
        case .created, .edited, .due, .unblocked, .claimed, .started, .waiting, .resumed, .retriedByHand, .replayed:
            return
        case .completed, .failed, .cancelled, .completedByHand, .failedByHand: (reason, isOver) = ("run_ended", true)
        // What people ask about the run by themselves stays, since the run goes on.
        case .leaseLost, .released: (reason, isOver) = ("lease_lost", false)
        }
        let open = rows.approvals.known.filter { approval in
            approval.runID == runID && approval.status.isOpen && (isOver || approval.epoch != nil)
        }
        let context = context(.room(task.roomID), by: actor, traceID: task.traceID).about(task, run: runID)
        for approval in open.sorted(by: { $0.id < $1.id }) {
            // It is there, so that it cannot be missed.
            _ = try? record(.cancelled(reason: reason), on: approval.id, in: \.approvals, context)
        }
    }
}
