// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Acknowledges or closes an incident, or links more to it. What is so already records nothing.
package struct ChangeIncident: Command {
    package enum Change: Sendable, Equatable {
        case acknowledge(note: String?)
        case close(note: String)
        case link(IncidentLinks)
    }

    package let workspaceID: ID<Workspace>
    /// The incident's; nil for the workspace as a whole.
    package let roomID: ID<Room>?
    package let incidentID: ID<Incident>
    package let change: Change
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>?, incidentID: ID<Incident>, change: Change, actor: Principal,
        traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.incidentID = incidentID
        self.change = change
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds(incidentsOf: workspaceID, in: roomID)
        needs.rows.incidents.want(incidentID)
        return needs
    }

    /// The incident as it is afterwards.
    package func decide(_ state: inout FlushState) throws(Problem) -> Incident {
        let incident = try state.incident(incidentID)
        var context = state.context(incident.stream, by: actor, traceID: traceID)
        context.runID = incident.runID
        let event: IncidentEvent?
        do throws(IncidentError) {
            event = try decide(incident)
        } catch {
            throw Problem(error, incidentID)
        }
        if let event { try state.record(event, on: incidentID, in: \.incidents, context) }
        return try state.incident(incidentID)
    }

    private func decide(_ incident: Incident) throws(IncidentError) -> IncidentEvent? {
        switch change {
        case .acknowledge(let note): try incident.acknowledge(note: note)
        case .close(let note): try incident.close(note: note)
        case .link(let links): try incident.link(links)
        }
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Incident {
        try state.incident(incidentID)
    }
}

extension FlushState {
    /// An incident whose row the command wants. Throws `notFound`.
    fileprivate func incident(_ id: ID<Incident>) throws(Problem) -> Incident {
        guard let incident = rows.incidents[id] else { throw .notFound("incident", id.rawValue) }
        return incident
    }
}

extension Problem {
    /// The domain's refusal in the words of the API.
    init(_ error: IncidentError, _ id: ID<Incident>) {
        switch error {
        case .closed:
            self.init(
                .conflict, "The incident \(id) is closed for good; open another one.", code: "incident_closed",
                details: ["incident_id": .string(id.rawValue)])
        case .tooManyLinks:
            self.init(
                .conflict, "An incident links at most \(Incident.mostLinks) runs and as many events.",
                code: "too_many_links", details: ["incident_id": .string(id.rawValue)])
        }
    }
}
