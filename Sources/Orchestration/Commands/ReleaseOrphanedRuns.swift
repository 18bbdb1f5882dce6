// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// Ends the sessions of silent workers and queues all they held for the next epoch. Answers how many runs it found.
package struct ReleaseOrphanedRuns: Command {
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
        needs.orphanLimit = limit
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Int {
        for orphan in state.orphans {
            guard let event = try? state.task(orphan.taskID).loseLease(orphan.lease) else { continue }
            state.record(event, on: orphan.taskID, by: actor)
        }
        return state.orphans.count
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> Int { 0 }
}
