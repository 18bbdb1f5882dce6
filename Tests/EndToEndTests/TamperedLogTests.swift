// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// What an intruder with all rights in the database does, and what the `verify` command says to it.
@Suite(.daemonLogs) struct TamperedLogTests {
    private func withLog(_ body: (Tutti) async throws -> Void) async throws {
        try await Tutti.with([.logging], settings: ["DESKTOP_RUNNER_MODE": "external"]) { tutti in
            try await tutti.register("echo")
            for _ in 0..<4 { _ = try await tutti.create() }
            try await waitForKeptHead(tutti)
            let sound = try await tutti.stack.run(.orchestrator, ["verify"])
            #expect(sound.ending == .exited(0), "\(sound.output)")
            try await body(tutti)
        }
    }

    /// Until logging-svc keeps a signed head of the log's end.
    private func waitForKeptHead(_ tutti: Tutti) async throws {
        let end = try await tutti.number("SELECT position AS n FROM evt_workspace_heads")
        let workspace = try #require(try await tutti.sql("SELECT workspace_id FROM evt_workspace_heads").first)
            .value("workspace_id", as: String.self)
        try await eventually {
            try await tutti.logging.peer.get("/heads/latest?workspace_id=\(workspace)").json["position"]?.int == end
        }
    }

    private func tamper(_ tutti: Tutti, _ statements: [SQL]) async throws {
        try await tutti.sql(["SET LOCAL session_replication_role = replica"] + statements)
    }

    @Test func `an event that was edited is named`() async throws {
        try await withLog { tutti in
            let event = try #require(
                try await tutti.sql("SELECT event_id::text AS id FROM evt_events WHERE position = 5").first)
            try await tamper(tutti, ["UPDATE evt_events SET body = '{\"message\":\"forged\"}' WHERE position = 5"])
            let found = try await tutti.stack.run(.orchestrator, ["verify"])
            #expect(found.ending == .exited(1))
            #expect(found.output.contains("NOT INTACT: event \(try event.value("id", as: String.self)) at position 5"))
            let rebuilt = try await tutti.stack.run(.orchestrator, ["rebuild"])
            #expect(rebuilt.ending != .exited(0), "the projections are not what the forged event says")
        }
    }

    @Test func `the daemon itself may not edit what it recorded`() async throws {
        try await withLog { tutti in
            let attempts: [SQL] = [
                "UPDATE evt_events SET actor = 'user:mallory'", "DELETE FROM evt_events", "TRUNCATE evt_events",
            ]
            for attempt in attempts {
                await #expect(throws: PostgresError.self) {
                    try await tutti.sql(["SET LOCAL ROLE tutti_orchestrator_app", attempt])
                }
                await #expect(throws: PostgresError.self, "not even a superuser, by mistake") {
                    try await tutti.sql(attempt)
                }
            }
        }
    }

    @Test func `a history that was cut off and written anew is found by the heads kept outside`() async throws {
        try await withLog { tutti in
            try await tutti.orchestrator.kill()
            // Everything inside the database is set back to before the last block, and agrees with itself.
            try await tamper(
                tutti,
                [
                    "DELETE FROM evt_events WHERE position >= (SELECT first_position FROM evt_blocks ORDER BY block DESC LIMIT 1)",
                    "DELETE FROM evt_blocks WHERE block = (SELECT max(block) FROM evt_blocks)",
                    """
                    UPDATE evt_workspace_heads SET position = b.last_position, block = b.block, chain = b.chain
                    FROM (SELECT * FROM evt_blocks ORDER BY block DESC LIMIT 1) b
                    """,
                    """
                    UPDATE evt_stream_heads h SET stream_seq = (
                        SELECT coalesce(max(e.stream_seq), 0) FROM evt_events e
                        WHERE e.stream_type = h.stream_type AND e.stream_id = h.stream_id)
                    """,
                ])
            let cut = try await tutti.stack.run(.orchestrator, ["verify"])
            #expect(cut.ending == .exited(1))
            #expect(cut.output.contains("was signed and kept outside"), "\(cut.output)")

            // The daemon goes on from there, with sound hashes, until it is past the head that was kept.
            try await tutti.orchestrator.start()
            for _ in 0..<2 { _ = try await tutti.create(["message": "another history"]) }
            try await eventually {
                tutti.orchestrator.logLines.contains {
                    $0["level"] == "critical" && $0.text("message").hasPrefix("the signed head was refused")
                }
            }
            let inside = try await tutti.stack.run(.orchestrator, ["verify", "--without-kept-heads"])
            #expect(inside.ending == .exited(0), "inside the database nothing shows: \(inside.output)")
            let outside = try await tutti.stack.run(.orchestrator, ["verify"])
            #expect(outside.ending == .exited(1))
            #expect(outside.output.contains("rewritten, since block"), "\(outside.output)")
        }
    }

    @Test func `verify says that it cannot tell when the kept heads are out of reach`() async throws {
        try await withLog { tutti in
            try await tutti.logging.terminate()
            let untold = try await tutti.stack.run(.orchestrator, ["verify"])
            #expect(untold.ending == .exited(2), "\(untold.output)")
        }
    }
}
