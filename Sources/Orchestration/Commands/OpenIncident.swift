// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials

/// Opens an incident, or finds the one of its key that is not closed yet and adds what it does not link so far.
package struct OpenIncident: Command {
    package let workspaceID: ID<Workspace>
    /// Nil for the workspace as a whole.
    package let roomID: ID<Room>?
    package let report: IncidentReport
    package let idempotencyKey: String?
    /// The run that it is about, with its task.
    package let run: (id: ID<Run>, taskID: ID<WorkTask>)?
    /// The event that it answers, where that is one.
    package let cause: UUID?
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>?, report: IncidentReport, idempotencyKey: String?,
        run: (id: ID<Run>, taskID: ID<WorkTask>)? = nil, cause: UUID? = nil, actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.report = report
        self.idempotencyKey = idempotencyKey
        self.run = run
        self.cause = cause
        self.actor = actor
        self.traceID = traceID
    }

    /// Whether the orchestrator reports by itself; what it has found out is told in an archived room, too.
    private var isSystem: Bool { SystemIncident(rawValue: report.kind) != nil }

    private var openKey: String? {
        idempotencyKey.map { Incident.openKey(kind: report.kind, idempotencyKey: $0) }
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds(incidentsOf: workspaceID, in: roomID)
        if let roomID { needs.rows.rooms.want(roomID) }
        if let openKey { needs.rows.incidents.want(idempotencyKey: openKey) }
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Making<Incident> {
        if let roomID, !isSystem {
            let known = openKey.flatMap { state.rows.incidents.row(withIdempotencyKey: $0) }
            if known == nil { _ = try state.openRoom(roomID) }
        }
        var context = state.context(
            roomID.map { .room($0) } ?? .workspace(workspaceID), by: actor, traceID: traceID)
        context.runID = run?.id
        context.taskID = run?.taskID
        context.causationID = cause
        context.idempotencyKey = idempotencyKey
        return try state.open(report, context)
    }

    package func memo(of outcome: Making<Incident>) -> [UInt8]? { note(of: outcome) }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Making<Incident> {
        making(from: memo)
    }
}

extension CommandNeeds {
    /// Needs of a command about incidents of a room, or of the workspace as a whole. The workspace's stream is always one of
    /// them: keys of incidents are freed when one is closed, whatever its room, and that stream's head guards them.
    package init(incidentsOf workspaceID: ID<Workspace>, in roomID: ID<Room>?) {
        self.init()
        streams = [.workspace(workspaceID)]
        if let roomID { streams.insert(.room(roomID)) }
    }
}

extension FlushState {
    /// Opens an incident where the context says, or adds its links to the one of its key that is open. The command must want
    /// the key and need the streams (see `CommandNeeds.init(incidentsOf:in:)`).
    package mutating func open(
        _ report: IncidentReport, _ context: EventContext
    ) throws(Problem) -> Making<Incident> {
        let openKey = context.idempotencyKey.map { Incident.openKey(kind: report.kind, idempotencyKey: $0) }
        if let openKey, let known = rows.incidents.row(withIdempotencyKey: openKey) {
            return .existing(known.id)
        }
        let id = ID<Incident>.make()
        try record(.opened(report), on: id, in: \.incidents, context)
        return .made(id)
    }
}
