// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Postgres

/// What a process says of itself when it opens a session.
package struct NewWorker: Sendable {
    package let name: String
    package let agents: [String]
    package let labels: [String]
    /// Runs it carries out at the same time; nil when it does not say.
    package let capacity: Int?

    package init(name: String, agents: [String], labels: [String], capacity: Int?) {
        self.name = name
        self.agents = agents
        self.labels = labels
        self.capacity = capacity
    }
}

/// A worker session as it stands.
package struct Worker: Sendable {
    package let id: ID<WorkerSession>
    package let worker: NewWorker
    package let principal: Principal?
    package let held: Int
    package let startedAt: Timestamp
    package let lastBeatAt: Timestamp?
    package let expiresAt: Timestamp
}

/// Worker sessions as people and programs outside see them.
extension LeaseStore {
    private static let workerColumns: SQL = """
        s.worker_session_id, s.worker, s.agents, s.labels, s.capacity, s.principal, s.started_at, s.last_beat_at,
        s.expires_at, (SELECT count(*) FROM leases l WHERE l.workspace_id = s.workspace_id
            AND l.worker_session_id = s.worker_session_id) AS held
        """

    /// Opens a session in a workspace that exists; nil when it does not.
    package static func openSession(
        _ id: ID<WorkerSession>, in workspaceID: ID<Workspace>, _ worker: NewWorker, principal: Principal,
        lifetime: Duration
    ) -> Statement<Worker?> {
        Statement(
            """
            INSERT INTO worker_sessions AS s (
                worker_session_id, workspace_id, worker, agents, labels, capacity, principal, started_at,
                last_beat_at, expires_at)
            SELECT \(id), workspace_id, \(worker.name), \(worker.agents), \(worker.labels),
                \(worker.capacity.map(Int32.init)), \(principal), clock_timestamp(), clock_timestamp(),
                clock_timestamp() + make_interval(secs => \(lifetime.inSeconds))
            FROM evt_workspace_heads WHERE workspace_id = \(workspaceID)
            RETURNING \(workerColumns)
            """
        ) { rows in try rows.first.map(readWorker) }
    }

    /// Keeps one session alive; answers until when, nil when it is gone.
    package static func beatOne(
        _ id: ID<WorkerSession>, in workspaceID: ID<Workspace>, lifetime: Duration
    ) -> Statement<Timestamp?> {
        Statement(
            """
            UPDATE worker_sessions SET last_beat_at = clock_timestamp(),
                expires_at = clock_timestamp() + make_interval(secs => \(lifetime.inSeconds))
            WHERE workspace_id = \(workspaceID) AND worker_session_id = \(id) AND expires_at > '-infinity'
            RETURNING expires_at
            """
        ) { rows in try rows.first?.value("expires_at") }
    }

    /// Sessions that are alive, by id, after one.
    package static func workers(
        in workspaceID: ID<Workspace>, after last: ID<WorkerSession>?, limit: Int
    ) -> Statement<[Worker]> {
        Statement(
            """
            SELECT \(workerColumns) FROM worker_sessions s
            WHERE s.workspace_id = \(workspaceID) AND s.worker_session_id > \(last?.rawValue ?? "")
                AND s.expires_at >= clock_timestamp()
            ORDER BY s.worker_session_id LIMIT \(limit)
            """
        ) { rows in try rows.map(readWorker) }
    }

    /// Who opened a session; nil when it is gone.
    package static func owner(of id: ID<WorkerSession>, in workspaceID: ID<Workspace>) -> Statement<Principal?> {
        Statement(
            """
            SELECT coalesce(principal, 'service:' || worker) AS principal FROM worker_sessions
            WHERE workspace_id = \(workspaceID) AND worker_session_id = \(id)
            """
        ) { rows in try rows.first?.value("principal") }
    }

    private static func readWorker(_ row: PostgresRow) throws -> Worker {
        Worker(
            id: try row.value("worker_session_id"),
            worker: NewWorker(
                name: try row.value("worker"), agents: try row.value("agents"), labels: try row.value("labels"),
                capacity: try row.value("capacity")),
            principal: try row.value("principal"), held: try row.value("held"),
            startedAt: try row.value("started_at"), lastBeatAt: try row.value("last_beat_at"),
            expiresAt: try row.value("expires_at"))
    }
}
