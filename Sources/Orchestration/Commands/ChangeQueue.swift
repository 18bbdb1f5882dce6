// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Pauses an agent's queue, or lets it go on. A queue that is so already stays as it is.
package struct ChangeQueue: Command {
    package let workspaceID: ID<Workspace>
    package let agent: String
    package let event: QueueEvent
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, agent: String, event: QueueEvent, actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.agent = agent
        self.event = event
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.workspace(workspaceID)]
        needs.rows.queues.want(agent)
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) {
        let isPaused = state.rows.queues[agent]?.pausedAt != nil
        guard isPaused == (event == .resumed) else { return }
        try state.record(
            event, on: agent, in: \.queues, state.context(.workspace(workspaceID), by: actor, traceID: traceID))
    }
}
