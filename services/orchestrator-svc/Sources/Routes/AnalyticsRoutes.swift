// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
package import Orchestration
package import ServiceKit

/// Answers how work went.
package func answerAnalytics(_ router: inout EndpointRouter, _ analytics: AnalyticsOperations) {
    router.on(AnalyticsAPI.tasks) { input, _ in
        guard let range = input.range else { throw Problem.invalid("until", "must be after since") }
        let report = try await analytics.report(
            range, agent: input.agent, promised: input.promisedSeconds, in: input.workspaceID)
        return AnalyticsView(
            range: range, agent: input.agent, promisedSeconds: input.promisedSeconds, total: report.total,
            parts: report.parts, countedFrom: report.countedFrom)
    }
}
