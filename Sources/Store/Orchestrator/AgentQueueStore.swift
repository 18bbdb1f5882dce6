// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// What stands in an agent's queue.
package struct QueueDepth: Sendable {
    package let queue: AgentQueue
    package let ready: Int
    /// Runs that are held by workers.
    package let held: Int
    package let oldestReadyAt: Timestamp?
}

/// `proj_queues`.
package enum AgentQueueStore: LedgerStore {
    package typealias Event = QueueEvent

    package static let table = "proj_queues"
    /// Counting ends here: a figure this large tells enough, and costs little.
    package static let countLimit = 10_000

    private static let columns: SQL = "agent, workspace_id, paused_at, paused_by, reason, version, updated_at"

    package static func load(_ keys: [String], in workspaceID: ID<Workspace>) -> Statement<[AgentQueue]> {
        Statement("SELECT \(columns) FROM proj_queues WHERE workspace_id = \(workspaceID) AND agent = ANY(\(keys))") {
            rows in try rows.map(read)
        }
    }

    package static func upsert(_ queues: [AgentQueue]) -> SQL {
        """
        INSERT INTO proj_queues (\(columns))
        SELECT \(columns) FROM unnest(
            \(queues.map(\.agent)), \(queues.map(\.workspaceID)), \(queues.map(\.pausedAt)),
            \(queues.map(\.pausedBy)), \(queues.map(\.reason)), \(queues.map(\.version)), \(queues.map(\.updatedAt)))
            AS q (\(columns))
        ON CONFLICT ON CONSTRAINT proj_queues_pkey DO UPDATE SET
            paused_at = excluded.paused_at, paused_by = excluded.paused_by, reason = excluded.reason,
            version = excluded.version, updated_at = excluded.updated_at
        """
    }

    /// The queues of all agents by name, each counted up to `countLimit`.
    package static func depths(
        in workspaceID: ID<Workspace>, after agent: String, limit: Int
    ) -> Statement<[QueueDepth]> {
        depths(workspaceID, "a.agent > \(agent) ORDER BY a.agent LIMIT \(limit)")
    }

    /// The queue of one agent; nil when there is no such agent.
    package static func depth(of agent: String, in workspaceID: ID<Workspace>) -> Statement<QueueDepth?> {
        let statement = depths(workspaceID, "a.agent = \(agent)")
        return Statement(statement.sql) { rows in try statement.decode(rows).first }
    }

    private static func depths(_ workspaceID: ID<Workspace>, _ condition: SQL) -> Statement<[QueueDepth]> {
        Statement(
            """
            SELECT a.agent, a.workspace_id, q.paused_at, q.paused_by, q.reason, coalesce(q.version, 0) AS version,
                coalesce(q.updated_at, a.created_at) AS updated_at,
                (SELECT count(*) FROM (
                    SELECT FROM run_queue r WHERE r.workspace_id = \(workspaceID) AND r.queue = a.agent
                    LIMIT \(countLimit)) AS ready) AS ready,
                (SELECT count(*) FROM leases l WHERE l.workspace_id = \(workspaceID) AND l.agent = a.agent) AS held,
                (SELECT t.updated_at FROM run_queue r
                    JOIN proj_tasks t ON t.workspace_id = r.workspace_id AND t.task_id = r.task_id
                    WHERE r.workspace_id = \(workspaceID) AND r.queue = a.agent
                    ORDER BY r.priority, r.queue_id LIMIT 1) AS oldest_ready_at
            FROM proj_agents a
            LEFT JOIN proj_queues q ON q.workspace_id = a.workspace_id AND q.agent = a.agent
            WHERE a.workspace_id = \(workspaceID) AND \(condition)
            """
        ) { rows in
            try rows.map { row in
                QueueDepth(
                    queue: try read(row), ready: try row.value("ready"), held: try row.value("held"),
                    oldestReadyAt: try row.value("oldest_ready_at"))
            }
        }
    }

    private static func read(_ row: PostgresRow) throws -> AgentQueue {
        AgentQueue(
            workspaceID: try row.value("workspace_id"), agent: try row.value("agent"),
            pausedAt: try row.value("paused_at"), pausedBy: try row.value("paused_by"),
            reason: try row.value("reason"), version: try row.value("version"),
            updatedAt: try row.value("updated_at"))
    }
}
