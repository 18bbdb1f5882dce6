// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import TestKit
import Testing

/// Flushes that are held up by a lock, so that a test says which commands meet in one and what happens before it goes on.
extension KernelFixture {
    struct Stage: Sendable {
        let run: @Sendable () async throws -> Void
        /// Whether it has come to where it is held up, as a connection tells that may see what others do.
        let isHeldUp: @Sendable (PostgresConnection) async throws -> Bool
    }

    /// How many sessions wait for a lock.
    static func waiting(_ connection: PostgresConnection) async throws -> Int {
        let row = try await connection.query(
            """
            SELECT count(*) AS n FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        ).first
        return try row?.value("n") ?? 0
    }

    /// Begins stages one behind the other while somebody has the lock of the workspace's head, which is let go then.
    func holdUp(_ stages: [Stage]) async throws {
        let holder = try await PostgresConnection.connect(
            Self.configuration(url, role: nil), logger: Self.logger)
        defer { holder.close() }
        _ = try await holder.query("BEGIN")
        _ = try await holder.query(
            "SELECT FROM evt_workspace_heads WHERE workspace_id = \(Self.workspace) FOR NO KEY UPDATE")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for stage in stages {
                group.addTask { try await stage.run() }
                try await eventually { try await stage.isHeldUp(holder) }
            }
            _ = try await holder.query("COMMIT")
            try await group.waitForAll()
        }
    }

    /// Has commands gather while their lane is held up, so that one flush has all of them, in their order.
    func inOneFlush(_ commands: [@Sendable () async throws -> Void]) async throws {
        let first = Stage(
            run: { _ = try await order { $0.agent = "other" } },
            isHeldUp: { try await Self.waiting($0) == 1 })
        let others = commands.enumerated().map { index, command in
            Stage(run: command, isHeldUp: { _ in commit.figures.depth == index + 1 })
        }
        try await holdUp([first] + others)
    }
}
