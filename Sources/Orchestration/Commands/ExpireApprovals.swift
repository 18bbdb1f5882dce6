// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// Ends approvals that nobody answered in time; their runs go on. Answers how many it found.
package struct ExpireApprovals: Command {
    package let workspaceID: ID<Workspace>
    package let limit: Int
    package let actor: Principal

    package init(workspaceID: ID<Workspace>, limit: Int, actor: Principal) {
        self.workspaceID = workspaceID
        self.limit = limit
        self.actor = actor
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.expiryLimit = limit
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Int {
        let traceID = TraceContext.makeRoot().traceID
        for due in state.dueApprovals {
            // Whoever answered meanwhile was first.
            guard let open = state.rows.approvals[due.id], open.status.isOpen else { continue }
            try state.record(
                .expired, on: due.id, in: \.approvals, state.context(of: open, by: actor, traceID: traceID))
            if let expired = state.rows.approvals[due.id] { state.resume(after: expired, by: actor) }
        }
        return state.dueApprovals.count
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> Int { 0 }
}
