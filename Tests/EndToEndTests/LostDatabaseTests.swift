// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// Postgres goes away in the middle of commits. Whatever clients were told is compared with the log afterwards.
@Suite(.daemonLogs, .serialized) struct LostDatabaseTests {
    @Test func `nothing that was acknowledged is lost when backends are killed and the server crashes`() async throws {
        let server = try await TestPostgresServer.start(fsync: true)
        try await Tutti.with([.logging, .echo], database: server.url()) { tutti in
            let load = CreationLoad(tutti)
            try await load.run {
                try await killBackends(tutti, times: 25)
                try await crash(server, tutti)
                let before = load.createdCount
                try await eventually(within: .seconds(20)) { load.createdCount > before + 10 }
                try await killBackends(tutti, times: 10)
            }
            #expect(load.createdCount > 50)
            #expect(try await tutti.figure("commit_failures_total", of: tutti.orchestrator) > 3, "commits were hit")
            try await load.waitUntilCompleted()
            try await load.compareWithLog()
            try await tutti.expectGaplessLog()
            #expect(try await tutti.orchestrator.readiness() == 200)
            try await expectSoundLog(tutti)
        }
    }

    /// Ends those backends of the orchestrator that are at work, a little while apart.
    private func killBackends(_ tutti: Tutti, times: Int) async throws {
        for _ in 0..<times {
            try await tutti.sql([
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = 'orchestrator-svc' AND state <> 'idle'
                """, "SELECT pg_sleep(0.07)",
            ])
        }
    }

    /// Stops the server as if the power had failed and starts it again; readiness follows.
    private func crash(_ server: TestPostgresServer, _ tutti: Tutti) async throws {
        try await server.stop(.immediate)
        try await eventually { try await tutti.orchestrator.readiness() == 503 }
        #expect(try await tutti.orchestrator.anybody.get("/health").status == 200)
        let refused = try await tutti.post(["agent": "echo", "input": ["message": "nobody is there"]])
        #expect(refused.status == 503)
        #expect(refused.header("Retry-After") != nil)
        #expect(refused.header("Content-Type")?.hasPrefix("application/problem+json") == true)
        try await server.start()
        try await tutti.orchestrator.waitUntilReady(within: .seconds(30))
        try await tutti.logging.waitUntilReady(within: .seconds(30))
    }

    private func expectSoundLog(_ tutti: Tutti) async throws {
        let verified = try await tutti.stack.run(.orchestrator, ["verify"])
        #expect(verified.ending == .exited(0), "\(verified.output)")
        #expect(verified.output.contains(": intact; "))
        let rebuilt = try await tutti.stack.run(.orchestrator, ["rebuild"])
        #expect(rebuilt.ending == .exited(0), "\(rebuilt.output)")
        #expect(!rebuilt.output.contains("NOT EQUAL"))
    }

    @Test func `an orchestrator that starts before its database waits for it`() async throws {
        let server = try await TestPostgresServer.start()
        try await server.stop()
        try await DaemonStack.with(database: server.url()) { stack in
            let orchestrator = stack.daemon(.orchestrator)
            try orchestrator.launch()
            try await eventually { orchestrator.log.contains("warning") }
            try await server.start()
            try await orchestrator.waitUntilListening()
            try await orchestrator.waitUntilReady()
            #expect(try await orchestrator.person.get("/tasks").status == 200)
        }
    }
}
