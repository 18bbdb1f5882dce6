// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `parked_runs`: ready runs that a limit holds up.
///
/// A run that cannot start leaves the queue, so that a hundred thousand runs of one busy customer cost the claims of
/// others nothing. It comes back when a place becomes free, and is looked at again like any other. A line is in order
/// of priority and then of age, so whoever had to go back to it has not lost its place.
package enum ParkedRunStore {
    /// Runs that come back at a time under one key.
    package static let batch = 1000
    /// Keys that are looked at in one statement.
    package static let keyLimit = 1000

    package static func park(_ workspaceID: ID<Workspace>, _ runs: [(run: QueuedRun, use: LimitUse)]) -> SQL {
        """
        INSERT INTO parked_runs (
            workspace_id, limit_use, priority, run_id, task_id, room_id, agent, labels, limits)
        SELECT \(workspaceID), limit_use, priority, run_id, task_id, room_id, agent,
            \(PackedTexts.unpack("labels")), \(PackedTexts.unpack("limits"))
        FROM unnest(
            \(runs.map(\.use.text)), \(runs.map { Int16($0.run.priority) }), \(runs.map(\.run.runID)),
            \(runs.map(\.run.taskID)), \(runs.map(\.run.roomID)), \(runs.map(\.run.agent)),
            \(runs.map { PackedTexts.pack($0.run.labels) }),
            \(runs.map { PackedTexts.pack($0.run.limits.map(\.text)) }))
            AS p (limit_use, priority, run_id, task_id, room_id, agent, labels, limits)
        ON CONFLICT ON CONSTRAINT parked_runs_pkey DO NOTHING
        """
    }

    /// Forgets runs that were claimed, have ended, or stand in the queue anew.
    package static func forget(_ workspaceID: ID<Workspace>, _ runs: [ID<Run>]) -> SQL {
        "DELETE FROM parked_runs WHERE workspace_id = \(workspaceID) AND run_id = ANY(\(runs))"
    }

    /// What came back.
    package struct Unparked: Sendable {
        /// The queues that runs came back to, as often as runs did.
        package let queues: [String]
        /// How long until the next may come back by a rate; nil when none waits for one.
        package let nextDue: Duration?
        /// The last key that was looked at; nil when none was.
        package let last: String?
        /// Whether more may come back at once under one of these keys.
        package let hasMore: Bool
    }

    /// Puts runs of these keys back into their queues: as many as are named, and no more than there are places.
    package static func unpark(
        _ workspaceID: ID<Workspace>, _ places: [(use: LimitUse, count: Int)]
    ) -> Statement<Unparked> {
        back(
            workspaceID,
            "SELECT * FROM unnest(\(places.map(\.use.text)), \(places.map { Int64($0.count) })) AS u (limit_use, wanted)"
        )
    }

    /// As `unpark`, for every key after one that has places free by what is counted now: the backstop of all wakes.
    package static func unparkWhatMay(_ workspaceID: ID<Workspace>, after key: String) -> Statement<Unparked> {
        back(
            workspaceID,
            """
            SELECT limit_use, \(Int64(batch)) AS wanted FROM (
                WITH RECURSIVE uses AS (
                    (SELECT limit_use FROM parked_runs
                        WHERE workspace_id = \(workspaceID) AND limit_use > \(key) ORDER BY limit_use LIMIT 1)
                    UNION ALL
                    SELECT (SELECT p.limit_use FROM parked_runs p
                        WHERE p.workspace_id = \(workspaceID) AND p.limit_use > u.limit_use
                        ORDER BY p.limit_use LIMIT 1)
                    FROM uses u WHERE u.limit_use IS NOT NULL
                )
                SELECT limit_use FROM uses WHERE limit_use IS NOT NULL LIMIT \(keyLimit)) AS all_uses
            """)
    }

    /// `wanted` gives keys with the number of runs that are to come back.
    private static func back(_ workspaceID: ID<Workspace>, _ wanted: SQL) -> Statement<Unparked> {
        Statement(
            """
            WITH usage AS MATERIALIZED (
                SELECT w.limit_use, w.wanted,
                    l.max_concurrent - (SELECT count(*) FROM lease_limits h
                        WHERE h.workspace_id = \(workspaceID) AND h.limit_use = w.limit_use) AS free,
                    l.rate_count, l.rate_seconds,
                    least(l.rate_count, b.tokens + extract(epoch FROM clock_timestamp() - b.refilled_at)::double precision
                        * l.rate_count / l.rate_seconds) AS tokens
                FROM (\(wanted)) AS w
                LEFT JOIN proj_limits l ON l.workspace_id = \(workspaceID)
                    AND l.limit_name = split_part(w.limit_use, ':', 1) AND l.removed_at IS NULL
                LEFT JOIN limit_buckets b ON b.workspace_id = \(workspaceID) AND b.limit_use = w.limit_use
            ), places AS MATERIALIZED (
                SELECT limit_use, greatest(0, least(wanted, free, floor(tokens)))::bigint AS places,
                    CASE WHEN (SELECT true FROM parked_runs p
                        WHERE p.workspace_id = \(workspaceID) AND p.limit_use = usage.limit_use LIMIT 1)
                    THEN (1 - (tokens - floor(tokens))) * rate_seconds / rate_count END AS next_due
                FROM usage
            ), next AS MATERIALIZED (
                -- Once: read again for each row to be deleted, it would find others in place of those that are gone.
                SELECT first.run_id FROM places CROSS JOIN LATERAL (
                    SELECT run_id FROM parked_runs
                    WHERE workspace_id = \(workspaceID) AND limit_use = places.limit_use
                    ORDER BY priority DESC, run_id LIMIT places.places FOR UPDATE SKIP LOCKED
                ) AS first
            ), gone AS (
                DELETE FROM parked_runs AS p USING next
                WHERE p.workspace_id = \(workspaceID) AND p.run_id = next.run_id
                RETURNING p.*
            ), back AS (
                INSERT INTO run_queue (
                    workspace_id, queue, priority, run_id, task_id, room_id, agent, labels, limits)
                SELECT g.workspace_id, q.queue, g.priority, g.run_id, g.task_id, g.room_id,
                    nullif(g.agent, q.queue), g.labels, g.limits
                FROM gone g CROSS JOIN LATERAL (
                    SELECT g.agent UNION ALL SELECT '#' || label FROM unnest(g.labels) AS label
                ) AS q (queue)
                ORDER BY g.run_id
                RETURNING queue
            )
            SELECT coalesce((SELECT array_agg(queue) FROM back), '{}') AS queues,
                (SELECT min(next_due)::double precision FROM places) AS next_due,
                (SELECT max(limit_use) FROM places) AS last,
                coalesce((SELECT bool_or(places = \(Int64(batch))) FROM places), false) AS has_more
            """
        ) { rows in
            guard let row = rows.first else {
                return Unparked(queues: [], nextDue: nil, last: nil, hasMore: false)
            }
            return Unparked(
                queues: try row.value("queues"),
                nextDue: try row.value("next_due", as: Double?.self).map { .seconds($0) },
                last: try row.value("last"), hasMore: try row.value("has_more"))
        }
    }
}
