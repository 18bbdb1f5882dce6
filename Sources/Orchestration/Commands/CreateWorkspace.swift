// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Makes a workspace with its default room; refused when there is one of that id.
package struct CreateWorkspace: Command {
    private let opening: OpenWorkspace

    package init(workspaceID: ID<Workspace>, name: String, actor: Principal, traceID: String) {
        opening = OpenWorkspace(workspaceID: workspaceID, name: name, actor: actor, traceID: traceID)
    }

    package var workspaceID: ID<Workspace> { opening.workspaceID }
    package var needs: CommandNeeds { opening.needs }

    package func decide(_ state: inout FlushState) throws(Problem) -> Workspace {
        guard state.rows.workspaces[workspaceID] == nil else {
            throw Problem(
                .conflict, "There is a workspace \(workspaceID) already; choose another id.", code: "workspace_exists",
                fields: [.init("/workspace_id", "is in use")])
        }
        try opening.decide(&state)
        return try made(state)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Workspace { try made(state) }

    private func made(_ state: FlushState) throws(Problem) -> Workspace {
        guard let workspace = state.rows.workspaces[workspaceID] else {
            throw .notFound("workspace", workspaceID.rawValue)
        }
        return workspace
    }
}
