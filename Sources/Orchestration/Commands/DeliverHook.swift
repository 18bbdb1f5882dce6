// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Makes the task of a genuine delivery, or finds the one that an earlier delivery of the same id made.
package struct DeliverHook: Command {
    package struct Outcome: Sendable {
        package let taskID: ID<WorkTask>
        /// Whether the delivery had come before.
        package let isDuplicate: Bool
    }

    package let hook: Hook
    package let deliveryID: String
    package let request: TaskRequest
    package let correlationID: String?
    package let actor: Principal
    package let traceID: String

    /// `hook` is what was read before.
    package init(
        hook: Hook, deliveryID: String, request: TaskRequest, correlationID: String?, actor: Principal,
        traceID: String
    ) {
        self.hook = hook
        self.deliveryID = deliveryID
        self.request = request
        self.correlationID = correlationID
        self.actor = actor
        self.traceID = traceID
    }

    package var workspaceID: ID<Workspace> { hook.workspaceID }

    private var key: String { hook.idempotencyKey(ofDelivery: deliveryID) }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        // A key is one for all rooms of the workspace.
        needs.streams = [.room(hook.roomID), .workspace(workspaceID)]
        needs.rows.hooks.want(hook.id)
        needs.rows.rooms.want(hook.roomID)
        needs.idempotencyKeys = [key]
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Outcome {
        guard let current = state.rows.hooks[hook.id], current.deletedAt == nil else {
            throw .notFound("hook", hook.id.rawValue)
        }
        // The id alone counts: senders try again with other timestamps, and some with other bodies.
        if let earlier = state.task(withKey: key) { return Outcome(taskID: earlier.task, isDuplicate: true) }
        guard current.pausedAt == nil else {
            throw Problem(.conflict, "The hook is paused; deliver again later.", code: "hook_paused")
        }
        if let wait = current.wait(at: state.now) {
            throw Problem(
                .rateLimited,
                "The hook takes \(current.definition.deliveriesPerMinute) deliveries a minute; deliver again later.",
                code: "too_many_deliveries", retryAfter: wait)
        }
        try state.requireOpenRoom(current.roomID)
        let task = ID<WorkTask>.make()
        var context = state.context(.room(current.roomID), by: actor, traceID: traceID)
        context.correlationID = correlationID
        context.idempotencyKey = key
        try state.record(.delivered(id: deliveryID, task: task), on: current.id, in: \.hooks, context)
        let creation = TaskCreation(
            eventID: .timeOrdered(at: state.now), workspaceID: workspaceID, roomID: current.roomID, taskID: task,
            runID: .make(), correlationID: correlationID, traceID: traceID, idempotencyKey: key, by: actor,
            at: state.now)
        _ = state.create(request, in: creation)
        return Outcome(taskID: task, isDuplicate: false)
    }

    package func memo(of outcome: Outcome) -> [UInt8]? { Array(outcome.taskID.rawValue.utf8) }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> Outcome {
        Outcome(taskID: ID(trusted: String(decoding: memo ?? [], as: UTF8.self)), isDuplicate: false)
    }
}
