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
    /// How long the run may take from its claim on; nil where its engine sees to that.
    package let timeLimit: Duration?

    package init(
        lease: Lease, taskID: ID<WorkTask>, roomID: ID<Room>, agent: String, timeLimit: Duration? = nil
    ) {
        self.lease = lease
        self.taskID = taskID
        self.roomID = roomID
        self.agent = agent
        self.timeLimit = timeLimit
    }
}

/// A lease that is to be taken back, and why.
package struct EndedLease: Sendable {
    package enum Cause: Sendable {
        /// Its worker has ended the session.
        case sessionEnded
        /// Its worker went silent; its name, unless nothing is known of the session any more.
        case sessionLost(worker: String?)
        /// The run took longer than it may.
        case timeOver
        /// Its worker promised progress and made none.
        case noProgress
    }

    package let held: HeldLease
    package let cause: Cause
}

/// `leases` and `worker_sessions`: who holds what, and who is alive by the database's clock.
package enum LeaseStore {
    private static let columns: SQL = "l.run_id, l.task_id, l.room_id, l.agent, l.epoch, l.worker_session_id"
    /// What tells a session that may go on from one that is over. One that its worker has ended expires at `-infinity`,
    /// one that went silent and was given up at `epoch`; neither comes back, and its row goes once it holds nothing.
    private static let isOpen: SQL = "expires_at > 'epoch'"

    package static func insert(_ workspaceID: ID<Workspace>, _ held: [HeldLease], at time: Timestamp) -> SQL {
        """
        INSERT INTO leases (
            run_id, workspace_id, task_id, room_id, agent, epoch, worker_session_id, claimed_at, timeout_at)
        SELECT run_id, \(workspaceID), task_id, room_id, agent, epoch, worker_session_id, \(time),
            clock_timestamp() + make_interval(secs => time_limit)
        FROM unnest(
            \(held.map(\.lease.runID)), \(held.map(\.taskID)), \(held.map(\.roomID)), \(held.map(\.agent)),
            \(held.map { Int32($0.lease.epoch) }), \(held.map(\.lease.workerSessionID)),
            \(held.map { $0.timeLimit?.inSeconds }))
            AS l (run_id, task_id, room_id, agent, epoch, worker_session_id, time_limit)
        """
    }

    package static func delete(_ workspaceID: ID<Workspace>, _ runs: [ID<Run>]) -> SQL {
        "DELETE FROM leases WHERE workspace_id = \(workspaceID) AND run_id = ANY(\(runs))"
    }

    /// Notes that runs wait for people from now on: what time they and their workers have stands still. By the database's
    /// clock, as that time itself, since one orchestrator may note the beginning and another the end.
    package static func pause(_ workspaceID: ID<Workspace>, _ runs: [ID<Run>]) -> SQL {
        """
        UPDATE leases SET waiting_since = clock_timestamp()
        WHERE workspace_id = \(workspaceID) AND run_id = ANY(\(runs))
        """
    }

    /// Notes that runs do not wait for people any more: they and their workers get the time back that has passed.
    package static func resume(_ workspaceID: ID<Workspace>, _ runs: [ID<Run>]) -> SQL {
        """
        UPDATE leases SET timeout_at = timeout_at + (clock_timestamp() - waiting_since),
            progress_at = progress_at + (clock_timestamp() - waiting_since), waiting_since = NULL
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
    ) -> Statement<[(held: HeldLease, claimedAt: Timestamp)]> {
        Statement(
            """
            SELECT \(columns), l.claimed_at FROM leases l
            WHERE workspace_id = \(workspaceID) AND worker_session_id = \(session) LIMIT 10000
            """
        ) { rows in try rows.map { (held: try readLease($0), claimedAt: try $0.value("claimed_at")) } }
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
            WHERE workspace_id = \(workspaceID) AND worker_session_id = ANY(\(ids)) AND \(isOpen)
            RETURNING worker_session_id
            """
        ) { rows in try rows.map { try $0.value("worker_session_id") } }
    }

    /// Those of these sessions that are open, and stay so until the end of the transaction.
    package static func lockOpen(
        _ ids: [ID<WorkerSession>], in workspaceID: ID<Workspace>
    ) -> Statement<[ID<WorkerSession>]> {
        Statement(
            """
            SELECT held.worker_session_id
            FROM unnest(\(ids.map(\.rawValue).sorted())) AS wanted (worker_session_id) CROSS JOIN LATERAL (
                SELECT worker_session_id FROM worker_sessions
                WHERE workspace_id = \(workspaceID) AND worker_session_id = wanted.worker_session_id AND \(isOpen)
                OFFSET 0 FOR SHARE
            ) AS held
            """
        ) { rows in try rows.map { try $0.value("worker_session_id") } }
    }

    /// Locks as `lockOpen` does, and fails, as `EventStore.expect` does, unless all of these sessions are open.
    package static func expectOpen(_ ids: Set<ID<WorkerSession>>, in workspaceID: ID<Workspace>) -> SQL {
        """
        SELECT 1 / (count(*) = \(ids.count))::int FROM (\(lockOpen(ids.sorted(), in: workspaceID).sql)) AS open
        """
    }

    /// Lets sessions expire at once; whatever they still hold is then released like that of a dead worker.
    package static func endSessions(_ ids: [ID<WorkerSession>], in workspaceID: ID<Workspace>) -> SQL {
        """
        UPDATE worker_sessions SET expires_at = '-infinity'
        WHERE workspace_id = \(workspaceID) AND worker_session_id = ANY(\(ids))
        """
    }

    /// Gives up sessions that are past their deadline, unless another flush is at it, so that no beat brings them back.
    /// Answers how many.
    package static func giveUpExpired(_ workspaceID: ID<Workspace>, limit: Int) -> Statement<Int> {
        Statement(
            """
            WITH late AS MATERIALIZED (
                SELECT worker_session_id FROM worker_sessions
                WHERE workspace_id = \(workspaceID) AND expires_at < clock_timestamp() AND \(isOpen)
                ORDER BY worker_session_id LIMIT \(limit) FOR UPDATE SKIP LOCKED
            )
            UPDATE worker_sessions AS s SET expires_at = 'epoch' FROM late
            WHERE s.workspace_id = \(workspaceID) AND s.worker_session_id = late.worker_session_id
            """
        ) { rows in rows.affected }
    }

    /// Leases whose session is over.
    package static func orphans(_ workspaceID: ID<Workspace>, limit: Int) -> Statement<[EndedLease]> {
        Statement(
            """
            SELECT \(columns), coalesce(s.expires_at = '-infinity', false) AS was_ended, s.worker
            FROM leases l LEFT JOIN worker_sessions s
                ON s.workspace_id = l.workspace_id AND s.worker_session_id = l.worker_session_id
            WHERE l.workspace_id = \(workspaceID) AND (s.\(isOpen)) IS NOT TRUE
            ORDER BY l.run_id LIMIT \(limit)
            """
        ) { rows in
            try rows.map { row in
                EndedLease(
                    held: try readLease(row),
                    cause: try row.value("was_ended")
                        ? .sessionEnded : .sessionLost(worker: try row.value("worker", as: String?.self)))
            }
        }
    }

    /// Deletes sessions that are over and hold nothing any more. Answers how many.
    package static func deleteEmpty(_ workspaceID: ID<Workspace>, limit: Int) -> Statement<Int> {
        Statement(
            """
            WITH empty AS MATERIALIZED (
                SELECT s.worker_session_id FROM worker_sessions s
                WHERE s.workspace_id = \(workspaceID) AND s.expires_at <= 'epoch' AND NOT EXISTS (
                    SELECT FROM leases l
                    WHERE l.workspace_id = s.workspace_id AND l.worker_session_id = s.worker_session_id)
                ORDER BY s.worker_session_id LIMIT \(limit) FOR UPDATE SKIP LOCKED
            )
            DELETE FROM worker_sessions AS s USING empty
            WHERE s.workspace_id = \(workspaceID) AND s.worker_session_id = empty.worker_session_id
            """
        ) { rows in rows.affected }
    }

    /// Leases whose run or whose worker has taken longer than it may, by the database's clock; not those of runs that wait
    /// for something outside.
    package static func overdue(_ workspaceID: ID<Workspace>, limit: Int) -> Statement<[EndedLease]> {
        Statement(
            """
            SELECT \(columns), l.timeout_at < clock_timestamp() AS is_over FROM leases l
            WHERE l.workspace_id = \(workspaceID) AND l.waiting_since IS NULL
                AND least(l.timeout_at, l.progress_at) < clock_timestamp()
            ORDER BY l.run_id LIMIT \(limit)
            """
        ) { rows in
            try rows.map { row in
                let isOver = try row.value("is_over", as: Bool?.self) ?? false
                return EndedLease(held: try readLease(row), cause: isOver ? .timeOver : .noProgress)
            }
        }
    }

    /// The lease of a run; nil when nobody holds it.
    package static func lease(ofRun runID: ID<Run>, in workspaceID: ID<Workspace>) -> Statement<HeldLease?> {
        Statement("SELECT \(columns) FROM leases l WHERE l.workspace_id = \(workspaceID) AND l.run_id = \(runID)") {
            rows in try rows.first.map(readLease)
        }
    }

    /// Lets the holder report progress again within `patience`, or, of a run that waits for people, within that of its
    /// going on; answers when its time is over then, nil when the lease is another's.
    package static func extend(
        _ lease: Lease, in workspaceID: ID<Workspace>, by patience: Duration
    ) -> Statement<Timestamp?> {
        Statement(
            """
            UPDATE leases SET
                progress_at = coalesce(waiting_since, clock_timestamp()) + make_interval(secs => \(patience.inSeconds))
            WHERE workspace_id = \(workspaceID) AND run_id = \(lease.runID) AND epoch = \(Int32(lease.epoch))
                AND worker_session_id = \(lease.workerSessionID)
            RETURNING least(timeout_at, progress_at)
                + coalesce(clock_timestamp() - waiting_since, interval '0') AS deadline_at
            """
        ) { rows in try rows.first?.value("deadline_at") }
    }

    private static func readLease(_ row: PostgresRow) throws -> HeldLease {
        HeldLease(
            lease: Lease(
                runID: try row.value("run_id"), epoch: try row.value("epoch"),
                workerSessionID: try row.value("worker_session_id")),
            taskID: try row.value("task_id"), roomID: try row.value("room_id"), agent: try row.value("agent"))
    }
}

extension Duration {
    /// As a number of seconds.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
