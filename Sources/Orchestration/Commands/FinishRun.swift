// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// What became of a run, told by the worker that holds it. A stale lease changes nothing.
package struct FinishRun: Command {
    package typealias Ending = RunEnding

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>
    package let lease: Lease
    package let ending: RunEnding
    package let actor: Principal
    /// Where in the spread of pauses this failure falls, in 0…1.
    package let jitter: Double

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>, lease: Lease, ending: RunEnding,
        actor: Principal, jitter: Double = .random(in: 0...1)
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.lease = lease
        self.ending = ending
        self.actor = actor
        self.jitter = jitter
    }

    package var needs: CommandNeeds { CommandNeeds(task: taskID, in: roomID) }

    package func decide(_ state: inout FlushState) throws(Problem) {
        let aggregate = try state.task(taskID)
        let event: TaskEvent
        do throws(TaskError) {
            switch ending {
            case .completed(let result): event = try aggregate.complete(lease, result: result)
            case .failed(let failure, let leastPause):
                event = try aggregate.fail(
                    lease, with: failure, at: state.now, jitter: jitter, leastPause: leastPause)
            case .released: event = try aggregate.loseLease(lease)
            }
        } catch {
            throw Problem(error)
        }
        state.record(event, on: taskID, by: actor)
    }
}
