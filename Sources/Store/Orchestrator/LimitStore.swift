// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// How much of one key of a limit is used, and how much there is.
package struct LimitUsage: Sendable, Equatable {
    package let use: LimitUse
    package let maxConcurrent: Int?
    package let rate: Limit.Rate?
    /// Runs that are held under it.
    package var held: Int
    /// Starts that are left in the bucket of its rate.
    package var tokens: Double

    package init(use: LimitUse, maxConcurrent: Int?, rate: Limit.Rate?, held: Int, tokens: Double) {
        self.use = use
        self.maxConcurrent = maxConcurrent
        self.rate = rate
        self.held = held
        self.tokens = tokens
    }

    /// Nil when another run may start; otherwise how long none may by the rate, or zero when a run has to end first.
    package var wait: Duration? {
        if let maxConcurrent, held >= maxConcurrent { return .zero }
        guard let rate, tokens < 1 else { return nil }
        return .seconds((1 - tokens) * rate.seconds / Double(rate.count))
    }

    /// Counts one more run.
    package mutating func take() {
        held += 1
        tokens -= 1
    }
}

/// `proj_limits`, and what counts against them: `lease_limits` and `limit_buckets`.
package enum LimitStore: LedgerStore {
    package typealias Event = LimitEvent

    package static let table = "proj_limits"

    private static let columns: SQL = """
        limit_name, workspace_id, max_concurrent, rate_count, rate_seconds, removed_at, created_at, updated_at
        """

    package static func load(_ keys: [String], in workspaceID: ID<Workspace>) -> Statement<[Limit]> {
        Statement(
            "SELECT \(columns) FROM proj_limits WHERE workspace_id = \(workspaceID) AND limit_name = ANY(\(keys))"
        ) { rows in try rows.map(read) }
    }

    package static func upsert(_ limits: [Limit]) -> SQL {
        """
        INSERT INTO proj_limits (\(columns))
        SELECT \(columns) FROM unnest(
            \(limits.map(\.name)), \(limits.map(\.workspaceID)), \(limits.map { $0.maxConcurrent.map(Int32.init) }),
            \(limits.map { $0.rate.map { Int32($0.count) } }), \(limits.map { $0.rate?.seconds }),
            \(limits.map(\.removedAt)), \(limits.map(\.createdAt)), \(limits.map(\.updatedAt)))
            AS l (\(columns))
        ON CONFLICT ON CONSTRAINT proj_limits_pkey DO UPDATE SET
            max_concurrent = excluded.max_concurrent, rate_count = excluded.rate_count,
            rate_seconds = excluded.rate_seconds, removed_at = excluded.removed_at, updated_at = excluded.updated_at
        """
    }

    /// Limits in force, by name, after a name.
    package static func list(
        in workspaceID: ID<Workspace>, after name: String, limit: Int
    ) -> Statement<[Limit]> {
        Statement(
            """
            SELECT \(columns) FROM proj_limits
            WHERE workspace_id = \(workspaceID) AND limit_name > \(name) AND removed_at IS NULL
            ORDER BY limit_name LIMIT \(limit)
            """
        ) { rows in try rows.map(read) }
    }

    // MARK: Usage

    /// What is used of these keys, those of limits that are in force; buckets are refilled by the database's clock. Exact under the
    /// lock on claims, since only claims add to it.
    package static func usage(_ workspaceID: ID<Workspace>, _ uses: [LimitUse]) -> Statement<[LimitUsage]> {
        Statement(
            """
            SELECT u.limit_name, u.limit_key, l.max_concurrent, l.rate_count, l.rate_seconds,
                (SELECT count(*) FROM lease_limits h
                    WHERE h.workspace_id = \(workspaceID) AND h.limit_use = u.limit_use) AS held,
                least(l.rate_count, coalesce(b.tokens
                    + extract(epoch FROM clock_timestamp() - b.refilled_at)::double precision
                        * l.rate_count / l.rate_seconds,
                    l.rate_count))::double precision AS tokens
            FROM unnest(\(uses.map(\.text)), \(uses.map(\.name)), \(uses.map(\.key)))
                AS u (limit_use, limit_name, limit_key)
            JOIN proj_limits l ON l.workspace_id = \(workspaceID) AND l.limit_name = u.limit_name
                AND l.removed_at IS NULL
            LEFT JOIN limit_buckets b ON b.workspace_id = \(workspaceID) AND b.limit_use = u.limit_use
            """
        ) { rows in
            try rows.map { row in
                LimitUsage(
                    use: LimitUse(name: try row.value("limit_name"), key: try row.value("limit_key")),
                    maxConcurrent: try row.value("max_concurrent"), rate: try readRate(row),
                    held: try row.value("held"), tokens: try row.value("tokens", as: Double?.self) ?? 0)
            }
        }
    }

    /// Notes what these runs count against, and what is left in the buckets.
    package static func hold(
        _ workspaceID: ID<Workspace>, _ held: [(runID: ID<Run>, use: LimitUse)], _ buckets: [LimitUsage]
    ) -> [SQL] {
        let rated = buckets.filter { $0.rate != nil }
        return [
            """
            INSERT INTO lease_limits (run_id, workspace_id, limit_use)
            SELECT run_id, \(workspaceID), limit_use
            FROM unnest(\(held.map(\.runID)), \(held.map(\.use.text))) AS h (run_id, limit_use)
            ON CONFLICT DO NOTHING
            """,
            """
            INSERT INTO limit_buckets (workspace_id, limit_use, tokens, refilled_at)
            SELECT \(workspaceID), limit_use, tokens, clock_timestamp()
            FROM unnest(\(rated.map(\.use.text)), \(rated.map(\.tokens))) AS b (limit_use, tokens)
            ON CONFLICT ON CONSTRAINT limit_buckets_pkey
                DO UPDATE SET tokens = excluded.tokens, refilled_at = excluded.refilled_at
            """,
        ]
    }

    /// Forgets what these runs counted against.
    package static func release(_ workspaceID: ID<Workspace>, _ runs: [ID<Run>]) -> SQL {
        "DELETE FROM lease_limits WHERE workspace_id = \(workspaceID) AND run_id = ANY(\(runs))"
    }

    private static func read(_ row: PostgresRow) throws -> Limit {
        Limit(
            workspaceID: try row.value("workspace_id"), name: try row.value("limit_name"),
            maxConcurrent: try row.value("max_concurrent"), rate: try readRate(row),
            removedAt: try row.value("removed_at"), createdAt: try row.value("created_at"),
            updatedAt: try row.value("updated_at"))
    }

    private static func readRate(_ row: PostgresRow) throws -> Limit.Rate? {
        guard let count = try row.value("rate_count", as: Int?.self) else { return nil }
        return Limit.Rate(count: count, seconds: try row.value("rate_seconds"))
    }
}
