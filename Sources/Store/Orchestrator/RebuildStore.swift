// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// Empty copies of the projections beside the real ones, for a replay of all events, and their comparison.
package enum RebuildStore {
    /// What follows from the events of tasks and agents; other projections are `LedgerStore`s.
    package static let taskTables = ["proj_tasks", "proj_task_labels", "proj_runs", "proj_agents"]

    private static let shadow = "tutti_rebuild"

    /// Makes the copies and lets the transaction write to them by the very statements that the kernel writes by: only
    /// the search path decides where to.
    package static func openShadow(of tables: [String]) -> [SQL] {
        var statements: [SQL] = ["CREATE SCHEMA \(identifier: shadow)"]
        for table in tables { statements.append("CREATE TABLE \(rebuilt(table)) (LIKE \(real(table)) INCLUDING ALL)") }
        statements.append(
            "SET LOCAL search_path = \(identifier: shadow), \(identifier: OrchestratorSchema.name)")
        return statements
    }

    /// The rows of a projection.
    package static func count(_ table: String) -> Statement<Int> {
        Statement("SELECT count(*) AS rows FROM \(real(table))") { rows in try rows.first?.value("rows") ?? 0 }
    }

    /// Rows that only the replay has, as text; a few.
    package static func missing(_ table: String) -> Statement<[String]> { difference(rebuilt(table), real(table)) }

    /// Rows that only the projection has, as text; a few.
    package static func surplus(_ table: String) -> Statement<[String]> { difference(real(table), rebuilt(table)) }

    private static func real(_ table: String) -> SQL { "\(identifier: OrchestratorSchema.name).\(identifier: table)" }

    private static func rebuilt(_ table: String) -> SQL { "\(identifier: shadow).\(identifier: table)" }

    private static func difference(_ left: SQL, _ right: SQL) -> Statement<[String]> {
        Statement(
            """
            SELECT row_text FROM (
                SELECT l::text AS row_text FROM \(left) l EXCEPT ALL SELECT r::text FROM \(right) r
            ) AS difference ORDER BY row_text LIMIT 5
            """
        ) { rows in try rows.map { try $0.value("row_text") } }
    }
}
