// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// Moves runs whose time has come from `delayed` to the ready queue. Answers how many it found.
package struct PromoteDueRuns: Command {
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
        needs.dueLimit = limit
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Int {
        for run in state.due {
            guard let event = try? state.task(run.taskID).becomeDue(run: run.runID) else { continue }
            state.record(event, on: run.taskID, by: actor)
        }
        return state.due.count
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> Int { 0 }
}
