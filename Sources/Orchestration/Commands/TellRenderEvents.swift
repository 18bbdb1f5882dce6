// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Records what renderctl-svc has done, each event once however often it is told. Answers how many were new.
package struct TellRenderEvents: Command {
    package let workspaceID: ID<Workspace>
    package let reports: [RenderReport]

    package init(workspaceID: ID<Workspace>, reports: [RenderReport]) {
        self.workspaceID = workspaceID
        self.reports = reports
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [RenderEvent.stream]
        needs.opened = [RenderEvent.stream]
        needs.eventIDs = reports.map(\.id)
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Int {
        var count = 0
        for report in reports where state.report(report) { count += 1 }
        return count
    }

    /// What was committed was all that was new then.
    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> Int { reports.count }
}
