// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Sets a limit, or lifts it.
package struct ChangeLimit: Command {
    package let workspaceID: ID<Workspace>
    package let name: String
    package let event: LimitEvent
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, name: String, event: LimitEvent, actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.name = name
        self.event = event
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.workspace(workspaceID)]
        needs.rows.limits.want(name)
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Limit {
        if event == .removed {
            guard let limit = state.rows.limits[name], limit.removedAt == nil else { throw .notFound("limit", name) }
        }
        try state.record(
            event, on: name, in: \.limits, state.context(.workspace(workspaceID), by: actor, traceID: traceID))
        return try limit(state)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Limit { try limit(state) }

    private func limit(_ state: FlushState) throws(Problem) -> Limit {
        guard let limit = state.rows.limits[name] else { throw .notFound("limit", name) }
        return limit
    }
}
