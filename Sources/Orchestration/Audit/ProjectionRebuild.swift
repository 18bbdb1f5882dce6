// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
package import Postgres
import Store

/// Replays all events into empty copies of the projections and compares them with the real ones, row for row.
///
/// Everything happens in one snapshot and is rolled back, so it may run beside a working daemon and leaves nothing.
package struct ProjectionRebuild: Sendable {
    /// One projection compared.
    package struct Comparison: Sendable, Equatable {
        package let table: String
        package let rows: Int
        /// Rows that only the replay has, or only the projection, as text; a few of each.
        package let missing: [String]
        package let surplus: [String]

        package var isEqual: Bool { missing.isEmpty && surplus.isEmpty }
    }

    package struct Report: Sendable {
        package var events = 0
        package var comparisons: [Comparison] = []

        package var isEqual: Bool { comparisons.allSatisfy(\.isEqual) }
    }

    private static let page = 2000

    /// Every projection.
    private static let tables =
        RebuildStore.taskTables + [PipelineStore.table, NotificationStore.table] + Ledgers.kinds.map(\.table)

    package init() {}

    /// Needs the owner's connection: it makes a schema of its own.
    package func run(on pool: PostgresPool) async throws -> Report {
        try await pool.withConnection { connection in
            _ = try await connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
            do {
                let report = try await replayAndCompare(on: connection)
                _ = try await connection.query("ROLLBACK")
                return report
            } catch {
                _ = try? await connection.query("ROLLBACK")
                throw error
            }
        }
    }

    private func replayAndCompare(on connection: PostgresConnection) async throws -> Report {
        _ = try await connection.pipeline(RebuildStore.openShadow(of: Self.tables))
        var report = Report()
        let heads = EventStore.workspaceHeads()
        for head in try heads.decode(try await connection.query(heads.sql)) {
            report.events += try await replay(head.workspaceID, on: connection)
        }
        for table in Self.tables { report.comparisons.append(try await compare(table, on: connection)) }
        return report
    }

    private func replay(_ workspaceID: ID<Workspace>, on connection: PostgresConnection) async throws -> Int {
        var replay = EventReplay(workspaceID: workspaceID)
        var position: Int64 = 0
        while true {
            let statement = EventStore.events(of: workspaceID, after: position, limit: Self.page)
            let events = try statement.decode(try await connection.query(statement.sql))
            guard let last = events.last else {
                _ = try await connection.query(PipelineStore.recount(workspaceID))
                return Int(position)
            }
            try await replay.apply(events, on: connection)
            position = last.position
        }
    }

    private func compare(_ table: String, on connection: PostgresConnection) async throws -> Comparison {
        func read<Output>(_ statement: Statement<Output>) async throws -> Output {
            try statement.decode(try await connection.query(statement.sql))
        }
        return Comparison(
            table: table, rows: try await read(RebuildStore.count(table)),
            missing: try await read(RebuildStore.missing(table)), surplus: try await read(RebuildStore.surplus(table)))
    }
}
