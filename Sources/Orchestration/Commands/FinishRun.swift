// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// What became of a run, told by the worker that holds it. A stale lease changes nothing.
package struct FinishRun: Command {
    package typealias Ending = RunEnding

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>
    package let holder: RunHolder
    package let ending: Ending
    package let actor: Principal
    /// Where in the spread of pauses this failure falls, in 0…1.
    package let jitter: Double

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>, holder: RunHolder, ending: Ending,
        actor: Principal, jitter: Double = .random(in: 0...1)
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.holder = holder
        self.ending = ending
        self.actor = actor
        self.jitter = jitter
    }

    package var needs: CommandNeeds { CommandNeeds(task: taskID, in: roomID) }

    /// The task as it is afterwards, without input and result.
    package func decide(_ state: inout FlushState) throws(Problem) -> TaskAggregate {
        let aggregate = try state.task(taskID)
        let event: TaskEvent
        do throws(TaskError) {
            let lease = try holder.lease(on: aggregate)
            switch ending {
            case .completed(let result): event = try aggregate.complete(lease, result: result)
            case .failed(let failure, let leastPause):
                event = try aggregate.fail(
                    lease, with: failure, at: state.now, jitter: jitter, leastPause: leastPause)
            case .released(let reason): event = try aggregate.release(lease, reason: reason)
            }
        } catch {
            throw Problem(error)
        }
        state.record(event, on: taskID, by: actor)
        return try state.task(taskID)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> TaskAggregate {
        try state.task(taskID)
    }
}

/// How the caller of a command shows that a run is its own.
package enum RunHolder: Sendable {
    /// The engine of this very orchestrator.
    case engine(Lease)
    /// A worker outside.
    case worker(LeaseProof)

    func lease(on aggregate: TaskAggregate) throws(TaskError) -> Lease {
        switch self {
        case .engine(let lease): lease
        case .worker(let proof): try proof.lease(on: aggregate)
        }
    }
}
