// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// A lease with what is needed to find its run again.
package struct HeldLease: Sendable {
    package let lease: Lease
    package let taskID: ID<WorkTask>
    package let roomID: ID<Room>
    package let agent: String
    /// When the run's own time is over; nil where its engine sees to that.
    package let timeoutAt: Timestamp?
    /// When its worker has to have reported progress; nil unless it promised to.
    package let progressAt: Timestamp?

    package init(
        lease: Lease, taskID: ID<WorkTask>, roomID: ID<Room>, agent: String, timeoutAt: Timestamp? = nil,
        progressAt: Timestamp? = nil
    ) {
        self.lease = lease
        self.taskID = taskID
        self.roomID = roomID
        self.agent = agent
        self.timeoutAt = timeoutAt
        self.progressAt = progressAt
    }
}

/// A worker session that is over.
package struct ExpiredSession: Sendable, Equatable {
    package let id: ID<WorkerSession>
    package let worker: String
    /// Whether the worker said so itself; else it went silent.
    package let wasEnded: Bool
}

/// `leases` and `worker_sessions`: who holds what, and who is alive by the database's clock.
package enum LeaseStore {
    private static let columns: SQL = """
        l.run_id, l.task_id, l.room_id, l.agent, l.epoch, l.worker_session_id, l.timeout_at, l.progress_at
        """

    package static func insert(_ workspaceID: ID<Workspace>, _ held: [HeldLease], at time: Timestamp) -> SQL {
        """
        INSERT INTO leases (
            run_id, workspace_id, task_id, room_id, agent, epoch, worker_session_id, claimed_at, timeout_at)
        SELECT run_id, \(workspaceID), task_id, room_id, agent, epoch, worker_session_id, \(time), timeout_at
        FROM unnest(
            \(held.map(\.lease.runID)), \(held.map(\.taskID)), \(held.map(\.roomID)), \(held.map(\.agent)),
            \(held.map { Int32($0.lease.epoch) }), \(held.map(\.lease.workerSessionID)),
            \(held.map(\.timeoutAt)))
            AS l (run_id, task_id, room_id, agent, epoch, worker_session_id, timeout_at)
        """
    }

    package static func delete(_ workspaceID: ID<Workspace>, _ runs: [ID<Run>]) -> SQL {
        "DELETE FROM leases WHERE workspace_id = \(workspaceID) AND run_id = ANY(\(runs))"
    }

    /// Notes that runs wait for people from now on: what time they and their workers have stands still.
    package static func pause(_ workspaceID: ID<Workspace>, _ runs: [ID<Run>], at time: Timestamp) -> SQL {
        "UPDATE leases SET waiting_since = \(time) WHERE workspace_id = \(workspaceID) AND run_id = ANY(\(runs))"
    }

    /// Notes that runs do not wait for people any more: they and their workers get the time back that has passed.
    package static func resume(_ workspaceID: ID<Workspace>, _ runs: [ID<Run>], at time: Timestamp) -> SQL {
        """
        UPDATE leases SET timeout_at = timeout_at + (\(time) - waiting_since),
            progress_at = progress_at + (\(time) - waiting_since), waiting_since = NULL
        WHERE workspace_id = \(workspaceID) AND run_id = ANY(\(runs)) AND waiting_since IS NOT NULL
        """
    }

    /// How many runs of each agent are held.
    package static func counts(_ workspaceID: ID<Workspace>) -> Statement<[String: Int]> {
        Statement("SELECT agent, count(*) AS held FROM leases WHERE workspace_id = \(workspaceID) GROUP BY agent") {
            rows in
            var counts: [String: Int] = [:]
            for row in rows { counts[try row.value("agent")] = try row.value("held") }
            return counts
        }
    }

    /// What a session holds; no more than its worker carries out at once.
    package static func held(
        by session: ID<WorkerSession>, in workspaceID: ID<Workspace>
    ) -> Statement<[HeldLease]> {
        Statement(
            """
            SELECT \(columns) FROM leases l
            WHERE workspace_id = \(workspaceID) AND worker_session_id = \(session) LIMIT 10000
            """
        ) { rows in try rows.map(readLease) }
    }

    package static func openSession(
        _ id: ID<WorkerSession>, in workspaceID: ID<Workspace>, worker: String, lifetime: Duration
    ) -> SQL {
        """
        INSERT INTO worker_sessions (worker_session_id, workspace_id, worker, started_at, expires_at)
        VALUES (\(id), \(workspaceID), \(worker), clock_timestamp(),
            clock_timestamp() + make_interval(secs => \(lifetime.inSeconds)))
        """
    }

    /// Keeps sessions alive; those it does not name back have expired and lost everything they held.
    package static func beat(
        _ ids: [ID<WorkerSession>], in workspaceID: ID<Workspace>, lifetime: Duration
    ) -> Statement<[ID<WorkerSession>]> {
        Statement(
            """
            UPDATE worker_sessions SET expires_at = clock_timestamp() + make_interval(secs => \(lifetime.inSeconds))
            WHERE workspace_id = \(workspaceID) AND worker_session_id = ANY(\(ids)) AND expires_at > '-infinity'
            RETURNING worker_session_id
            """
        ) { rows in try rows.map { try $0.value("worker_session_id") } }
    }

    /// Lets sessions expire at once; whatever they still hold is then released like that of a dead worker.
    package static func endSessions(_ ids: [ID<WorkerSession>], in workspaceID: ID<Workspace>) -> SQL {
        """
        UPDATE worker_sessions SET expires_at = '-infinity'
        WHERE workspace_id = \(workspaceID) AND worker_session_id = ANY(\(ids))
        """
    }

    /// Deletes the sessions that are past their deadline, unless another flush is at it, and tells which of them were ended by
    /// their workers.
    package static func takeExpiredSessions(
        _ workspaceID: ID<Workspace>, limit: Int
    ) -> Statement<[ExpiredSession]> {
        Statement(
            """
            DELETE FROM worker_sessions WHERE workspace_id = \(workspaceID) AND worker_session_id IN (
                SELECT worker_session_id FROM worker_sessions
                WHERE workspace_id = \(workspaceID) AND expires_at < clock_timestamp()
                ORDER BY worker_session_id LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING worker_session_id, worker, expires_at = '-infinity' AS was_ended
            """
        ) { rows in
            try rows.map { row in
                ExpiredSession(
                    id: try row.value("worker_session_id"), worker: try row.value("worker"),
                    wasEnded: try row.value("was_ended"))
            }
        }
    }

    /// Leases whose session is gone. A session is deleted only together with the release of what it held, or after;
    /// so this also finds what an interrupted release left behind.
    package static func orphans(_ workspaceID: ID<Workspace>, limit: Int) -> Statement<[HeldLease]> {
        Statement(
            """
            SELECT \(columns) FROM leases l
            WHERE l.workspace_id = \(workspaceID) AND NOT EXISTS (
                SELECT FROM worker_sessions s
                WHERE s.workspace_id = l.workspace_id AND s.worker_session_id = l.worker_session_id)
            ORDER BY l.run_id LIMIT \(limit)
            """
        ) { rows in try rows.map(readLease) }
    }

    /// Leases whose run or whose worker has taken longer than it may, by the database's clock. There are no more rows
    /// than runs under way, so they are looked through.
    package static func overdue(_ workspaceID: ID<Workspace>, limit: Int) -> Statement<[HeldLease]> {
        Statement(
            """
            SELECT \(columns) FROM leases l
            WHERE l.workspace_id = \(workspaceID) AND l.waiting_since IS NULL
                AND least(l.timeout_at, l.progress_at) < clock_timestamp()
            ORDER BY l.run_id LIMIT \(limit)
            """
        ) { rows in try rows.map(readLease) }
    }

    /// The lease of a run; nil when nobody holds it.
    package static func lease(ofRun runID: ID<Run>, in workspaceID: ID<Workspace>) -> Statement<HeldLease?> {
        Statement("SELECT \(columns) FROM leases l WHERE l.workspace_id = \(workspaceID) AND l.run_id = \(runID)") {
            rows in try rows.first.map(readLease)
        }
    }

    /// Lets the holder report progress again within `patience`; answers when its time is over then, nil when the lease
    /// is another's.
    package static func extend(
        _ lease: Lease, in workspaceID: ID<Workspace>, by patience: Duration
    ) -> Statement<Timestamp?> {
        Statement(
            """
            UPDATE leases SET progress_at = clock_timestamp() + make_interval(secs => \(patience.inSeconds))
            WHERE workspace_id = \(workspaceID) AND run_id = \(lease.runID) AND epoch = \(Int32(lease.epoch))
                AND worker_session_id = \(lease.workerSessionID)
            RETURNING least(
                timeout_at + coalesce(clock_timestamp() - waiting_since, interval '0'), progress_at) AS deadline_at
            """
        ) { rows in try rows.first?.value("deadline_at") }
    }

    private static func readLease(_ row: PostgresRow) throws -> HeldLease {
        HeldLease(
            lease: Lease(
                runID: try row.value("run_id"), epoch: try row.value("epoch"),
                workerSessionID: try row.value("worker_session_id")),
            taskID: try row.value("task_id"), roomID: try row.value("room_id"), agent: try row.value("agent"),
            timeoutAt: try row.value("timeout_at"), progressAt: try row.value("progress_at"))
    }
}

extension Duration {
    /// As a number of seconds.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
