// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// What a person does to a hook. What changes nothing is no event and no error.
package struct ChangeHook: Command {
    package enum Change: Sendable {
        /// Makes another definition of the one that is there by now, and pauses or resumes where that is said.
        case edit(@Sendable (inout HookDefinition) -> Void, isPaused: Bool?)
        /// The secret before is accepted for so long.
        case rotate(grace: Duration)
        case delete
    }

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let hookID: ID<Hook>
    /// The version the caller has seen; nil when that does not matter.
    package let version: Int?
    package let change: Change
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, hookID: ID<Hook>, version: Int?, change: Change,
        actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.hookID = hookID
        self.version = version
        self.change = change
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(roomID)]
        needs.rows.hooks.want(hookID)
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Hook {
        guard let hook = state.rows.hooks[hookID], hook.deletedAt == nil else {
            throw .notFound("hook", hookID.rawValue)
        }
        try Problem.requireVersion(version, of: hookID.rawValue, current: hook.version)
        for event in events(for: hook, at: state.now) {
            try state.record(
                event, on: hookID, in: \.hooks, state.context(.room(roomID), by: actor, traceID: traceID))
        }
        return state.rows.hooks[hookID] ?? hook
    }

    private func events(for hook: Hook, at time: Timestamp) -> [HookEvent] {
        switch change {
        case .edit(let edit, let isPaused):
            var definition = hook.definition
            edit(&definition)
            var events: [HookEvent] = definition == hook.definition ? [] : [.edited(definition)]
            if let isPaused, isPaused != (hook.pausedAt != nil) { events.append(isPaused ? .paused : .resumed) }
            return events
        case .rotate(let grace): return [.rotated(generation: hook.generation + 1, graceUntil: time + grace)]
        case .delete: return [.deleted]
        }
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Hook {
        guard let hook = state.rows.hooks[hookID] else { throw .notFound("hook", hookID.rawValue) }
        return hook
    }
}
