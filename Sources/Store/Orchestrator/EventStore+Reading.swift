// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials
import Postgres

/// An event as it stands on disk, with the hashes beside it, for the verifier.
package struct StoredEvent: Sendable {
    package let recorded: RecordedEvent
    package let salt: [UInt8]
    package let bodyHash: [UInt8]
    package let leaf: [UInt8]
}

/// A block as it stands on disk.
package struct StoredBlock: Sendable {
    package let content: BlockContent
    package let chain: [UInt8]
}

extension EventStore {
    static let columns: SQL = """
        e.workspace_id, e.position, e.stream_type, e.stream_id, e.stream_seq, e.event_id, e.event_type,
        e.schema_version, e.actor, e.zone, e.task_id, e.run_id, e.correlation_id, e.causation_id, e.trace_id,
        e.idempotency_key, e.leaf, e.body_hash, e.salt, coalesce(e.body, b.body) AS body, e.occurred_at
        """

    static let source: SQL = """
        evt_events e LEFT JOIN evt_blobs b ON b.workspace_id = e.workspace_id AND b.blob_hash = e.blob_hash
        """

    /// Events of a workspace after a position, in order. Gapless, so a reader can tell by itself that none is missing.
    package static func events(
        of workspaceID: ID<Workspace>, after position: Int64, limit: Int
    ) -> Statement<[RecordedEvent]> {
        Statement(
            """
            SELECT \(columns) FROM \(source)
            WHERE e.workspace_id = \(workspaceID) AND e.position > \(position) ORDER BY e.position LIMIT \(limit)
            """
        ) { rows in try rows.map(readEvent) }
    }

    /// Events of one task after a position, in order.
    package static func events(
        of taskID: ID<WorkTask>, in workspaceID: ID<Workspace>, after position: Int64, limit: Int
    ) -> Statement<[RecordedEvent]> {
        Statement(
            """
            SELECT \(columns) FROM \(source)
            WHERE e.workspace_id = \(workspaceID) AND e.task_id = \(taskID) AND e.position > \(position)
            ORDER BY e.position LIMIT \(limit)
            """
        ) { rows in try rows.map(readEvent) }
    }

    /// The event by which the holder of a run ended it; nil when it has not ended, or by other hands. A task's events are
    /// few.
    package static func ending(
        of runID: ID<Run>, task taskID: ID<WorkTask>, in workspaceID: ID<Workspace>
    ) -> Statement<RecordedEvent?> {
        Statement(
            """
            SELECT \(columns) FROM \(source)
            WHERE e.workspace_id = \(workspaceID) AND e.task_id = \(taskID) AND e.run_id = \(runID)
                AND e.event_type IN ('run.completed', 'run.failed')
            ORDER BY e.position LIMIT 1
            """
        ) { rows in try rows.first.map(readEvent) }
    }

    /// As `events(of:after:limit:)`, with the hashes.
    package static func storedEvents(
        of workspaceID: ID<Workspace>, after position: Int64, limit: Int
    ) -> Statement<[StoredEvent]> {
        Statement(
            """
            SELECT \(columns) FROM \(source)
            WHERE e.workspace_id = \(workspaceID) AND e.position > \(position) ORDER BY e.position LIMIT \(limit)
            """
        ) { rows in
            try rows.map { row in
                StoredEvent(
                    recorded: try readEvent(row), salt: try row.value("salt"), bodyHash: try row.value("body_hash"),
                    leaf: try row.value("leaf"))
            }
        }
    }

    /// Blocks of a workspace after a number, in order.
    package static func blocks(
        of workspaceID: ID<Workspace>, after block: Int64, limit: Int
    ) -> Statement<[StoredBlock]> {
        Statement(
            """
            SELECT block, first_position, last_position, root, chain FROM evt_blocks
            WHERE workspace_id = \(workspaceID) AND block > \(block) ORDER BY block LIMIT \(limit)
            """
        ) { rows in
            try rows.map { row in
                StoredBlock(
                    content: BlockContent(
                        number: try row.value("block"), firstPosition: try row.value("first_position"),
                        lastPosition: try row.value("last_position"), root: try row.value("root")),
                    chain: try row.value("chain"))
            }
        }
    }

