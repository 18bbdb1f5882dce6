// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Common
import Foundation
import Logging
import Orchestration
import Postgres
import ServiceKit

/// Replays all events into an empty schema and proves that the projections are what the events say.
struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rebuilds the projections from the events in a schema of its own and compares them, row for row.",
        discussion: """
            It reads one snapshot and leaves nothing behind, so it may run beside the daemon. \
            Exit codes: 0 when all is equal, 1 when not, 2 when it cannot be told.
            """)

    func run() async throws {
        let settings = try Settings(Daemon.configurationOrExit(OrchestratorService.daemonName))
        let pool = PostgresPool(
            Settings.commandDatabase(settings.ownerURL, role: nil), logger: Logger(label: "rebuild"))
        let report: ProjectionRebuild.Report
        do {
            report = try await ProjectionRebuild().run(on: pool)
        } catch {
            FileHandle.standardError.write(Data("cannot rebuild: \(error)\n".utf8))
            Daemon.end(2)
        }
        await pool.shutdown()
        print("\(report.events) events replayed")
        for comparison in report.comparisons {
            print("\(comparison.table): \(comparison.rows) rows, \(comparison.isEqual ? "equal" : "NOT EQUAL")")
            for row in comparison.missing { print("  only in the replay: \(row)") }
            for row in comparison.surplus { print("  only in the table: \(row)") }
        }
        Daemon.end(report.isEqual ? 0 : 1)
    }
}
