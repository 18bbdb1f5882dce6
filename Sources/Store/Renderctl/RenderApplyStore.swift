// SPDX-License-Identifier: Apache-2.0

package import Common
package import Postgres

/// `applies` with `apply_steps`: what an apply writes down before and after everything it does.
///
/// Steps and ends are written by whoever holds the lock of the blueprint: each statement looks at the fence itself, under
/// the row's lock, so that nothing is written after somebody else has taken it over.
package struct RenderApplyStore: Sendable {
    /// How many applies that have ended are kept.
    package static let mostKept = 200

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The lock that guards applies of a blueprint.
    package static func lockName(ownerID: String, blueprint: String) -> String { "blueprint:\(ownerID):\(blueprint)" }

    /// What has come of beginning an apply.
    package enum Beginning: Sendable, Equatable {
        case begun
        /// There is one of that id.
        case taken
        /// The fence is not the lock's any more, or one that was to be replaced has ended: nothing was written.
        case refused
    }

    /// Begins an apply, and ends those whose place it takes: each with its message, and as `successor` of those that are
    /// named in `carryingOn`. With it the events are kept. It is one statement, so all of it happens or nothing.
    package func begin(
        _ apply: NewApply, replacing earlier: [(id: String, message: String)] = [], carryingOn: [String] = [],
        fence: Int64, telling events: [OutboxEvent] = []
    ) async throws -> Beginning {
        let (ids, messages) = (earlier.map(\.id), earlier.map(\.message))
        let name = Self.lockName(ownerID: apply.ownerID, blueprint: apply.blueprint)
        let rows = try await pool.query(
            """
            WITH held AS (SELECT l.name FROM locks l WHERE l.name = \(name) AND l.fence = \(fence) FOR SHARE),
            replaced AS (SELECT apply_id FROM applies WHERE apply_id = ANY(\(ids)) AND status = 'running'),
            begun AS (
                INSERT INTO applies (apply_id, plan_id, owner_id, blueprint, principal, started_at)
                SELECT \(apply.id), \(apply.planID), \(apply.ownerID), \(apply.blueprint), \(apply.principal),
                    \(apply.startedAt)
                FROM held WHERE (SELECT count(*) FROM replaced) = \(ids.count)
                ON CONFLICT ON CONSTRAINT applies_pkey DO NOTHING
                RETURNING apply_id),
            ended AS (
                UPDATE applies a SET status = 'abandoned', message = e.message, ended_at = clock_timestamp(),
                    succeeded_by = CASE WHEN a.apply_id = ANY(\(carryingOn)) THEN begun.apply_id END
                FROM begun, unnest(\(ids), \(messages)) AS e (apply_id, message)
                WHERE a.apply_id = e.apply_id
                RETURNING a.apply_id),
            told AS (\(RenderOutboxStore.insertion(of: events, when: "EXISTS (SELECT FROM begun)")))
            SELECT EXISTS (SELECT FROM begun) AS is_begun,
                EXISTS (SELECT FROM applies WHERE apply_id = \(apply.id)) AS is_taken
            """)
        guard let row = rows.first else { return .refused }
        if try row.value("is_begun") { return .begun }
        return try row.value("is_taken") ? .taken : .refused
    }

    package func apply(_ id: String) async throws -> StoredApply? {
        try await applies("apply_id = \(id)", limit: 1).first
    }

    /// The steps of an apply in the order in which they were begun.
    package func steps(of id: String) async throws -> [StoredStep] {
        try await pool.query(
            """
            SELECT step, resource, state, detail, result, message, because, begun_at, ended_at
            FROM apply_steps WHERE apply_id = \(id) ORDER BY number
            """
        ).map { row in
            let detail: JSONB = try row.value("detail")
            let result: JSONB? = try row.value("result")
            return StoredStep(
                key: try row.value("step"), resource: try row.value("resource"), state: try row.value("state"),
                detail: try JSONValue.parse(detail.bytes).object ?? [:],
                result: try result.flatMap { try JSONValue.parse($0.bytes).object },
                message: try row.value("message"), because: try row.value("because"),
                begunAt: try row.value("begun_at"), endedAt: try row.value("ended_at"))
        }
    }

    /// Applies that have not ended, of one blueprint or of all, oldest first.
    package func unfinished(ownerID: String? = nil, blueprint: String? = nil) async throws -> [StoredApply] {
        var condition: SQL = "status = 'running'"
        if let ownerID { condition += " AND owner_id = \(ownerID)" }
        if let blueprint { condition += " AND blueprint = \(blueprint)" }
        return try await applies(condition, limit: 1000).reversed()
    }

    /// Applies before a number, newest first.
    package func list(blueprint: String?, before number: Int64?, limit: Int) async throws -> [StoredApply] {
        var condition: SQL = "number < \(number ?? .max)"
        if let blueprint { condition += " AND blueprint = \(blueprint)" }
        return try await applies(condition, limit: limit)
    }

    /// The newest apply of a blueprint.
    package func last(ownerID: String, blueprint: String) async throws -> StoredApply? {
        try await applies("owner_id = \(ownerID) AND blueprint = \(blueprint)", limit: 1).first
    }

    /// Writes down what is about to be done; false when the fence is not the lock's any more. A step that was begun before
    /// is begun again, and forgets how it went.
    package func intend(
        _ key: String, resource: String, detail: JSONObject, apply id: String, fence: Int64
    ) async throws -> Bool {
        try await pool.query(
            """
            WITH held AS (\(Self.held(id, fence)))
            INSERT INTO apply_steps (apply_id, step, resource, fence, detail)
            SELECT held.apply_id, \(key), \(resource), \(fence), \(JSONB(bytes: JSONValue.object(detail).bytes))
            FROM held
            ON CONFLICT ON CONSTRAINT apply_steps_pkey DO UPDATE
                SET state = 'begun', fence = excluded.fence, result = NULL, message = NULL, because = NULL,
                    ended_at = NULL
            """
        ).affected == 1
    }

    /// Writes down how a step went; false when the fence is not the lock's any more. A step that was never begun, because it
    /// was skipped, is made.
    package func conclude(
        _ key: String, resource: String, state: String, result: JSONObject?, message: String?, because: String?,
        apply id: String, fence: Int64
    ) async throws -> Bool {
        let packed = result.map { JSONB(bytes: JSONValue.object($0).bytes) }
        return try await pool.query(
            """
            WITH held AS (\(Self.held(id, fence)))
            INSERT INTO apply_steps (
                apply_id, step, resource, state, fence, detail, result, message, because, ended_at)
            SELECT held.apply_id, \(key), \(resource), \(state), \(fence), '{}', \(packed), \(message), \(because),
                clock_timestamp()
            FROM held
            ON CONFLICT ON CONSTRAINT apply_steps_pkey DO UPDATE
                SET state = excluded.state, fence = excluded.fence, result = excluded.result,
                    message = excluded.message, because = excluded.because, ended_at = excluded.ended_at
            """
        ).affected == 1
    }

    /// Ends an apply and keeps the event of it; false when the fence is not the lock's any more. One that has ended stays as
    /// it is, and nothing is told.
    package func end(
        _ id: String, status: String, message: String? = nil, fence: Int64, telling event: OutboxEvent? = nil
    ) async throws -> Bool {
        let events = event.map { [$0] } ?? []
        let rows = try await pool.query(
            """
            WITH held AS (\(Self.held(id, fence))),
            ended AS (
                UPDATE applies a SET status = \(status), message = \(message), ended_at = clock_timestamp()
                FROM held WHERE a.apply_id = held.apply_id AND a.status = 'running'
                RETURNING a.apply_id),
            told AS (\(RenderOutboxStore.insertion(of: events, when: "EXISTS (SELECT FROM ended)")))
            SELECT apply_id FROM held
            """)
        return !rows.isEmpty
    }

    /// Applies that have not ended and whose lock nobody holds, oldest first: of one workspace or of all, without those that
    /// are named.
    package func orphaned(ownerID: String?, except known: [String], limit: Int) async throws -> [OrphanedApply] {
        try await pool.query(
            """
            SELECT a.apply_id, l.name IS NULL AS is_released FROM applies a
            LEFT JOIN locks l ON l.name = 'blueprint:' || a.owner_id || ':' || a.blueprint
            WHERE a.status = 'running' AND (l.name IS NULL OR l.expires_at <= clock_timestamp())
                AND (\(ownerID)::text IS NULL OR a.owner_id = \(ownerID)) AND a.apply_id <> ALL(\(known))
            ORDER BY a.number LIMIT \(limit)
            """
        ).map { OrphanedApply(id: try $0.value("apply_id"), isReleased: try $0.value("is_released")) }
    }

    /// Deletes applies that have ended, beyond the newest, but never the newest of a blueprint.
    package func prune() async throws {
        _ = try await pool.query(
            """
            DELETE FROM applies a
            WHERE a.status <> 'running'
                AND a.number < (
                    SELECT number FROM applies ORDER BY number DESC OFFSET \(Self.mostKept - 1) LIMIT 1)
                AND EXISTS (
                    SELECT FROM applies newer
                    WHERE newer.owner_id = a.owner_id AND newer.blueprint = a.blueprint AND newer.number > a.number)
            """)
    }

    /// The apply, as long as the fence is that of the lock of its blueprint; the lock's row stays locked until the end of
    /// the statement, so that nobody takes it over in between.
    private static func held(_ id: String, _ fence: Int64) -> SQL {
        """
        SELECT a.apply_id FROM applies a
        JOIN locks l ON l.name = 'blueprint:' || a.owner_id || ':' || a.blueprint
        WHERE a.apply_id = \(id) AND l.fence = \(fence)
        FOR SHARE OF l
        """
    }

    private func applies(_ condition: SQL, limit: Int) async throws -> [StoredApply] {
        try await pool.query(
            """
            SELECT apply_id, number, plan_id, owner_id, blueprint, principal, status, message, succeeded_by,
                started_at, ended_at,
                counts.begun, counts.done, counts.failed, counts.skipped
            FROM applies CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE state = 'begun') AS begun, count(*) FILTER (WHERE state = 'done') AS done,
                    count(*) FILTER (WHERE state = 'failed') AS failed,
                    count(*) FILTER (WHERE state = 'skipped') AS skipped
                FROM apply_steps s WHERE s.apply_id = applies.apply_id) AS counts
            WHERE \(condition) ORDER BY number DESC LIMIT \(limit)
            """
        ).map { row in
            func count(_ column: String) throws -> Int { Int(try row.value(column, as: Int64.self)) }
            return StoredApply(
                id: try row.value("apply_id"), number: try row.value("number"), planID: try row.value("plan_id"),
                ownerID: try row.value("owner_id"), blueprint: try row.value("blueprint"),
                principal: try row.value("principal"), status: try row.value("status"),
                message: try row.value("message"), successor: try row.value("succeeded_by"),
                counts: StoredApply.Counts(
                    begun: try count("begun"), done: try count("done"), failed: try count("failed"),
                    skipped: try count("skipped")),
                startedAt: try row.value("started_at"), endedAt: try row.value("ended_at"))
        }
    }
}
