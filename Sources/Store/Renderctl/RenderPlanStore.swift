// SPDX-License-Identifier: Apache-2.0

package import Common
package import Postgres

/// A plan that is kept, with what it can be made from again.
package struct StoredPlan: Sendable {
    package let id: String
    package let ownerID: String
    package let blueprint: String
    package let principal: String
    package let outcome: String
    /// The blueprint's text.
    package let source: String
    /// What else it was made from: whether things are taken away, and which variables were entered, without their values.
    package let options: JSONObject
    /// The plan as it is shown: JSON with masks.
    package let document: String
    package let createdAt: Timestamp

    package init(
        id: String, ownerID: String, blueprint: String, principal: String, outcome: String, source: String,
        options: JSONObject, document: String, createdAt: Timestamp
    ) {
        self.id = id
        self.ownerID = ownerID
        self.blueprint = blueprint
        self.principal = principal
        self.outcome = outcome
        self.source = source
        self.options = options
        self.document = document
        self.createdAt = createdAt
    }
}

/// A plan in a list.
package struct StoredPlanSummary: Sendable {
    package let id: String
    /// Its place among all plans.
    package let number: Int64
    package let ownerID: String
    package let blueprint: String
    package let principal: String
    package let outcome: String
    package let createdAt: Timestamp
}

/// `plans`.
package struct RenderPlanStore: Sendable {
    /// How many plans are kept beside those of applies that are kept.
    package static let mostKept = 200

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Keeps a plan; one with the same id, made from the same, stays as it is.
    package func keep(_ plan: StoredPlan) async throws {
        _ = try await pool.query(
            """
            INSERT INTO plans (plan_id, owner_id, blueprint, principal, outcome, source, options, document, created_at)
            VALUES (\(plan.id), \(plan.ownerID), \(plan.blueprint), \(plan.principal), \(plan.outcome),
                \(plan.source), \(JSONB(bytes: JSONValue.object(plan.options).bytes)), \(plan.document),
                \(plan.createdAt))
            ON CONFLICT ON CONSTRAINT plans_pkey DO NOTHING
            """)
    }

    package func plan(_ id: String) async throws -> StoredPlan? {
        try await first("plan_id = \(id)")
    }

    /// The plan of the newest apply of a blueprint that did something; nil when none did, or it is not kept any more.
    package func lastApplied(ownerID: String, blueprint: String) async throws -> (plan: StoredPlan, at: Timestamp)? {
        let rows = try await pool.query(
            """
            SELECT plan_id, started_at FROM applies
            WHERE owner_id = \(ownerID) AND blueprint = \(blueprint)
            ORDER BY number DESC LIMIT 1
            """)
        guard let row = rows.first, let plan = try await plan(row.value("plan_id")) else { return nil }
        return (plan, try row.value("started_at"))
    }

    /// Plans before a number, newest first.
    package func list(blueprint: String?, before number: Int64?, limit: Int) async throws -> [StoredPlanSummary] {
        var sql: SQL = """
            SELECT plan_id, number, owner_id, blueprint, principal, outcome, created_at FROM plans
            WHERE number < \(number ?? .max)
            """
        if let blueprint { sql += " AND blueprint = \(blueprint)" }
        sql += " ORDER BY number DESC LIMIT \(limit)"
        return try await pool.query(sql).map { row in
            StoredPlanSummary(
                id: try row.value("plan_id"), number: try row.value("number"), ownerID: try row.value("owner_id"),
                blueprint: try row.value("blueprint"), principal: try row.value("principal"),
                outcome: try row.value("outcome"), createdAt: try row.value("created_at"))
        }
    }

    /// Deletes what is older than the newest plans and belongs to no apply.
    package func prune() async throws {
        _ = try await pool.query(
            """
            DELETE FROM plans p
            WHERE p.number < (
                    SELECT number FROM plans ORDER BY number DESC OFFSET \(Self.mostKept - 1) LIMIT 1)
                AND NOT EXISTS (SELECT FROM applies a WHERE a.plan_id = p.plan_id)
            """)
    }

    private func first(_ condition: SQL) async throws -> StoredPlan? {
        let rows = try await pool.query(
            """
            SELECT plan_id, owner_id, blueprint, principal, outcome, source, options, document, created_at
            FROM plans WHERE \(condition)
            """)
        guard let row = rows.first else { return nil }
        let options: JSONB = try row.value("options")
        return StoredPlan(
            id: try row.value("plan_id"), ownerID: try row.value("owner_id"), blueprint: try row.value("blueprint"),
            principal: try row.value("principal"), outcome: try row.value("outcome"), source: try row.value("source"),
            options: try JSONValue.parse(options.bytes).object ?? [:], document: try row.value("document"),
            createdAt: try row.value("created_at"))
    }
}
