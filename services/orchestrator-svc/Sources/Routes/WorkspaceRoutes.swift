// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Logging
import Orchestration
import ServiceKit

func answerWorkspaces(_ router: inout EndpointRouter, _ workspaces: WorkspaceOperations) {
    router.on(WorkspacesAPI.create) { input, context in
        let made = try await workspaces.create(input.workspaceID, name: input.name, by: context.caller)
        context.logger.info("workspace created", metadata: ["workspace_id": .string(made.id.rawValue)])
        return WorkspaceView(made)
    }
    router.on(WorkspacesAPI.list) { input, _ in
        let (found, next) = try await workspaces.list(after: input.cursor, limit: input.limit)
        return Page(items: found.map(WorkspaceView.init), nextCursor: next?.rawValue)
    }
}
