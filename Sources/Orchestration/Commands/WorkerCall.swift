// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// What a command about a run is about, and who proves that the run is theirs.
package struct WorkerCall: Sendable {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>
    package let proof: LeaseProof
    package let actor: Principal

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>, proof: LeaseProof, actor: Principal
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.proof = proof
        self.actor = actor
    }

    /// The task, and the room's stream that locks all that belongs to it.
    var needs: CommandNeeds { CommandNeeds(task: taskID, in: roomID) }

    /// The proven lease, and what events of it say beside what happened.
    func check(_ state: FlushState) throws(Problem) -> (lease: Lease, context: EventContext) {
        let aggregate = try state.task(taskID)
        do throws(TaskError) {
            let lease = try proof.lease(on: aggregate)
            let task = aggregate.task
            let context = state.context(.room(roomID), by: actor, traceID: task.traceID)
            return (lease, context.about(task, run: lease.runID))
        } catch {
            throw Problem(error)
        }
    }
}

extension Problem {
    /// The domain's refusal in the words of the API; `noun` is `step` or `tool call`.
    init(_ error: StepError, _ noun: String) {
        switch error {
        case .finished(let status):
            self.init(
                .conflict, "The \(noun) is \(status) and cannot end in another way.", code: "already_finished",
                details: ["current_status": .string(status)])
        case .notStarted(let epoch):
            self.init(
                .conflict, "The \(noun) was started under an earlier epoch; start it again by its key first.",
                code: "not_started", details: ["epoch": JSONValue(epoch)])
        }
    }
}
