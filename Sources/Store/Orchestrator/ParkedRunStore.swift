// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// `parked_runs`: ready runs that a limit holds up.
///
/// A run that cannot start leaves the queue, so that a hundred thousand runs of one busy customer cost the claims of
/// others nothing. It comes back when a place becomes free, and is looked at again like any other.
package enum ParkedRunStore {
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
        """
    }

    /// Puts the first parked runs of these keys back into their queues; answers the queues.
    package static func unpark(
        _ workspaceID: ID<Workspace>, _ places: [(use: LimitUse, count: Int)]
    ) -> Statement<[String]> {
        back(
            workspaceID,
            "SELECT * FROM unnest(\(places.map(\.use.text)), \(places.map { Int64($0.count) })) AS u (limit_use, places)"
        )
    }

    /// As `unpark`, for every key that has places free by what is counted now; the backstop of all wakes.
    package static func unparkWhatMay(_ workspaceID: ID<Workspace>) -> Statement<[String]> {
        back(
            workspaceID,
            """
            WITH RECURSIVE uses AS (
                (SELECT limit_use FROM parked_runs WHERE workspace_id = \(workspaceID) ORDER BY limit_use LIMIT 1)
                UNION ALL
                SELECT (SELECT p.limit_use FROM parked_runs p
                    WHERE p.workspace_id = \(workspaceID) AND p.limit_use > u.limit_use
                    ORDER BY p.limit_use LIMIT 1)
                FROM uses u WHERE u.limit_use IS NOT NULL
            )
            SELECT u.limit_use, least(
                coalesce(l.max_concurrent - (SELECT count(*) FROM lease_limits h
                    WHERE h.workspace_id = \(workspaceID) AND h.limit_use = u.limit_use), 1000),
                coalesce(floor(least(l.rate_count, b.tokens
                    + extract(epoch FROM clock_timestamp() - b.refilled_at)::double precision
                        * l.rate_count / l.rate_seconds)), 1000)
                )::bigint AS places
            FROM (SELECT limit_use FROM uses WHERE limit_use IS NOT NULL LIMIT 1000) u
            LEFT JOIN proj_limits l ON l.workspace_id = \(workspaceID)
                AND l.limit_name = split_part(u.limit_use, ':', 1) AND l.removed_at IS NULL
            LEFT JOIN limit_buckets b ON b.workspace_id = \(workspaceID) AND b.limit_use = u.limit_use
            """)
    }

    /// `places` gives keys with the number of runs that may come back.
    private static func back(_ workspaceID: ID<Workspace>, _ places: SQL) -> Statement<[String]> {
        Statement(
            """
            WITH free AS (\(places)), gone AS (
                DELETE FROM parked_runs AS p USING free CROSS JOIN LATERAL (
                    SELECT priority, parked_id FROM parked_runs
                    WHERE workspace_id = \(workspaceID) AND limit_use = free.limit_use
                    ORDER BY priority DESC, parked_id LIMIT greatest(0, free.places) FOR UPDATE SKIP LOCKED
                ) AS next
                WHERE p.workspace_id = \(workspaceID) AND p.limit_use = free.limit_use
                    AND p.priority = next.priority AND p.parked_id = next.parked_id
                RETURNING p.*
            )
            INSERT INTO run_queue (workspace_id, queue, priority, run_id, task_id, room_id, agent, labels, limits)
            SELECT g.workspace_id, q.queue, g.priority, g.run_id, g.task_id, g.room_id, nullif(g.agent, q.queue),
                g.labels, g.limits
            FROM gone g CROSS JOIN LATERAL (
                SELECT g.agent UNION ALL SELECT '#' || label FROM unnest(g.labels) AS label
            ) AS q (queue)
            RETURNING queue
            """
        ) { rows in try rows.map { try $0.value("queue") } }
    }
}
