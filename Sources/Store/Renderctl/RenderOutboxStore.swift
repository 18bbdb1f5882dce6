// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials
package import Postgres

/// An event that the orchestrator is to be told.
package struct OutboxEvent: Sendable, Equatable {
    package let id: UUID
    /// `render.deploy_requested` and the like.
    package let type: String
    package let principal: String
    package let traceID: String
    package let body: JSONObject
    package let occurredAt: Timestamp

    package init(
        id: UUID, type: String, principal: String, traceID: String, body: JSONObject, occurredAt: Timestamp
    ) {
        self.id = id
        self.type = type
        self.principal = principal
        self.traceID = traceID
        self.body = body
        self.occurredAt = occurredAt
    }
}

/// `outbox`: events until the orchestrator has them.
package struct RenderOutboxStore: Sendable {
    /// What waits.
    package struct Figures: Sendable, Equatable {
        package var waiting = 0
        package var oldest: Timestamp?

        package init() {}
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// A network that swallows everything would keep whoever writes waiting for ever.
    private static let patience = Duration.seconds(10)

    /// Keeps events until they are delivered.
    package func put(_ events: [OutboxEvent]) async throws {
        guard !events.isEmpty else { return }
        _ = try await pool.query(Self.insertion(of: events, when: "true"), deadline: Self.patience)
    }

    /// Keeps events when `condition` holds: for a statement that changes what they tell of as well.
    static func insertion(of events: [OutboxEvent], when condition: SQL) -> SQL {
        """
        INSERT INTO outbox (event_id, event_type, principal, trace_id, body, occurred_at)
        SELECT event_id, event_type, principal, trace_id, body, occurred_at
        FROM unnest(\(events.map(\.id)), \(events.map(\.type)), \(events.map(\.principal)),
            \(events.map(\.traceID)), \(events.map { JSONB(bytes: JSONValue.object($0.body).bytes) }),
            \(events.map(\.occurredAt)))
            AS e (event_id, event_type, principal, trace_id, body, occurred_at)
        WHERE \(condition)
        ON CONFLICT ON CONSTRAINT outbox_pkey DO NOTHING
        """
    }

    /// The oldest events, as long as the oldest of all is due: they are told in order, so one that waits for its next try
    /// holds up the others. Each is counted as tried, and waits twice as long each time, so that whoever crashes on them, or
    /// another daemon beside this one, does not try again at once.
    package func take(limit: Int) async throws -> [OutboxEvent] {
        try await pool.transaction { connection in
            let rows = try await connection.query(
                """
                WITH first AS (SELECT number, next_try_at FROM outbox ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED),
                due AS (
                    SELECT event_id FROM outbox WHERE EXISTS (SELECT FROM first WHERE next_try_at <= clock_timestamp())
                    ORDER BY number LIMIT \(limit))
                UPDATE outbox o SET attempts = o.attempts + 1,
                    next_try_at = clock_timestamp() + least(2 ^ least(o.attempts, 10), 300) * interval '1 second'
                FROM due WHERE o.event_id = due.event_id
                RETURNING o.event_id, o.number, o.event_type, o.principal, o.trace_id, o.body, o.occurred_at
                """)
            let events = try rows.map { row in
                let body: JSONB = try row.value("body")
                return (
                    number: try row.value("number", as: Int64.self),
                    event: OutboxEvent(
                        id: try row.value("event_id"), type: try row.value("event_type"),
                        principal: try row.value("principal"), traceID: try row.value("trace_id"),
                        body: try JSONValue.parse(body.bytes).object ?? [:],
                        occurredAt: try row.value("occurred_at"))
                )
            }
            return events.sorted { $0.number < $1.number }.map(\.event)
        }
    }

    /// Deletes what was delivered.
    package func delivered(_ ids: [UUID]) async throws {
        _ = try await pool.query("DELETE FROM outbox WHERE event_id = ANY(\(ids))")
    }

    package func figures() async throws -> Figures {
        let rows = try await pool.query("SELECT count(*) AS waiting, min(occurred_at) AS oldest FROM outbox")
        guard let row = rows.first else { return Figures() }
        var figures = Figures()
        figures.waiting = Int(try row.value("waiting", as: Int64.self))
        figures.oldest = try row.value("oldest")
        return figures
    }
}
