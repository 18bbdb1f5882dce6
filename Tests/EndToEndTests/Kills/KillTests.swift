// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing

/// Daemons and the database are killed under load; nothing may be lost, doubled or left out. `scripts/kill-test` repeats
/// each of them and prints a table.
@Suite(.daemonLogs, .serialized) struct KillTests {
    @Test func `nothing is lost when the only orchestrator is killed`() async throws {
        try await KillStand.withOrchestrators(1) { stand in
            try await KillCampaign(name: "orchestrator killed", stand: stand).run { _ in
                try await stand.tutti.orchestrator.kill()
                try await stand.tutti.orchestrator.start()
            }
        }
    }

    @Test func `nothing is lost when one of two orchestrators is killed`() async throws {
        try await KillStand.withOrchestrators(2) { stand in
            try await KillCampaign(name: "one of two orchestrators killed", stand: stand).run { round in
                let victim = stand.entrances[round % 2]
                try await victim.kill()
                try await victim.start()
            }
        }
    }

    @Test func `nothing is lost when Postgres crashes`() async throws {
        let server = try await TestPostgresServer.start(fsync: true)
        try await KillStand.withOrchestrators(2, database: server.url()) { stand in
            try await KillCampaign(name: "Postgres crashed", stand: stand).run { _ in
                try await server.stop(.immediate)
                try await server.start()
                for daemon in stand.entrances { try await daemon.waitUntilReady() }
            }
        }
    }
}
