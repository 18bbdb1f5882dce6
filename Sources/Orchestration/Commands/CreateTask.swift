// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// A task with the room whose head is the lock on it.
package struct TaskPlace: Sendable, Equatable {
    package let taskID: ID<WorkTask>
    package let roomID: ID<Room>

    package init(taskID: ID<WorkTask>, roomID: ID<Room>) {
        self.taskID = taskID
        self.roomID = roomID
    }
}

/// Creates a task, or finds the one that was made with the same idempotency key.
package struct CreateTask: Command {
    package enum Outcome: Sendable {
        case created(WorkTask)
        /// Made earlier; to be read by its id.
        case existing(ID<WorkTask>)
        /// Made by this very command, whose first answer was lost.
        case recalled(ID<WorkTask>)
    }

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let request: TaskRequest
    package let correlationID: String?
    package let idempotencyKey: String?
    package let traceID: String
    package let actor: Principal
    /// Where the tasks of `request.dependencies` are.
    package let upstream: [TaskPlace]
    /// Where the task of `request.parentRunID` is.
    package let parent: TaskPlace?

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, request: TaskRequest, correlationID: String?,
        idempotencyKey: String?, traceID: String, actor: Principal, upstream: [TaskPlace] = [],
        parent: TaskPlace? = nil
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.request = request
        self.correlationID = correlationID
        self.idempotencyKey = idempotencyKey
        self.traceID = traceID
        self.actor = actor
        self.upstream = upstream
        self.parent = parent
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(roomID)]
        needs.rows.rooms.want(roomID)
        if upstream.isEmpty, request.limits.isEmpty, request.runAt == nil { needs.starts = [request.agent] }
        if let idempotencyKey {
            // A key is one for all rooms of the workspace, so the room's own head does not guard it.
            needs.streams.insert(.workspace(workspaceID))
            needs.idempotencyKeys = [idempotencyKey]
        }
        for place in upstream + (parent.map { [$0] } ?? []) {
            needs.streams.insert(.room(place.roomID))
            needs.tasks.append(TaskStore.Wanted(id: place.taskID))
        }
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Outcome {
        if let key = idempotencyKey, let earlier = state.task(withKey: key) {
            guard earlier.hash == request.idempotencyHash else {
                throw .reusedKey("/idempotencyKey", ["task_id": .string(earlier.task.rawValue)])
            }
            return .existing(earlier.task)
        }
        try requireLiveParent(state)
        var request = request
        request.dependencies.isBlocking = upstream.contains { state.holdsUp($0.taskID, request.dependencies.policy) }
        _ = try state.openRoom(roomID)
        let creation = TaskCreation(
            eventID: .timeOrdered(at: state.now), workspaceID: workspaceID, roomID: roomID, taskID: .make(),
            runID: .make(), correlationID: correlationID, traceID: traceID, idempotencyKey: idempotencyKey, by: actor,
            at: state.now)
        // The run that asks for it is what it is there for.
        let cause = parent.flatMap { state.tasks[$0.taskID]?.task.lastEventID }
        let task = state.create(request, in: creation, because: cause)
        settle(task, &state)
        return .created(try state.task(task.id).task)
    }

    private func requireLiveParent(_ state: FlushState) throws(Problem) {
        guard let parent else { return }
        let aggregate = try state.task(parent.taskID)
        guard aggregate.run.id == request.parentRunID, !aggregate.run.status.isFinal else {
            throw Problem(
                .conflict, "The parent run has ended; it cannot ask for more.", code: "parent_ended",
                fields: [.init("/parent_run_id", "names a run that has ended")])
        }
    }

    /// Lets those before it that have ended already have their say.
    private func settle(_ task: WorkTask, _ state: inout FlushState) {
        for place in upstream {
            guard let before = state.tasks[place.taskID]?.task, before.status.isFinal,
                let event = state.tasks[task.id]?.settle(before.status, of: before.id, openCount: 1)
            else { continue }
            state.record(event, on: task.id, by: actor, because: before.lastEventID)
        }
    }

    package func memo(of outcome: Outcome) -> [UInt8]? {
        if case .created(let task) = outcome { Array(task.id.rawValue.utf8) } else { nil }
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Outcome {
        .recalled(ID(trusted: String(decoding: memo ?? [], as: UTF8.self)))
    }
}

extension FlushState {
    /// Whether a task that comes after `id` cannot start yet, or never.
    fileprivate func holdsUp(_ id: ID<WorkTask>, _ policy: TaskDependencies.Policy) -> Bool {
        guard let status = tasks[id]?.task.status else { return false }
        return status.isFinal ? status != .completed && policy != .run : true
    }
}
