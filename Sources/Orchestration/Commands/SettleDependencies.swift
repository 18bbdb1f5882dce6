// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// Goes on with tasks for which something they waited for has ended. Answers how many dependencies it found.
package struct SettleDependencies: Command {
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
        needs.settledLimit = limit
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Int {
        for settled in state.settled {
            guard let aggregate = try? state.task(settled.taskID), let event = event(settled, aggregate) else {
                continue
            }
            state.record(event, on: settled.taskID, by: actor, because: settled.eventID)
        }
        return state.settled.count
    }

    private func event(_ settled: SettledDependency, _ aggregate: TaskAggregate) -> TaskEvent? {
        switch settled.cause {
        case .parentEnded: aggregate.loseParent()
        case .completed: aggregate.settle(.completed, of: settled.onTaskID, openCount: settled.openCount)
        case .failed: aggregate.settle(.failed, of: settled.onTaskID, openCount: settled.openCount)
        case .cancelled: aggregate.settle(.cancelled, of: settled.onTaskID, openCount: settled.openCount)
        }
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> Int { 0 }
}
