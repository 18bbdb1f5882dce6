// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `proj_workspaces`.
package enum WorkspaceStore: LedgerStore {
    package typealias Event = WorkspaceEvent

    package static let table = "proj_workspaces"

    private static let columns: SQL = "workspace_id, name, created_at"

    /// A workspace is a row of itself alone, so `keys` has no others.
    package static func load(_ keys: [ID<Workspace>], in workspaceID: ID<Workspace>) -> Statement<[Workspace]> {
        Statement("SELECT \(columns) FROM proj_workspaces WHERE workspace_id = \(workspaceID)") { rows in
            try rows.map(read)
        }
    }

    package static func upsert(_ workspaces: [Workspace]) -> SQL {
        """
        INSERT INTO proj_workspaces (\(columns))
        SELECT \(columns) FROM unnest(
            \(workspaces.map(\.id)), \(workspaces.map(\.name)), \(workspaces.map(\.createdAt)))
            AS w (\(columns))
        ON CONFLICT ON CONSTRAINT proj_workspaces_pkey DO UPDATE SET name = excluded.name
        """
    }

    /// Workspaces by id, after one that a page ended with.
    package static func list(after last: ID<Workspace>?, limit: Int) -> Statement<[Workspace]> {
        Statement(
            """
            SELECT \(columns) FROM proj_workspaces WHERE workspace_id > \(last?.rawValue ?? "")
            ORDER BY workspace_id LIMIT \(limit)
            """
        ) { rows in try rows.map(read) }
    }

    /// How far the log of a workspace goes; nil when there is no such workspace.
    package static func position(of workspaceID: ID<Workspace>) -> Statement<Int64?> {
        Statement(
            """
            SELECT h.position FROM proj_workspaces w JOIN evt_workspace_heads h ON h.workspace_id = w.workspace_id
            WHERE w.workspace_id = \(workspaceID)
            """
        ) { rows in try rows.first?.value("position") }
    }

    private static func read(_ row: PostgresRow) throws -> Workspace {
        Workspace(
            id: try row.value("workspace_id"), name: try row.value("name"), createdAt: try row.value("created_at"))
    }
}
