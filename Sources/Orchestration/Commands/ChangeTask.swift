// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// What a person does to a task by hand, on the version they have seen.
package struct ChangeTask: Command {
    package enum Change: Sendable {
        case edit(TaskEdit)
        case cancel(reason: String?)
        case retry
        case replay(Replay)
        case complete(result: [UInt8])
        case fail(RunFailure)
    }

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let taskID: ID<WorkTask>
    /// Nil changes it whatever has happened meanwhile.
    package let version: Int?
    package let change: Change
    package let actor: Principal

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, taskID: ID<WorkTask>, version: Int?, change: Change,
        actor: Principal
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.taskID = taskID
        self.version = version
        self.change = change
        self.actor = actor
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds(task: taskID, in: roomID)
        needs.rows.rooms.want(roomID)
        return needs
    }

    /// The task as it is afterwards, without input and result.
    package func decide(_ state: inout FlushState) throws(Problem) -> WorkTask {
        let aggregate = try state.task(taskID)
        let event: TaskEvent
        do throws(TaskError) {
            if let version { try aggregate.require(version: version) }
            event = try decide(aggregate)
        } catch {
            throw Problem(error)
        }
        switch change {
        case .retry, .replay: _ = try state.openRoom(roomID)
        case .edit, .cancel, .complete, .fail: break
        }
        state.record(event, on: taskID, by: actor)
        return try state.task(taskID).task
    }

    private func decide(_ aggregate: TaskAggregate) throws(TaskError) -> TaskEvent {
        switch change {
        case .edit(let edit): try aggregate.edit(edit)
        case .cancel(let reason): try aggregate.cancel(reason: reason)
        case .retry: try aggregate.retryByHand()
        case .replay(let replay): try aggregate.replay(replay)
        case .complete(let result): try aggregate.completeByHand(result: result)
        case .fail(let failure): try aggregate.failByHand(failure)
        }
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> WorkTask {
        try state.task(taskID).task
    }
}

extension Problem {
    static let staleLeaseCode = "stale_lease"

    /// The domain's refusal in the words of the API.
    package init(_ error: TaskError) {
        switch error {
        case .staleVersion(let current):
            self.init(
                .stale, "The task has changed meanwhile: its version is \(current). Read it again and decide anew.",
                code: "stale_version", fields: [.init("/ifVersion", "is not the current version")],
                details: ["current_version": JSONValue(current)])
        case .staleLease(let current):
            self.init(
                .conflict, "The run is no longer held under this lease.", code: Self.staleLeaseCode,
                details: ["current_epoch": JSONValue(current)])
        case .illegalTransition(let from, let to):
            self.init(
                .conflict, "A task that is \(from.rawValue) cannot become \(to.rawValue).", code: "illegal_transition",
                fields: [.init("/status", "is not reachable from \(from.rawValue)")],
                details: ["status": .string(from.rawValue)])
        case .notEditable(let status):
            self.init(
                .conflict, "A task that is \(status.rawValue) cannot be edited; only queued and scheduled ones can.",
                code: "not_editable", details: ["status": .string(status.rawValue)])
        }
    }
}
