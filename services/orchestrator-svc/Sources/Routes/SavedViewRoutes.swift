// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
package import Orchestration
package import ServiceKit

/// Answers which views callers have named.
package func answerSavedViews(_ router: inout EndpointRouter, _ views: SavedViewOperations) {
    router.on(SavedViewsAPI.list) { input, context in
        let found = try await views.list(place: input.place, in: input.workspaceID, by: context.caller)
        return Page(items: found.map(SavedViewView.init), nextCursor: nil)
    }
    router.on(SavedViewsAPI.save) { input, context in
        SavedViewView(
            try await views.save(
                input.name, place: input.place, query: input.query, in: input.workspaceID, by: context.caller))
    }
    router.on(SavedViewsAPI.delete) { input, context in
        try await views.delete(input.name, in: input.workspaceID, by: context.caller)
        return NoContent()
    }
}
