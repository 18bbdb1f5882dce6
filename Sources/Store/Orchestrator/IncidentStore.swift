// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import FoundationEssentials
package import Postgres

/// Which incidents a list shows; nil and empty members do not restrict.
package struct IncidentFilter: Sendable, Equatable {
    package var statuses: [Incident.Status] = []
    package var severities: [Incident.Severity] = []
    package var kind: String?
    package var roomID: ID<Room>?
    /// Linked to this run.
    package var runID: ID<Run>?

    package init() {}
}

/// `proj_incidents`.
package enum IncidentStore: LedgerStore {
    package typealias Event = IncidentEvent

    package static let table = "proj_incidents"

    private static let columns: SQL = """
        incident_id, workspace_id, room_id, kind, severity, title, description, status, idempotency_key, open_key,
        run_id, run_ids, event_ids, opened_by, acknowledged_by, closed_by, note, version, opened_at, acknowledged_at,
        closed_at
        """

    package static func load(_ keys: [ID<Incident>], in workspaceID: ID<Workspace>) -> Statement<[Incident]> {
        Statement(
            "SELECT \(columns) FROM proj_incidents WHERE workspace_id = \(workspaceID) AND incident_id = ANY(\(keys))"
        ) { rows in try rows.map(read) }
    }

    package static func idempotencyKey(of incident: Incident) -> String? { incident.openKey }

    package static func load(
        idempotencyKeys keys: [String], in workspaceID: ID<Workspace>
    ) -> Statement<[Incident]>? {
        Statement(
            "SELECT \(columns) FROM proj_incidents WHERE workspace_id = \(workspaceID) AND open_key = ANY(\(keys))"
        ) { rows in try rows.map(read) }
    }

    package static func upsert(_ incidents: [Incident]) -> SQL {
        """
        INSERT INTO proj_incidents (\(columns))
        SELECT \(columns) FROM unnest(
            \(incidents.map(\.id)), \(incidents.map(\.workspaceID)), \(incidents.map(\.roomID)),
            \(incidents.map(\.kind)), \(incidents.map(\.severity)), \(incidents.map(\.title)),
            \(incidents.map(\.description)), \(incidents.map(\.status)), \(incidents.map(\.idempotencyKey)),
            \(incidents.map(\.openKey)), \(incidents.map(\.runID)),
            \(incidents.map { json($0.runIDs.map(\.rawValue)) }), \(incidents.map { json($0.eventIDs.map(\.text)) }),
            \(incidents.map(\.openedBy)), \(incidents.map(\.acknowledgedBy)), \(incidents.map(\.closedBy)),
            \(incidents.map(\.note)), \(incidents.map(\.version)), \(incidents.map(\.openedAt)),
            \(incidents.map(\.acknowledgedAt)), \(incidents.map(\.closedAt)))
            AS i (\(columns))
        ON CONFLICT ON CONSTRAINT proj_incidents_pkey DO UPDATE SET
            status = excluded.status, open_key = excluded.open_key, run_ids = excluded.run_ids,
            event_ids = excluded.event_ids, acknowledged_by = excluded.acknowledged_by,
            closed_by = excluded.closed_by, note = excluded.note, version = excluded.version,
            acknowledged_at = excluded.acknowledged_at, closed_at = excluded.closed_at
        """
    }

    /// One incident; nil when there is none.
    package static func incident(_ id: ID<Incident>, in workspaceID: ID<Workspace>) -> Statement<Incident?> {
        Statement(
            "SELECT \(columns) FROM proj_incidents WHERE workspace_id = \(workspaceID) AND incident_id = \(id)"
        ) { rows in try rows.first.map(read) }
    }

    /// Incidents newest first, before one that a page ended with.
    package static func list(
        _ filter: IncidentFilter, in workspaceID: ID<Workspace>, before last: ID<Incident>?, limit: Int
    ) -> Statement<[Incident]> {
        var sql: SQL = "SELECT \(columns) FROM proj_incidents WHERE workspace_id = \(workspaceID)"
        if let last { sql += " AND incident_id < \(last)" }
        switch filter.statuses.count {
        case 0: break
        case 1: sql += " AND status = \(filter.statuses[0])"
        default: sql += " AND status = ANY(\(filter.statuses))"
        }
        if !filter.severities.isEmpty { sql += " AND severity = ANY(\(filter.severities))" }
        if let kind = filter.kind { sql += " AND kind = \(kind)" }
        if let room = filter.roomID { sql += " AND room_id = \(room)" }
        if let run = filter.runID { sql += " AND run_ids @> \(json([run.rawValue]))" }
        sql += " ORDER BY incident_id DESC LIMIT \(limit)"
        return Statement(sql) { rows in try rows.map(read) }
    }

    private static func json(_ texts: [String]) -> JSONB {
        JSONB(bytes: JSONValue.array(texts.map { .string($0) }).bytes)
    }

    private static func texts(_ row: PostgresRow, _ column: String) throws -> [String] {
        let value = try row.value(column, as: JSONB.self)
        return (try JSONValue.parse(value.bytes).array ?? []).compactMap(\.string)
    }

    private static func read(_ row: PostgresRow) throws -> Incident {
        Incident(
            id: try row.value("incident_id"), workspaceID: try row.value("workspace_id"),
            roomID: try row.value("room_id"), kind: try row.value("kind"), severity: try row.value("severity"),
            title: try row.value("title"), description: try row.value("description"),
            status: try row.value("status"), idempotencyKey: try row.value("idempotency_key"),
            runID: try row.value("run_id"), runIDs: try texts(row, "run_ids").map { ID(trusted: $0) },
            eventIDs: try texts(row, "event_ids").compactMap { UUID(uuidString: $0) },
            openedBy: try row.value("opened_by"), acknowledgedBy: try row.value("acknowledged_by"),
            closedBy: try row.value("closed_by"), note: try row.value("note"), version: try row.value("version"),
            openedAt: try row.value("opened_at"), acknowledgedAt: try row.value("acknowledged_at"),
            closedAt: try row.value("closed_at"))
    }
}

extension Incident.Severity: PostgresRepresentable {}
extension Incident.Status: PostgresRepresentable {}
