// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

/// A run that is ready or due, with what a flush must know to lock it.
package struct QueuedRun: Sendable, Equatable {
    /// Its place in `run_queue`; 0 for a delayed one.
    package let queueID: Int64
    package let runID: ID<Run>
    package let taskID: ID<WorkTask>
    package let roomID: ID<Room>
    package let agent: String
    package let priority: Int

    package init(
        queueID: Int64, runID: ID<Run>, taskID: ID<WorkTask>, roomID: ID<Room>, agent: String, priority: Int
    ) {
        self.queueID = queueID
        self.runID = runID
        self.taskID = taskID
        self.roomID = roomID
        self.agent = agent
        self.priority = priority
    }
}

/// `run_queue` and `delayed`: what is ready, and what waits for its time.
package enum QueueStore {
    /// What one claim asks for.
    package struct Claimable: Sendable {
        package let agent: String
        package let limit: Int
        package let watermarks: Watermarks

        package init(agent: String, limit: Int, watermarks: Watermarks) {
            self.agent = agent
            self.limit = limit
            self.watermarks = watermarks
        }
    }

    /// How far an agent's queue has been claimed, for each priority: places in it are only in order within one.
    /// Nothing at or below is looked at, since the dead entries there would cost every claim.
    package struct Watermarks: Sendable, Equatable {
        private var places = [Int64](repeating: 0, count: 10)

        package init() {}

        package subscript(priority: Int) -> Int64 {
            get { places[priority] }
            set { places[priority] = newValue }
        }

        /// Takes over whatever is further on.
        package mutating func advance(to other: Watermarks) {
            for priority in places.indices { places[priority] = max(places[priority], other[priority]) }
        }
    }

    /// Only one claim of a workspace runs at a time; taken before every other lock of a flush.
    package static func lockClaims(_ workspaceID: ID<Workspace>) -> SQL {
        "SELECT pg_advisory_xact_lock(hashtextextended('tutti-claims ' || \(workspaceID), 0))"
    }

    /// The first ready runs of each agent: by priority, then in order of arrival.
    package static func ready(_ workspaceID: ID<Workspace>, _ wanted: [Claimable]) -> Statement<[QueuedRun]> {
        let levels = wanted.flatMap { wish in
            (0...9).map { (agent: wish.agent, priority: $0, limit: wish.limit, watermark: wish.watermarks[$0]) }
        }
        return Statement(
            """
            SELECT q.queue_id, q.run_id, q.task_id, q.room_id, wanted.agent, wanted.priority
            FROM unnest(
                \(levels.map(\.agent)), \(levels.map { Int16($0.priority) }), \(levels.map { Int32($0.limit) }),
                \(levels.map(\.watermark)))
                AS wanted (agent, priority, run_limit, watermark)
            CROSS JOIN LATERAL (
                SELECT queue_id, run_id, task_id, room_id FROM run_queue
                WHERE workspace_id = \(workspaceID) AND agent = wanted.agent AND priority = wanted.priority
                    AND queue_id > wanted.watermark
                ORDER BY queue_id LIMIT wanted.run_limit
            ) AS q
            ORDER BY wanted.priority DESC, q.queue_id
            """
        ) { rows in
            try rows.map { row in
                QueuedRun(
                    queueID: try row.value("queue_id"), runID: try row.value("run_id"),
                    taskID: try row.value("task_id"), roomID: try row.value("room_id"),
                    agent: try row.value("agent"), priority: try row.value("priority"))
            }
        }
    }

    package static func enqueue(_ workspaceID: ID<Workspace>, _ tasks: [WorkTask]) -> SQL {
        """
        INSERT INTO run_queue (workspace_id, agent, priority, run_id, task_id, room_id)
        SELECT \(workspaceID), agent, priority, run_id, task_id, room_id
        FROM unnest(
            \(tasks.map(\.agent)), \(tasks.map { Int16($0.priority) }), \(tasks.map(\.runID)), \(tasks.map(\.id)),
            \(tasks.map(\.roomID)))
            AS q (agent, priority, run_id, task_id, room_id)
        """
    }

    /// Takes runs off the queue that this flush claimed, or found to be off already.
    package static func remove(_ workspaceID: ID<Workspace>, _ runs: [QueuedRun]) -> SQL {
        """
        DELETE FROM run_queue AS q
        USING unnest(\(runs.map(\.agent)), \(runs.map { Int16($0.priority) }), \(runs.map(\.queueID)))
            AS gone (agent, priority, queue_id)
        WHERE q.workspace_id = \(workspaceID) AND q.agent = gone.agent AND q.priority = gone.priority
            AND q.queue_id = gone.queue_id
        """
    }

    package static func delay(_ workspaceID: ID<Workspace>, _ tasks: [WorkTask]) -> SQL {
        """
        INSERT INTO delayed (run_id, workspace_id, task_id, room_id, run_at)
        SELECT run_id, \(workspaceID), task_id, room_id, run_at
        FROM unnest(\(tasks.map(\.runID)), \(tasks.map(\.id)), \(tasks.map(\.roomID)), \(tasks.map(\.runAt)))
            AS d (run_id, task_id, room_id, run_at)
        """
    }

    /// Takes what is due by the database's clock, unless another flush is at it.
    package static func takeDue(_ workspaceID: ID<Workspace>, limit: Int) -> Statement<[QueuedRun]> {
        Statement(
            """
            DELETE FROM delayed AS d USING (
                SELECT run_at, run_id FROM delayed
                WHERE workspace_id = \(workspaceID) AND run_at <= clock_timestamp()
                ORDER BY run_at, run_id LIMIT \(limit) FOR UPDATE SKIP LOCKED
            ) AS due
            WHERE d.workspace_id = \(workspaceID) AND d.run_at = due.run_at AND d.run_id = due.run_id
            RETURNING d.run_id, d.task_id, d.room_id
            """
        ) { rows in
            try rows.map { row in
                QueuedRun(
                    queueID: 0, runID: try row.value("run_id"), taskID: try row.value("task_id"),
                    roomID: try row.value("room_id"), agent: "", priority: 0)
            }
        }
    }

    /// Queues the runs that claims have dropped while their rooms were archived. A run that is queued twice is claimed once:
    /// the second entry is found stale.
    package static func requeue(_ workspaceID: ID<Workspace>, of rooms: [ID<Room>]) -> SQL {
        """
        INSERT INTO run_queue (workspace_id, agent, priority, run_id, task_id, room_id)
        SELECT workspace_id, agent, priority, run_id, task_id, room_id FROM proj_tasks
        WHERE workspace_id = \(workspaceID) AND room_id = ANY(\(rooms)) AND status = 'queued'
        ORDER BY task_id
        """
    }
}
