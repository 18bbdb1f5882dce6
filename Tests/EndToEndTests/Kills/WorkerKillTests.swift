// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing

/// Workers outside, which claim runs over HTTP, and what happens to them and to the orchestrator they claim from.
@Suite(.daemonLogs, .serialized) struct WorkerKillTests {
    @Test func `nothing is lost when a worker outside is killed`() async throws {
        try await KillStand.withWorkers(2) { stand, workers in
            try await KillCampaign(name: "worker outside killed", stand: stand).run { _ in
                try await workers.replaceOldest()
            }
        }
    }

    @Test func `nothing is lost when the orchestrator of workers outside is killed`() async throws {
        try await KillStand.withWorkers(2) { stand, _ in
            try await KillCampaign(name: "orchestrator of workers killed", stand: stand).run { _ in
                try await stand.tutti.orchestrator.kill()
                try await stand.tutti.orchestrator.start()
            }
        }
    }
}
