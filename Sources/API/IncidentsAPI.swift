// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
import HTTPTypes

extension Incident.Severity: WireEnum {}
extension Incident.Status: WireEnum {}

/// The endpoints of incidents.
package enum IncidentsAPI {
    package static let open = Endpoint<OpenIncidentInput, IncidentView>(
        "openIncident", .post, "/v1/incidents", .peopleAndServices(.writeIncidents), "Opens an incident.",
        description: """
            With an idempotency key, the incident of that key that is open or acknowledged is answered with 200 instead; once \
            that is closed, the key opens another one. Its events are in the stream of the room, which is that of the run \
            unless one is named, and else in the workspace's. The kinds \(systemKinds) are the orchestrator's own.
            """,
        tag: "incidents", success: [201, 200], headers: [("Location", "The path of the incident.")],
        problems: [.conflict])

    package static let list = Endpoint<ListIncidentsInput, Page<IncidentView>>(
        "listIncidents", .get, "/v1/incidents", .peopleAndServices(.readIncidents), "Lists incidents, newest first.",
        tag: "incidents")

    package static let get = Endpoint<IncidentInput, IncidentView>(
        "getIncident", .get, "/v1/incidents/{incident_id}", .peopleAndServices(.readIncidents),
        "Reads an incident.", tag: "incidents")

    package static let acknowledge = Endpoint<AcknowledgeIncidentInput, IncidentView>(
        "acknowledgeIncident", .post, "/v1/incidents/{incident_id}/acknowledge",
        .peopleAndServices(.writeIncidents), "Says that somebody has seen it.",
        description: "An incident that has been acknowledged before is answered as it is.", tag: "incidents",
        problems: [.conflict], isIdempotent: true)

    package static let close = Endpoint<CloseIncidentInput, IncidentView>(
        "closeIncident", .post, "/v1/incidents/{incident_id}/close", .peopleAndServices(.writeIncidents),
        "Closes an incident for good.",
        description: "There is no way back (409 `incident_closed`): what happens again is a new incident.",
        tag: "incidents", problems: [.conflict])

    package static let link = Endpoint<LinkIncidentInput, IncidentView>(
        "linkIncident", .post, "/v1/incidents/{incident_id}/links", .peopleAndServices(.writeIncidents),
        "Links runs and events to an incident.", tag: "incidents", problems: [.conflict], isIdempotent: true)

    package static let catalogue: [AnyEndpoint] = [
        open.route, list.route, get.route, acknowledge.route, close.route, link.route,
    ]

    private static let systemKinds = SystemIncident.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
}

/// `POST /v1/incidents`.
package struct OpenIncidentInput: WireInput {
    package static let wireName = "NewIncident"

    package let workspaceID: ID<Workspace>
    package let title: String
    package let severity: Incident.Severity
    package let kind: String?
    package let description: String?
    package let roomID: ID<Room>?
    package let runID: ID<Run>?
    package let eventID: UUID?
    package let idempotencyKey: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        title = reader.member("title", "One line that says what is wrong.", .string(.text, min: 1, max: 500))
        severity = reader.member("severity", "How bad it is.", .choice(Incident.Severity.self))
        kind = reader.optional("kind", "A word for what sort of thing it is; `manual` unless given.", .incidentKind)
        description = reader.optional("description", "More about it, as Markdown.", .string(.text, max: 20_000))
        roomID = reader.optional("room_id", "The room that it belongs to.", .id())
        runID = reader.optional("run_id", "The run that it is about.", .id())
        eventID = reader.optional("event_id", "An event that it is about.", .eventID)
        idempotencyKey = reader.optional(
            "idempotency_key", "Makes reporting the same thing again harmless until it is closed.",
            .string(.text, min: 1, max: 255))
    }
}

extension Shape where Value == String {
    /// A word for a sort of incident.
    fileprivate static var incidentKind: Shape<String> {
        let pattern = TextPattern(
            "^[a-z][a-z0-9_]{0,62}$", words: "1 to 63 lowercase letters, digits and underscores, a letter first"
        ) { text in
            guard (1...63).contains(text.utf8.count), let first = text.utf8.first, (97...122).contains(first) else {
                return false
            }
            return text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
        }
        return .string(pattern, min: 1, max: 63)
    }
}

extension Shape where Value == UUID {
    /// An event's identifier.
    static var eventID: Shape<UUID> {
        let words = "an event's id: a UUID in lowercase"
        let pattern = TextPattern("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", words: words) { text in
            let lengths = text.split(separator: "-", omittingEmptySubsequences: false).map(\.utf8.count)
            return lengths == [8, 4, 4, 4, 12]
                && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) || $0 == 45 }
        }
        return Shape<String>.string(pattern, min: 36, max: 36, format: "uuid")
            .map(placeholder: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), words: words) {
                UUID(uuidString: $0)
            }
    }
}

