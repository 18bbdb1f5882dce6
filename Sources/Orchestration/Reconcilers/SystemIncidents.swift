// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
package import Logging

/// Opens the orchestrator's own incidents. One condition has one key, so whoever notices it, and how often, it is one
/// incident until a person closes it.
package struct SystemIncidents: Sendable {
    private let commit: GroupCommit
    private let actor: Principal
    private let logger: Logger

    package init(commit: GroupCommit, actor: Principal, logger: Logger) {
        self.commit = commit
        self.actor = actor
        self.logger = logger
    }

    /// Opens an incident, unless that of the key is open; because of an event, where it was a single one.
    package func open(
        _ report: IncidentReport, key: String, in workspaceID: ID<Workspace>, room roomID: ID<Room>? = nil,
        because cause: UUID? = nil
    ) async throws {
        let making = try await commit.submit(
            OpenIncident(
                workspaceID: workspaceID, roomID: roomID, report: report, idempotencyKey: key, cause: cause,
                actor: actor, traceID: TraceContext.makeRoot().traceID))
        guard !making.isReplay else { return }
        logger.error(
            "incident opened",
            metadata: [
                "incident_id": "\(making.id)", "kind": "\(report.kind)", "severity": "\(report.severity.rawValue)",
                "title": "\(report.title)", "workspace_id": "\(workspaceID)",
            ])
    }
}
