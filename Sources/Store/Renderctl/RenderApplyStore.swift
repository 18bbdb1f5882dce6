// SPDX-License-Identifier: Apache-2.0

package import Common
package import Postgres

/// An apply, without its steps.
package struct StoredApply: Sendable, Equatable {
    /// How many steps are in each state.
    package struct Counts: Sendable, Equatable {
        package var begun = 0
        package var done = 0
        package var failed = 0
        package var skipped = 0
    }

    package let id: String
    /// Its place among all applies.
    package let number: Int64
    package let planID: String
    package let ownerID: String
    package let blueprint: String
    package let principal: String
    package let status: String
    package let message: String?
    package let counts: Counts
    package let startedAt: Timestamp
    package let endedAt: Timestamp?
}

/// One step of an apply.
package struct StoredStep: Sendable, Equatable {
    package let key: String
    package let resource: String
    package let state: String
    package let detail: JSONObject
    package let result: JSONObject?
    package let message: String?
    package let because: String?
    package let begunAt: Timestamp
    package let endedAt: Timestamp?
}

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

    /// Begins an apply; false when there is one of that id.
    package func begin(
        _ id: String, planID: String, ownerID: String, blueprint: String, principal: String, at time: Timestamp
    ) async throws -> Bool {
        try await pool.query(
            """
            INSERT INTO applies (apply_id, plan_id, owner_id, blueprint, principal, started_at)
            VALUES (\(id), \(planID), \(ownerID), \(blueprint), \(principal), \(time))
            ON CONFLICT ON CONSTRAINT applies_pkey DO NOTHING
            """
        ).affected == 1
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

    /// Ends an apply; false when the fence is not the lock's any more. One that has ended stays as it is.
    package func end(_ id: String, status: String, message: String? = nil, fence: Int64) async throws -> Bool {
        let rows = try await pool.query(
            """
            WITH held AS (\(Self.held(id, fence))),
            ended AS (
                UPDATE applies a SET status = \(status), message = coalesce(\(message), a.message),
                    ended_at = clock_timestamp()
                FROM held WHERE a.apply_id = held.apply_id AND a.status = 'running'
                RETURNING a.apply_id)
            SELECT apply_id FROM held
            """)
        return !rows.isEmpty
    }

    /// Says of an apply why it did not succeed, or what is to be done now.
    package func explain(_ id: String, message: String) async throws {
        _ = try await pool.query("UPDATE applies SET message = \(message) WHERE apply_id = \(id)")
    }

    /// Ends an apply that nobody can carry on, whoever holds the lock of its blueprint.
    package func abandon(_ id: String, message: String) async throws {
        _ = try await pool.query(
            """
            UPDATE applies SET status = 'abandoned', message = \(message), ended_at = clock_timestamp()
            WHERE apply_id = \(id) AND status = 'running'
            """)
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
            SELECT apply_id, number, plan_id, owner_id, blueprint, principal, status, message, started_at, ended_at,
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
                message: try row.value("message"),
                counts: StoredApply.Counts(
                    begun: try count("begun"), done: try count("done"), failed: try count("failed"),
                    skipped: try count("skipped")),
                startedAt: try row.value("started_at"), endedAt: try row.value("ended_at"))
        }
    }
}
