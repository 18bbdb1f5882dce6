// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// Makes a new run of a task that has ended, which takes over completed steps of an earlier run.
package struct ReplayRun: Command {
    package let workspaceID: ID<Workspace>
    package let place: TaskPlace
    /// The run that is replayed.
    package let runID: ID<Run>
    /// The first step that is done again; nil when all are.
    package let fromStep: ID<Step>?
    /// The steps to take over, as read before: those of a run that has ended change no more.
    package let steps: [Step]
    package let actor: Principal

    package init(
        workspaceID: ID<Workspace>, place: TaskPlace, runID: ID<Run>, fromStep: ID<Step>?, steps: [Step],
        actor: Principal
    ) {
        self.workspaceID = workspaceID
        self.place = place
        self.runID = runID
        self.fromStep = fromStep
        self.steps = steps
        self.actor = actor
    }

    package var needs: CommandNeeds { CommandNeeds(task: place.taskID, in: place.roomID) }

    /// The new run.
    package func decide(_ state: inout FlushState) throws(Problem) -> ID<Run> {
        let replay = Replay(id: .make(), of: runID, fromStep: fromStep?.rawValue)
        let aggregate = try state.task(place.taskID)
        let event: TaskEvent
        do throws(TaskError) {
            event = try aggregate.replay(replay)
        } catch {
            throw Problem(error)
        }
        state.record(event, on: place.taskID, by: actor)
        let task = try state.task(place.taskID).task
        let context = state.context(.room(place.roomID), by: actor, traceID: task.traceID).about(task, run: replay.id)
        for (index, step) in steps.enumerated() {
            try state.record(
                .carriedOver(StepCopy(of: step, number: index + 1)), on: StepKey(runID: replay.id, key: step.key),
                in: \.steps, context)
        }
        return replay.id
    }

    package func memo(of outcome: ID<Run>) -> [UInt8]? { Array(outcome.rawValue.utf8) }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> ID<Run> {
        ID(trusted: String(decoding: memo ?? [], as: UTF8.self))
    }
}
