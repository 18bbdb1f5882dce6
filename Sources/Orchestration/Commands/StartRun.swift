// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// A worker outside begins with the run it has claimed. Saying so twice changes nothing.
package struct StartRun: Command {
    package let workspaceID: ID<Workspace>
    package let place: TaskPlace
    package let proof: LeaseProof
    package let actor: Principal

    package init(workspaceID: ID<Workspace>, place: TaskPlace, proof: LeaseProof, actor: Principal) {
        self.workspaceID = workspaceID
        self.place = place
        self.proof = proof
        self.actor = actor
    }

    package var needs: CommandNeeds { CommandNeeds(task: place.taskID, in: place.roomID) }

    /// The task as it is afterwards, without input and result.
    package func decide(_ state: inout FlushState) throws(Problem) -> TaskAggregate {
        let aggregate = try state.task(place.taskID)
        do throws(TaskError) {
            let lease = try proof.lease(on: aggregate)
            if let event = try aggregate.begin(lease) { state.record(event, on: place.taskID, by: actor) }
        } catch {
            throw Problem(error)
        }
        return try state.task(place.taskID)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> TaskAggregate {
        try state.task(place.taskID)
    }
}
