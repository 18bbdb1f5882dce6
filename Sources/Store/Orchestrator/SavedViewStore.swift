// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `saved_views`.
package enum SavedViewStore {
    /// Lets one transaction at a time write the views of one reader, so that they can be counted. To be a statement of its
    /// own: the next one sees what was written while this one waited.
    package static func lock(_ reader: Principal, in workspaceID: ID<Workspace>) -> SQL {
        """
        SELECT pg_advisory_xact_lock(
            hashtextextended('saved_views ' || \(workspaceID.rawValue) || ' ' || \(reader.text), 0))
        """
    }

    /// Saves a view under its name; nil when it would be one too many. The reader must be locked.
    package static func put(
        _ name: String, place: String, query: String, of reader: Principal, in workspaceID: ID<Workspace>
    ) -> Statement<SavedView?> {
        Statement(
            """
            INSERT INTO saved_views (workspace_id, principal, name, place, query, created_at, updated_at)
            SELECT \(workspaceID), \(reader), \(name), \(place), \(query), now(), now()
            WHERE (
                SELECT count(*) FROM saved_views
                WHERE workspace_id = \(workspaceID) AND principal = \(reader) AND name <> \(name)
            ) < \(SavedView.mostPerReader)
            ON CONFLICT ON CONSTRAINT saved_views_pkey DO UPDATE
                SET place = excluded.place, query = excluded.query, updated_at = excluded.updated_at
            RETURNING name, place, query, created_at, updated_at
            """
        ) { rows in try rows.first.map(read) }
    }

    /// All views of a reader by name, or those of one place.
    package static func list(
        of reader: Principal, place: String?, in workspaceID: ID<Workspace>
    ) -> Statement<[SavedView]> {
        Statement(
            """
            SELECT name, place, query, created_at, updated_at FROM saved_views
            WHERE workspace_id = \(workspaceID) AND principal = \(reader) AND place = coalesce(\(place), place)
            ORDER BY name LIMIT \(SavedView.mostPerReader)
            """
        ) { rows in try rows.map(read) }
    }

    /// Deletes a view; whether there was one.
    package static func delete(
        _ name: String, of reader: Principal, in workspaceID: ID<Workspace>
    ) -> Statement<Bool> {
        Statement(
            """
            DELETE FROM saved_views WHERE workspace_id = \(workspaceID) AND principal = \(reader) AND name = \(name)
            RETURNING name
            """
        ) { rows in !rows.isEmpty }
    }

    private static func read(_ row: PostgresRow) throws -> SavedView {
        SavedView(
            name: try row.value("name"), place: try row.value("place"), query: try row.value("query"),
            createdAt: try row.value("created_at"), updatedAt: try row.value("updated_at"))
    }
}
