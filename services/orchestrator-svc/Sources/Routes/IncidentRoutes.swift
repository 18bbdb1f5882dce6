// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import HTTPTypes
import Orchestration
import ServiceKit
import Store

func answerIncidents(_ router: inout EndpointRouter, _ incidents: IncidentOperations) {
    router.on(IncidentsAPI.open) { input, context in
        let (incident, isNew) = try await incidents.open(
            IncidentOperations.NewIncident(input), in: input.workspaceID, by: context.caller)
        return Reply(
            IncidentView(incident), status: isNew ? 201 : 200,
            headers: [(.location, "/v1/incidents/\(incident.id)")])
    }
    router.on(IncidentsAPI.list) { input, _ in
        let (found, next) = try await incidents.list(
            IncidentFilter(input), in: input.workspaceID, before: input.cursor, limit: input.limit)
        return Page(items: found.map(IncidentView.init), nextCursor: next?.rawValue)
    }
    router.on(IncidentsAPI.get) { input, _ in
        IncidentView(try await incidents.incident(input.incidentID, in: input.workspaceID))
    }
    router.on(IncidentsAPI.acknowledge) { input, context in
        IncidentView(
            try await incidents.acknowledge(
                input.incidentID, note: input.note, in: input.workspaceID, by: context.caller))
    }
    router.on(IncidentsAPI.close) { input, context in
        IncidentView(
            try await incidents.close(input.incidentID, note: input.note, in: input.workspaceID, by: context.caller))
    }
    router.on(IncidentsAPI.link) { input, context in
        IncidentView(
            try await incidents.link(
                input.incidentID, IncidentLinks(runIDs: input.runIDs, eventIDs: input.eventIDs),
                in: input.workspaceID, by: context.caller))
    }
}

extension IncidentOperations.NewIncident {
    fileprivate init(_ input: OpenIncidentInput) {
        self.init(title: input.title, severity: input.severity)
        kind = input.kind
        description = input.description
        roomID = input.roomID
        runID = input.runID
        eventID = input.eventID
        idempotencyKey = input.idempotencyKey
    }
}

extension IncidentFilter {
    fileprivate init(_ input: ListIncidentsInput) {
        self.init()
        statuses = input.statuses
        severities = input.severities
        kind = input.kind
        roomID = input.roomID
        runID = input.runID
    }
}
