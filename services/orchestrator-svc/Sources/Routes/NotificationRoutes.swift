// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
package import Orchestration
package import ServiceKit

/// Answers what callers should know of.
package func answerNotifications(_ router: inout EndpointRouter, _ notifications: NotificationOperations) {
    router.on(NotificationsAPI.list) { input, context in
        let found = try await notifications.list(
            input.kinds, in: input.workspaceID, before: input.cursor.map(Int64.init), limit: input.limit,
            by: context.caller)
        return NotificationPageView(
            items: found.notifications.map(NotificationView.init), nextCursor: found.next.map(String.init),
            state: found.state)
    }
    router.on(NotificationsAPI.read) { input, context in
        ReadStateView(
            try await notifications.read(
                upTo: Int64(input.position), allowBack: input.allowBack, in: input.workspaceID, by: context.caller))
    }
}
