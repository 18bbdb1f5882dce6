// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

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

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, request: TaskRequest, correlationID: String?,
        idempotencyKey: String?, traceID: String, actor: Principal
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.request = request
        self.correlationID = correlationID
        self.idempotencyKey = idempotencyKey
        self.traceID = traceID
        self.actor = actor
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(roomID)]
        needs.rows.rooms.want(roomID)
        if let idempotencyKey {
            // A key is one for all rooms of the workspace, so the room's own head does not guard it.
            needs.streams.insert(.workspace(workspaceID))
            needs.idempotencyKeys = [idempotencyKey]
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
        _ = try state.openRoom(roomID)
        let creation = TaskCreation(
            workspaceID: workspaceID, roomID: roomID, taskID: .make(), runID: .make(), correlationID: correlationID,
            traceID: traceID, idempotencyKey: idempotencyKey, by: actor, at: state.now)
        return .created(state.create(request, in: creation))
    }

    package func memo(of outcome: Outcome) -> [UInt8]? {
        if case .created(let task) = outcome { Array(task.id.rawValue.utf8) } else { nil }
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Outcome {
        .recalled(ID(trusted: String(decoding: memo ?? [], as: UTF8.self)))
    }
}
