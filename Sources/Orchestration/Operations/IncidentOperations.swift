// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
package import Postgres
package import Store

/// What may be done to incidents.
package struct IncidentOperations: Sendable {
    private let pool: PostgresPool
    private let commit: GroupCommit

    package init(pool: PostgresPool, commit: GroupCommit) {
        self.pool = pool
        self.commit = commit
    }

    /// What a caller reports.
    package struct NewIncident: Sendable {
        package let title: String
        package let severity: Incident.Severity
        package var kind: String?
        package var description: String?
        package var roomID: ID<Room>?
        package var runID: ID<Run>?
        package var eventID: UUID?
        package var idempotencyKey: String?

        package init(title: String, severity: Incident.Severity) {
            self.title = title
            self.severity = severity
        }
    }

    /// Opens an incident, or finds the one of its key that is not closed; `isNew` tells which.
    package func open(
        _ new: NewIncident, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> (incident: Incident, isNew: Bool) {
        let kind = new.kind ?? "manual"
        guard SystemIncident(rawValue: kind) == nil else {
            throw Problem.invalid("/kind", "is a word for what the orchestrator finds out by itself")
        }
        var room = new.roomID
        if let room, try await read(RoomStore.room(room, in: workspaceID)) == nil {
            throw Problem.invalid("/room_id", "there is no such room")
        }
        var run: (id: ID<Run>, taskID: ID<WorkTask>)?
        if let runID = new.runID {
            let place = try await place(of: runID, in: workspaceID, field: "/run_id")
            run = (runID, place.taskID)
            room = room ?? place.roomID
        }
        if let eventID = new.eventID { try await require(eventID, in: workspaceID, field: "/event_id") }
        let links = IncidentLinks(
            runIDs: new.runID.map { [$0] } ?? [], eventIDs: new.eventID.map { [$0] } ?? [])
        let making = try await commit.submit(
            OpenIncident(
                workspaceID: workspaceID, roomID: room,
                report: IncidentReport(
                    kind: kind, severity: new.severity, title: new.title, description: new.description ?? "",
                    links: links),
                idempotencyKey: new.idempotencyKey, run: run, actor: caller.principal, traceID: caller.traceID))
        return (try await incident(making.id, in: workspaceID), !making.isReplay)
    }

    /// Says that somebody has seen it; what has been acknowledged before stays as it is.
    package func acknowledge(
        _ id: ID<Incident>, note: String?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Incident { try await change(id, .acknowledge(note: note), in: workspaceID, by: caller) }

    /// Closes it for good.
    package func close(
        _ id: ID<Incident>, note: String, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Incident { try await change(id, .close(note: note), in: workspaceID, by: caller) }

    /// Links runs and events that exist; those that are linked already are not linked again.
    package func link(
        _ id: ID<Incident>, _ links: IncidentLinks, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Incident {
        for (index, run) in links.runIDs.enumerated() {
            _ = try await place(of: run, in: workspaceID, field: "/run_ids/\(index)")
        }
        for (index, event) in links.eventIDs.enumerated() {
            try await require(event, in: workspaceID, field: "/event_ids/\(index)")
        }
        return try await change(id, .link(links), in: workspaceID, by: caller)
    }

    private func change(
        _ id: ID<Incident>, _ change: ChangeIncident.Change, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Incident {
        let current = try await incident(id, in: workspaceID)
        return try await commit.submit(
            ChangeIncident(
                workspaceID: workspaceID, roomID: current.roomID, incidentID: id, change: change,
                actor: caller.principal, traceID: caller.traceID))
    }

    // MARK: Reading

    package func incident(_ id: ID<Incident>, in workspaceID: ID<Workspace>) async throws -> Incident {
        guard let incident = try await read(IncidentStore.incident(id, in: workspaceID)) else {
            throw Problem.notFound("incident", id.rawValue)
        }
        return incident
    }

    /// Incidents newest first; `next` is where to go on.
    package func list(
        _ filter: IncidentFilter, in workspaceID: ID<Workspace>, before cursor: ID<Incident>?, limit: Int
    ) async throws -> (incidents: [Incident], next: ID<Incident>?) {
        let (incidents, last) = try await read(
            IncidentStore.list(filter, in: workspaceID, before: cursor, limit: limit + 1)
        ).page(limit)
        return (incidents, last?.id)
    }

    private func place(
        of runID: ID<Run>, in workspaceID: ID<Workspace>, field: String
    ) async throws -> (taskID: ID<WorkTask>, roomID: ID<Room>) {
        guard let place = try await read(TaskStore.place(ofRun: runID, in: workspaceID)) else {
            throw Problem.invalid(field, "there is no such run")
        }
        return place
    }

    private func require(_ eventID: UUID, in workspaceID: ID<Workspace>, field: String) async throws {
        guard try await read(EventStore.hasEvent(eventID, in: workspaceID)) else {
            throw Problem.invalid(field, "there is no such event")
        }
    }

    private func read<Output: Sendable>(_ statement: Statement<Output>) async throws -> Output {
        try statement.decode(try await pool.query(statement.sql))
    }
}
