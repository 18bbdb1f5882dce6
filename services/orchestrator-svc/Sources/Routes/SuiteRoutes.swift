// SPDX-License-Identifier: Apache-2.0

import API
package import ServiceKit

/// Answers what people ask of the log, by way of logging-svc.
package func answerLogs(_ router: inout EndpointRouter, _ relay: LogRelay) {
    router.on(RelayedLogsAPI.list) { input, _ in try await relay.get("/logs", input) }
    router.on(RelayedLogsAPI.count) { input, _ in try await relay.get("/logs/histogram", input) }
}

/// Answers how the daemons of the suite are.
package func answerDaemons(_ router: inout EndpointRouter, _ roster: DaemonRoster) {
    router.on(DaemonsAPI.list) { _, _ in try await roster.view() }
}
