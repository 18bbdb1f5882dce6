// SPDX-License-Identifier: Apache-2.0

import API
import Common
package import Orchestration
package import ServiceKit

/// Takes what other daemons tell.
package func answerInternalEvents(_ router: inout EndpointRouter, _ events: RenderEventOperations) {
    router.on(InternalEventsAPI.tell) { input, _ in
        ToldEventsView(
            told: input.reports.count, recorded: try await events.tell(input.reports, in: input.workspaceID))
    }
}