    /// Whether there is such an event.
    package static func hasEvent(_ id: UUID, in workspaceID: ID<Workspace>) -> Statement<Bool> {
        Statement("SELECT FROM evt_events WHERE event_id = \(id) AND workspace_id = \(workspaceID)") { rows in
            !rows.isEmpty
        }
    }

    /// The head of a workspace; nil when there is none.
    package static func head(of workspaceID: ID<Workspace>) -> Statement<WorkspaceHead?> {
        Statement(
            "SELECT position, block, chain FROM evt_workspace_heads WHERE workspace_id = \(workspaceID)"
        ) { rows in
            try rows.first.map { row in
                WorkspaceHead(
                    workspaceID: workspaceID, position: try row.value("position"), block: try row.value("block"),
                    chain: try row.value("chain"))
            }
        }
    }

    /// The heads of all workspaces, by id.
    package static func workspaceHeads() -> Statement<[WorkspaceHead]> {
        Statement(
            """
            SELECT workspace_id, position, block, chain FROM evt_workspace_heads ORDER BY workspace_id LIMIT 10000
            """
        ) { rows in
            try rows.map { row in
                WorkspaceHead(
                    workspaceID: try row.value("workspace_id"), position: try row.value("position"),
                    block: try row.value("block"), chain: try row.value("chain"))
            }
        }
    }

    /// The sequences of all streams of a workspace, a page at a time after a stream.
    package static func streamHeads(
        of workspaceID: ID<Workspace>, after last: StreamKey?, limit: Int
    ) -> Statement<[(stream: StreamKey, sequence: Int64)]> {
        Statement(
            """
            SELECT stream_type, stream_id, stream_seq FROM evt_stream_heads
            WHERE workspace_id = \(workspaceID) AND (stream_type, stream_id) > (\(last?.type ?? ""), \(last?.id ?? ""))
            ORDER BY stream_type, stream_id LIMIT \(limit)
            """
        ) { rows in
            try rows.compactMap { row in
                guard let stream = StreamKey(type: try row.value("stream_type"), id: try row.value("stream_id")) else {
                    return nil
                }
                return (stream, try row.value("stream_seq"))
            }
        }
    }

    static func readEvent(_ row: PostgresRow) throws -> RecordedEvent {
        let zone: String = try row.value("zone")
        let streamType: String = try row.value("stream_type")
        guard let stream = StreamKey(type: streamType, id: try row.value("stream_id")) else {
            throw StoreError.unknownValue(table: "evt_events", column: "stream_type")
        }
        guard let knownZone = Zone(rawValue: zone) else {
            throw StoreError.unknownValue(table: "evt_events", column: "zone")
        }
        let event = Event(
            id: try row.value("event_id"), workspaceID: try row.value("workspace_id"), stream: stream,
            type: try row.value("event_type"), schemaVersion: try row.value("schema_version", as: Int.self),
            actor: try row.value("actor"), zone: knownZone, taskID: try row.value("task_id"),
            runID: try row.value("run_id"),
            correlationID: try row.value("correlation_id"), causationID: try row.value("causation_id"),
            traceID: try row.value("trace_id"), idempotencyKey: try row.value("idempotency_key"),
            occurredAt: try row.value("occurred_at"), body: try row.value("body", as: [UInt8]?.self) ?? [])
        return RecordedEvent(
            event: event, position: try row.value("position"), streamSequence: try row.value("stream_seq"),
            leaf: try row.value("leaf"))
    }
}

/// What is on disk is not what this version writes.
package enum StoreError: Error, Sendable, Equatable {
    case unknownValue(table: String, column: String)
}
