// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// What is reported when an incident is opened; who and when is in the event's envelope.
package struct IncidentReport: Sendable, Equatable {
    package let kind: String
    package let severity: Incident.Severity
    package let title: String
    package let description: String
    package let links: IncidentLinks

    package init(
        kind: String, severity: Incident.Severity, title: String, description: String,
        links: IncidentLinks = IncidentLinks()
    ) {
        self.kind = kind
        self.severity = severity
        self.title = title
        self.description = description
        self.links = links
    }

    /// A report of the orchestrator's own.
    package init(
        _ kind: SystemIncident, title: String, description: String, links: IncidentLinks = IncidentLinks()
    ) {
        self.init(
            kind: kind.rawValue, severity: kind.severity, title: title, description: description, links: links)
    }
}

/// Runs and events that have to do with an incident.
package struct IncidentLinks: Sendable, Equatable {
    package let runIDs: [ID<Run>]
    package let eventIDs: [UUID]

    package init(runIDs: [ID<Run>] = [], eventIDs: [UUID] = []) {
        self.runIDs = runIDs
        self.eventIDs = eventIDs
    }

    package var isEmpty: Bool { runIDs.isEmpty && eventIDs.isEmpty }
}

/// Everything that can happen to an incident. The stream is that of its room, or the workspace.
package enum IncidentEvent: RowEvent {
    case opened(IncidentReport)
    case linked(IncidentLinks)
    case acknowledged(note: String?)
    case closed(note: String)

    package static let names = ["incident.opened", "incident.linked", "incident.acknowledged", "incident.closed"]

    package var name: String {
        switch self {
        case .opened: "incident.opened"
        case .linked: "incident.linked"
        case .acknowledged: "incident.acknowledged"
        case .closed: "incident.closed"
        }
    }

    package static func key(of row: Incident) -> ID<Incident> { row.id }

    package static func key(
        in _: EventContext, _ body: EventBody
    ) throws(EventDecodingError) -> ID<Incident> { try body.id("incident_id") }

    package func applied(to row: Incident?, key: ID<Incident>, in context: EventContext) -> Incident? {
        if case .opened(let report) = self {
            let roomID: ID<Room>? = if case .room(let id) = context.stream { id } else { nil }
            return Incident(
                id: key, workspaceID: context.workspaceID, roomID: roomID, kind: report.kind,
                severity: report.severity, title: report.title, description: report.description,
                idempotencyKey: context.idempotencyKey, runID: context.runID, runIDs: report.links.runIDs,
                eventIDs: report.links.eventIDs, openedBy: context.actor, openedAt: context.occurredAt)
        }
        guard var incident = row else { return nil }
        switch self {
        case .opened: break
        case .linked(let links):
            incident.runIDs += links.runIDs
            incident.eventIDs += links.eventIDs
        case .acknowledged(let note):
            incident.status = .acknowledged
            incident.acknowledgedBy = context.actor
            incident.acknowledgedAt = context.occurredAt
            incident.note = note ?? incident.note
        case .closed(let note):
            incident.status = .closed
            incident.closedBy = context.actor
            incident.closedAt = context.occurredAt
            incident.note = note
        }
        incident.version += 1
        return incident
    }
}

// MARK: On disk

extension IncidentEvent {
    package func body(of row: Incident) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("incident_id", row.id.rawValue)
        switch self {
        case .opened(let report):
            writer.member("kind", report.kind)
            writer.member("severity", report.severity.rawValue)
            writer.member("title", report.title)
            writer.member("description", report.description)
            report.links.write(to: &writer)
        case .linked(let links): links.write(to: &writer)
        case .acknowledged(let note): writer.optional("note", note)
        case .closed(let note): writer.member("note", note)
        }
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "incident.opened":
            guard let severity = Incident.Severity(rawValue: try body.string("severity")) else {
                throw EventDecodingError(eventType: type, member: "severity")
            }
            self = .opened(
                IncidentReport(
                    kind: try body.string("kind"), severity: severity, title: try body.string("title"),
                    description: try body.string("description"), links: try IncidentLinks(body)))
        case "incident.linked": self = .linked(try IncidentLinks(body))
        case "incident.acknowledged": self = .acknowledged(note: body.text("note"))
        case "incident.closed": self = .closed(note: try body.string("note"))
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }
}

extension IncidentLinks {
    fileprivate func write(to writer: inout JSONWriter) {
        if !runIDs.isEmpty { writer.optional("run_ids", json: Self.json(runIDs.map(\.rawValue))) }
        if !eventIDs.isEmpty { writer.optional("event_ids", json: Self.json(eventIDs.map { $0.text })) }
    }

    private static func json(_ texts: [String]) -> [UInt8] { JSONValue.array(texts.map { .string($0) }).bytes }

    fileprivate init(_ body: EventBody) throws(EventDecodingError) {
        var eventIDs: [UUID] = []
        for value in body.object["event_ids"]?.array ?? [] {
            guard let id = value.string.flatMap({ UUID(uuidString: $0) }) else {
                throw EventDecodingError(eventType: body.type, member: "event_ids")
            }
            eventIDs.append(id)
        }
        self.init(
            runIDs: (body.object["run_ids"]?.array ?? []).compactMap { $0.string.map { ID(trusted: $0) } },
            eventIDs: eventIDs)
    }
}

extension UUID {
    /// The written form, as everywhere on disk and on the wire.
    package var text: String { uuidString.lowercased() }
}
