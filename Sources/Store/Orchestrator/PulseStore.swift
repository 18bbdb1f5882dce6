// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres

/// What a daemon looks for all the time in one workspace, in case nothing told it before.
package struct Pulse: Sendable {
    package let workspaceID: ID<Workspace>
    /// How far the log goes.
    package let position: Int64
    package let hasReadyRuns: Bool
    /// Whether a worker is silent for too long, or runs are held by one that is gone or for too long.
    package let hasOrphans: Bool
    /// Whether dependencies have been settled that nobody has acted on.
    package let hasSettled: Bool
    /// Whether limits hold runs up.
    package let hasParked: Bool
    /// How long until the next delayed run is due; negative when it is overdue, nil when none waits.
    package let nextDue: Duration?
    /// How long until the next open approval expires; negative when it is overdue, nil when none is open.
    package let nextExpiry: Duration?
    /// When the next schedule fires, which is overdue when it is past; nil when none does.
    package let nextFire: Timestamp?

    /// Whether there is nothing to be done now.
    package var isResting: Bool { !hasReadyRuns && !hasOrphans && !hasSettled && !hasParked }
}

/// The one query that an idle orchestrator makes.
package enum PulseStore {
    package static func pulses() -> Statement<[Pulse]> {
        // First rows in place of EXISTS, which a plan made while a table was small answers by reading it whole, into a hash.
        Statement(
            """
            SELECT h.workspace_id, h.position,
                (SELECT true FROM run_queue q WHERE q.workspace_id = h.workspace_id LIMIT 1) IS NOT NULL AS has_ready,
                (SELECT true FROM worker_sessions s
                    WHERE s.workspace_id = h.workspace_id AND s.expires_at < clock_timestamp() LIMIT 1) IS NOT NULL
                OR (SELECT true FROM leases l WHERE l.workspace_id = h.workspace_id AND (
                        l.waiting_since IS NULL AND least(l.timeout_at, l.progress_at) < clock_timestamp()
                        OR NOT EXISTS (
                            SELECT FROM worker_sessions s
                            WHERE s.workspace_id = l.workspace_id AND s.worker_session_id = l.worker_session_id))
                    LIMIT 1) IS NOT NULL AS has_orphans,
                (SELECT true FROM run_dependencies d
                    WHERE d.workspace_id = h.workspace_id AND d.settled_as IS NOT NULL LIMIT 1) IS NOT NULL
                    AS has_settled,
                (SELECT true FROM parked_runs p WHERE p.workspace_id = h.workspace_id LIMIT 1) IS NOT NULL AS has_parked,
                (SELECT extract(epoch FROM d.run_at - clock_timestamp())::double precision FROM delayed d
                    WHERE d.workspace_id = h.workspace_id ORDER BY d.run_at LIMIT 1) AS next_due,
                (SELECT extract(epoch FROM a.expires_at - clock_timestamp())::double precision FROM proj_approvals a
                    WHERE a.workspace_id = h.workspace_id AND a.status IN ('pending', 'held')
                    ORDER BY a.expires_at LIMIT 1) AS next_expiry,
                (SELECT s.next_fire_at FROM proj_schedules s
                    WHERE s.workspace_id = h.workspace_id AND s.next_fire_at IS NOT NULL AND s.paused_at IS NULL
                    ORDER BY s.next_fire_at LIMIT 1) AS next_fire
            FROM evt_workspace_heads h ORDER BY h.workspace_id LIMIT 1000
            """
        ) { rows in
            try rows.map { row in
                Pulse(
                    workspaceID: try row.value("workspace_id"), position: try row.value("position"),
                    hasReadyRuns: try row.value("has_ready"), hasOrphans: try row.value("has_orphans"),
                    hasSettled: try row.value("has_settled"), hasParked: try row.value("has_parked"),
                    nextDue: try row.value("next_due", as: Double?.self).map { .seconds($0) },
                    nextExpiry: try row.value("next_expiry", as: Double?.self).map { .seconds($0) },
                    nextFire: try row.value("next_fire"))
            }
        }
    }
}
