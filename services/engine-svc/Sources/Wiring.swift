// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Common
import ServiceKit

/// Puts the daemon together: the claim loop, fed by the orchestrator over HTTP.
@Sendable
func wire(_ daemon: inout Daemon) async throws {
    let config = try Config(daemon.configuration)
    let internalKey = daemon.settings.internalKey
    let orchestrator = ServiceClient(
        peer: "orchestrator-svc", baseURL: config.orchestratorURL,
        credential: .internalKey(internalKey, service: daemon.name),
        limits: ServiceClient.Limits(answerBytes: HTTPRunSource.largestAnswer))
    let source = HTTPRunSource(
        client: orchestrator, internalKey: internalKey, worker: daemon.name, capacity: config.engine.concurrency,
        logger: daemon.logger)
    let http = HTTPAgentTransport(internalKey: internalKey, logger: daemon.logger)
    let engine = RunEngine(
        source: source, transport: AgentTransports(http: http),
        settings: config.engine, logger: daemon.logger)
    daemon.add(engine)
    daemon.require("orchestrator-svc") { try engine.checkReadiness() }
    engine.addMetrics(to: daemon.metrics)
}