/// `GET /v1/incidents`.
package struct ListIncidentsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let statuses: [Incident.Status]
    package let severities: [Incident.Severity]
    package let kind: String?
    package let roomID: ID<Room>?
    package let runID: ID<Run>?
    package let limit: Int
    package let cursor: ID<Incident>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        statuses = reader.queryList(
            "status", "Only incidents in this status.", of: .choice(Incident.Status.self), max: 3)
        severities = reader.queryList(
            "severity", "Only incidents of this severity.", of: .choice(Incident.Severity.self), max: 4)
        kind = reader.query("kind", "Only incidents of this kind.", .incidentKind)
        roomID = reader.query("room_id", "Only incidents of this room.", .id())
        runID = reader.query("run_id", "Only incidents that this run is linked to.", .id())
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// Names an incident in a path.
package struct IncidentInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let incidentID: ID<Incident>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        incidentID = reader.path("incident_id", "The incident.", .id())
    }
}

/// `POST /v1/incidents/{incident_id}/acknowledge`.
package struct AcknowledgeIncidentInput: WireInput {
    package static let wireName = "IncidentAcknowledgement"

    package let workspaceID: ID<Workspace>
    package let incidentID: ID<Incident>
    package let note: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        incidentID = reader.path("incident_id", "The incident.", .id())
        note = reader.optional("note", "What there is to say.", .string(.text, max: 5000))
    }
}

/// `POST /v1/incidents/{incident_id}/close`.
package struct CloseIncidentInput: WireInput {
    package static let wireName = "IncidentClosing"

    package let workspaceID: ID<Workspace>
    package let incidentID: ID<Incident>
    package let note: String

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        incidentID = reader.path("incident_id", "The incident.", .id())
        note = reader.member("note", "What it was, and what was done about it.", .string(.text, min: 1, max: 5000))
    }
}

/// `POST /v1/incidents/{incident_id}/links`.
package struct LinkIncidentInput: WireInput {
    package static let wireName = "IncidentLinks"

    package let workspaceID: ID<Workspace>
    package let incidentID: ID<Incident>
    package let runIDs: [ID<Run>]
    package let eventIDs: [UUID]

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        incidentID = reader.path("incident_id", "The incident.", .id())
        runIDs = reader.optional("run_ids", "Runs that have to do with it.", .array(of: .id(), max: 50)) ?? []
        eventIDs = reader.optional("event_ids", "Events that have to do with it.", .array(of: .eventID, max: 50)) ?? []
        reader.requireOne(of: "run_ids", "event_ids")
    }
}

/// An incident.
package struct IncidentView: WireObject {
    package static let wireName = "Incident"

    package let incident: Incident

    package init(_ incident: Incident) { self.incident = incident }

    package static let fields: [Field<IncidentView>] = [
        Field("incident_id", "Names the incident.") { $0.incident.id },
        Field("room_id", "The room it belongs to; null for the workspace as a whole.") { $0.incident.roomID },
        Field("kind", "A word for what sort of thing it is.") { $0.incident.kind },
        Field("severity", "How bad it is.") { $0.incident.severity },
        Field("title", "One line that says what is wrong.") { $0.incident.title },
        Field("description", "More about it, as Markdown.") { $0.incident.description },
        Field("status", "Where it stands.") { $0.incident.status },
        Field("idempotency_key", "The key it was opened with; null without.") { $0.incident.idempotencyKey },
        Field("run_id", "The run that it is about; null without.") { $0.incident.runID },
        Field("run_ids", "All runs that have to do with it.") { $0.incident.runIDs },
        Field("event_ids", "Events that have to do with it.") { $0.incident.eventIDs.map(\.text) },
        Field("opened_by", "Who opened it, such as `service:orchestrator-svc`.") { $0.incident.openedBy.text },
        Field("acknowledged_by", "Who has seen it first; null before.") { $0.incident.acknowledgedBy?.text },
        Field("closed_by", "Who closed it; null before.") { $0.incident.closedBy?.text },
        Field("note", "What was said last when it was acknowledged or closed.") { $0.incident.note },
        Field("opened_at", "When it was opened.") { $0.incident.openedAt },
        Field("acknowledged_at", "When it was first seen; null before.") { $0.incident.acknowledgedAt },
        Field("closed_at", "When it was closed; null before.") { $0.incident.closedAt },
        Field("version", "Rises with every change.") { $0.incident.version },
    ]
}
