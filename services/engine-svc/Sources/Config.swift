// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Common

/// What the engine reads from its configuration beside what every daemon does.
struct Config {
    let orchestratorURL: BaseURL
    var engine = RunEngine.Settings()

    init(_ configuration: Configuration) throws {
        orchestratorURL = try BaseURL(configuration.string("ORCHESTRATOR_SVC_URL"))
        engine.concurrency = configuration.int("WORKER_CONCURRENCY")
        // What is left of the grace is for giving back what did not end by itself.
        engine.drain = max(.seconds(1), configuration.seconds("SHUTDOWN_GRACE_SECONDS") - .seconds(5))
    }
}
