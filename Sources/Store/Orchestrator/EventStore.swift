// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import FoundationEssentials
package import Postgres

/// The end of a workspace's log, as locked by a flush.
package struct WorkspaceHead: Sendable, Equatable {
    package let workspaceID: ID<Workspace>
    package var position: Int64
    package var block: Int64
    package var chain: [UInt8]

    package init(workspaceID: ID<Workspace>, position: Int64, block: Int64, chain: [UInt8]) {
        self.workspaceID = workspaceID
        self.position = position
        self.block = block
        self.chain = chain
    }
}

/// An event with the hashes that go to disk with it.
package struct SealedEvent: Sendable {
    package let recorded: RecordedEvent
    package let salt: [UInt8]
    package let bodyHash: [UInt8]
    package let leaf: [UInt8]

    package init(_ recorded: RecordedEvent, salt: [UInt8], bodyHash: [UInt8]) {
        let leaf = EventDigest.leaf(recorded, bodyHash: bodyHash)
        self.recorded = RecordedEvent(
            event: recorded.event, position: recorded.position, streamSequence: recorded.streamSequence, leaf: leaf)
        self.salt = salt
        self.bodyHash = bodyHash
        self.leaf = leaf
    }
}

/// Writing of `evt_*`; the reading is in `EventStore+Reading.swift`.
package enum EventStore {
    /// Bodies above this go to `evt_blobs`, stored once per content.
    package static let largestInlineBody = 8192

    /// Makes the head of a workspace, where missing; needed once, before its first event.
    package static func openWorkspaceHead(_ workspaceID: ID<Workspace>) -> SQL {
        """
        INSERT INTO evt_workspace_heads (workspace_id, position, block, chain)
        VALUES (\(workspaceID), 0, 0, \(EventDigest.genesis)) ON CONFLICT DO NOTHING
        """
    }

    /// Makes the heads of streams, where missing; needed once, before the first event of each.
    package static func openStreamHeads(_ workspaceID: ID<Workspace>, _ streams: [StreamKey]) -> SQL {
        """
        INSERT INTO evt_stream_heads (workspace_id, stream_type, stream_id, stream_seq)
        SELECT \(workspaceID), stream_type, stream_id, 0
        FROM unnest(\(streams.map(\.type)), \(streams.map(\.id))) AS wanted (stream_type, stream_id)
        ON CONFLICT DO NOTHING
        """
    }

    /// Locks the heads of `streams` one after the other, and tells their sequences. The order of `streams` must be one that all
    /// flushes share, or they deadlock.
    package static func lockStreamHeads(
        _ workspaceID: ID<Workspace>, _ streams: [StreamKey]
    ) -> Statement<[StreamKey: Int64]> {
        Statement(
            """
            SELECT head.stream_type, head.stream_id, head.stream_seq
            FROM unnest(\(streams.map(\.type)), \(streams.map(\.id))) AS wanted (stream_type, stream_id)
            CROSS JOIN LATERAL (
                SELECT stream_type, stream_id, stream_seq FROM evt_stream_heads
                WHERE workspace_id = \(workspaceID) AND stream_type = wanted.stream_type
                    AND stream_id = wanted.stream_id
                OFFSET 0 FOR NO KEY UPDATE
            ) AS head
            """
        ) { rows in
            var heads: [StreamKey: Int64] = [:]
            for row in rows {
                guard let stream = StreamKey(type: try row.value("stream_type"), id: try row.value("stream_id")) else {
                    continue
                }
                heads[stream] = try row.value("stream_seq")
            }
            return heads
        }
    }

    /// Locks the workspace's head; always the last lock of a flush.
    package static func lockWorkspaceHead(_ workspaceID: ID<Workspace>) -> Statement<WorkspaceHead?> {
        Statement(
            """
            SELECT position, block, chain FROM evt_workspace_heads WHERE workspace_id = \(workspaceID)
            FOR NO KEY UPDATE
            """
        ) { rows in
            try rows.first.map { row in
                WorkspaceHead(
                    workspaceID: workspaceID, position: try row.value("position"), block: try row.value("block"),
                    chain: try row.value("chain"))
            }
        }
    }

    /// As `lockWorkspaceHead`, but fails unless the log ends where it did (`isUnexpected`): whoever has decided without looking must
    /// begin anew then. A division by zero is what a statement without a function can fail by.
    package static func expect(_ head: WorkspaceHead) -> SQL {
        """
        SELECT 1 / count(*) FROM (
            SELECT FROM evt_workspace_heads
            WHERE workspace_id = \(head.workspaceID) AND position = \(head.position) AND chain = \(head.chain)
            FOR NO KEY UPDATE) AS head
        """
    }

    /// Whether it is what an expectation fails by, if it was one that failed.
    package static func isUnexpected(_ error: PostgresError) -> Bool { error.sqlState == .divisionByZero }

    /// The database's clock.
    package static var clock: Statement<Timestamp> {
        Statement("SELECT clock_timestamp() AS now") { rows in
            guard let row = rows.first else { throw Problem(.internal, "The database did not tell the time.") }
            return try row.value("now")
        }
    }

    /// Appends events, their block, and moves the heads. The heads must be locked by the same transaction.
    package static func append(
        _ events: [SealedEvent], block: BlockContent, head: WorkspaceHead, streams: [StreamKey: Int64]
    ) -> [SQL] {
        var statements: [SQL] = []
        if let blobs = insertBlobs(events, head.workspaceID) { statements.append(blobs) }
        statements.append(insertEvents(events))
        let moved = Array(streams)
        statements.append(
            """
            UPDATE evt_stream_heads AS head SET stream_seq = moved.stream_seq
            FROM unnest(\(moved.map(\.key.type)), \(moved.map(\.key.id)), \(moved.map(\.value)))
                AS moved (stream_type, stream_id, stream_seq)
            CROSS JOIN LATERAL (
                SELECT ctid FROM evt_stream_heads WHERE workspace_id = \(head.workspaceID)
                    AND stream_type = moved.stream_type AND stream_id = moved.stream_id OFFSET 0) AS place
            WHERE head.ctid = place.ctid
            """)
        statements.append(
            """
            INSERT INTO evt_blocks (workspace_id, block, first_position, last_position, root, chain)
            VALUES (\(head.workspaceID), \(block.number), \(block.firstPosition), \(block.lastPosition),
                \(block.root), \(head.chain))
            """)
        statements.append(
            """
            UPDATE evt_workspace_heads SET position = \(head.position), block = \(head.block), chain = \(head.chain)
            WHERE workspace_id = \(head.workspaceID)
            """)
        return statements
    }

    private static func insertBlobs(_ events: [SealedEvent], _ workspaceID: ID<Workspace>) -> SQL? {
        let large = events.map(\.recorded.event.body).filter { $0.count > largestInlineBody }
        guard !large.isEmpty else { return nil }
        return """
            INSERT INTO evt_blobs (workspace_id, blob_hash, body)
            SELECT DISTINCT ON (sha256(body)) \(workspaceID), sha256(body), body FROM unnest(\(large)) AS body
            ON CONFLICT DO NOTHING
            """
    }

    private static func insertEvents(_ sealed: [SealedEvent]) -> SQL {
        let events = sealed.map(\.recorded.event)
        let isLarge = events.map { $0.body.count > largestInlineBody }
        return """
            INSERT INTO evt_events (
                workspace_id, position, stream_type, stream_id, stream_seq, event_id, event_type, schema_version,
                actor, zone, task_id, run_id, correlation_id, causation_id, trace_id, idempotency_key, leaf,
                body_hash, salt, body, blob_hash, occurred_at)
            SELECT workspace_id, position, stream_type, stream_id, stream_seq, event_id, event_type, schema_version,
                actor, zone, task_id, run_id, correlation_id, causation_id, trace_id, idempotency_key, leaf,
                body_hash, salt, CASE WHEN is_large THEN NULL ELSE body END,
                CASE WHEN is_large THEN sha256(body) END, occurred_at
            FROM unnest(
                \(events.map(\.workspaceID)), \(sealed.map(\.recorded.position)), \(events.map(\.stream.type)),
                \(events.map(\.stream.id)), \(sealed.map(\.recorded.streamSequence)), \(events.map(\.id)),
                \(events.map(\.type)), \(events.map { Int16($0.schemaVersion) }), \(events.map(\.actor)),
                \(events.map(\.zone.rawValue)), \(events.map(\.taskID)), \(events.map(\.runID)),
                \(events.map(\.correlationID)), \(events.map(\.causationID)), \(events.map(\.traceID)),
                \(events.map(\.idempotencyKey)), \(sealed.map(\.leaf)), \(sealed.map(\.bodyHash)),
                \(sealed.map(\.salt)), \(events.map(\.body)), \(isLarge), \(events.map(\.occurredAt)))
                AS e (workspace_id, position, stream_type, stream_id, stream_seq, event_id, event_type,
                    schema_version, actor, zone, task_id, run_id, correlation_id, causation_id, trace_id,
                    idempotency_key, leaf, body_hash, salt, body, is_large, occurred_at)
            """
    }
}
