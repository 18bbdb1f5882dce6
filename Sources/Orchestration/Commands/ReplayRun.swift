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
    /// What the new run is called, so that doing it again is seen to be that; then nothing but the latest run is replayed.
    /// Nil makes a name up.
    package let newRunID: ID<Run>?
    package let actor: Principal

    package init(
        workspaceID: ID<Workspace>, place: TaskPlace, runID: ID<Run>, fromStep: ID<Step>?, steps: [Step],
        as newRunID: ID<Run>? = nil, actor: Principal
    ) {
        self.workspaceID = workspaceID
        self.place = place
        self.runID = runID
        self.fromStep = fromStep
        self.steps = steps
        self.newRunID = newRunID
        self.actor = actor
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds(task: place.taskID, in: place.roomID)
        needs.rows.rooms.want(place.roomID)
        return needs
    }

    /// The new run.
    package func decide(_ state: inout FlushState) throws(Problem) -> ID<Run> {
        let replay = Replay(id: newRunID ?? .make(), of: runID, fromStep: fromStep?.rawValue)
        let aggregate = try state.task(place.taskID)
        if let newRunID {
            if aggregate.run.id == newRunID { return newRunID }
            guard aggregate.run.id == runID else {
                throw Problem(.conflict, "The task has gone on with another run.", code: "run_superseded")
            }
        }
        let event: TaskEvent
        do throws(TaskError) {
            event = try aggregate.replay(replay)
        } catch {
            throw Problem(error)
        }
        _ = try state.openRoom(place.roomID)
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
