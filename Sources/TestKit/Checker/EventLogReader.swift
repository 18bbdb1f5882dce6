// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Postgres

/// Reads what the checker checks out of an orchestrator's database.
package struct EventLogReader: Sendable {
    private let url: String
    private let workspaceID: String

    /// - Parameter url: Of a role that may read the schema `orchestrator`.
    package init(url: String, workspaceID: String = "ws_dev") {
        self.url = url
        self.workspaceID = workspaceID
    }

    /// Every event of the workspace in order, with the tasks' rows of the same moment.
    package func read() async throws -> (events: [LoggedEvent], rows: [Evidence.Row]) {
        var configuration = PostgresConfiguration(url: url)
        configuration.searchPath = "orchestrator"
        configuration.applicationName = "event-log-reader"
        let connection = try await PostgresConnection.connect(configuration, logger: TestDatabase.logger)
        defer { connection.close() }
        let results = try await connection.pipeline([
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            """
            SELECT e.position, e.stream_type, e.stream_id, e.stream_seq, e.event_type, e.task_id, e.run_id,
                e.idempotency_key, e.correlation_id, e.occurred_at, coalesce(e.body, b.body) AS body
            FROM evt_events e
            LEFT JOIN evt_blobs b ON b.workspace_id = e.workspace_id AND b.blob_hash = e.blob_hash
            WHERE e.workspace_id = \(workspaceID) ORDER BY e.position
            """,
            """
            SELECT t.task_id, t.status, t.version, t.run_id, r.epoch FROM proj_tasks t
            JOIN proj_runs r ON r.workspace_id = t.workspace_id AND r.run_id = t.run_id
            WHERE t.workspace_id = \(workspaceID) ORDER BY t.task_id
            """,
            "COMMIT",
        ])
        return (try results[1].map(Self.event), try results[2].map(Self.row))
    }

    private static func event(_ row: PostgresRow) throws -> LoggedEvent {
        let time: Date = try row.value("occurred_at")
        let stream: (type: String, id: String) = (try row.value("stream_type"), try row.value("stream_id"))
        return LoggedEvent(
            position: try row.value("position"), stream: "\(stream.type)/\(stream.id)",
            streamSeq: try row.value("stream_seq"), type: try row.value("event_type"),
            taskID: try row.value("task_id"), runID: try row.value("run_id"),
            idempotencyKey: try row.value("idempotency_key"), correlationID: try row.value("correlation_id"),
            body: try JSONValue.parse(try row.value("body", as: [UInt8].self)),
            occurredAt: Timestamp(microseconds: Int64((time.timeIntervalSince1970 * 1_000_000).rounded())))
    }

    private static func row(_ row: PostgresRow) throws -> Evidence.Row {
        Evidence.Row(
            taskID: try row.value("task_id"), status: try row.value("status"), version: try row.value("version"),
            runID: try row.value("run_id"), epoch: try row.value("epoch"))
    }
}
