// SPDX-License-Identifier: Apache-2.0

import API
package import ServiceKit

/// Answers what people ask of the log, by way of logging-svc.
package func answerLogs(_ router: inout EndpointRouter, _ relay: LogRelay) {
    router.on(RelayedLogsAPI.list) { input, _ in try await relay.get("/logs", input) }
    router.on(RelayedLogsAPI.count) { input, _ in try await relay.get("/logs/histogram", input) }
}

/// Answers what people ask of Render, by way of renderctl-svc.
package func answerRender(_ router: inout EndpointRouter, _ relay: RenderRelay) {
    router.on(RelayedRenderAPI.listServices) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.createService) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.changeEnvironment) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.deploy) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.validate) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.plan) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.getPlan) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.listPlans) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.apply) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.getApply) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.listApplies) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.listBlueprints) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.drift) { input, context in try await relay.pass(input, context) }
    router.on(RelayedRenderAPI.monitor) { input, context in try await relay.pass(input, context) }
}

/// Answers how the daemons of the suite are.
package func answerDaemons(_ router: inout EndpointRouter, _ roster: DaemonRoster) {
    router.on(DaemonsAPI.list) { _, _ in try await roster.view() }
}
