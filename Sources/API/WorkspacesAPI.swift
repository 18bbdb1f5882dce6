// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// The endpoints of workspaces.
package enum WorkspacesAPI {
    package static let create = Endpoint<CreateWorkspaceInput, WorkspaceView>(
        "createWorkspace", .post, "/v1/workspaces", .peopleAndServices(.manageWorkspaces),
        "Makes a workspace with its default room.", tag: "workspaces", success: [201], problems: [.conflict])

    package static let list = Endpoint<ListWorkspacesInput, Page<WorkspaceView>>(
        "listWorkspaces", .get, "/v1/workspaces", .peopleAndServices(.readRooms), "Lists workspaces by id.",
        tag: "workspaces")

    package static let catalogue: [AnyEndpoint] = [create.route, list.route]
}

/// `POST /v1/workspaces`.
package struct CreateWorkspaceInput: WireInput {
    package static let wireName = "NewWorkspace"

    package let workspaceID: ID<Workspace>?
    package let name: String

    package init(_ reader: inout InputReader) {
        workspaceID = reader.optional(
            "workspace_id", "What requests name it by; made up unless given.", .workspaceID)
        name = reader.member("name", "What people call it.", .string(.text, min: 1, max: 200))
    }
}

/// `GET /v1/workspaces`.
package struct ListWorkspacesInput: WireInput {
    package let limit: Int
    package let cursor: ID<Workspace>?

    package init(_ reader: inout InputReader) {
        limit = reader.pageLimit()
        cursor = reader.pageCursor(.workspaceID)
    }
}

/// A workspace.
package struct WorkspaceView: WireObject {
    package static let wireName = "Workspace"

    package let workspace: Workspace

    package init(_ workspace: Workspace) { self.workspace = workspace }

    package static let fields: [Field<WorkspaceView>] = [
        Field("workspace_id", "Names the workspace; send it as `x-workspace-id`.") { $0.workspace.id.rawValue },
        Field("name", "What people call it.") { $0.workspace.name },
        Field("created_at", "When it was made.") { $0.workspace.createdAt },
    ]
}
