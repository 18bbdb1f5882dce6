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
    /// The queue it was found in: an agent's name, or `#label`.
    package let queue: String
    package let agent: String
    package let priority: Int
    package let labels: [String]
    package let limits: [LimitUse]
    /// Whether it has ended, so that its entry is left over.
    package let isOver: Bool

    package init(
        queueID: Int64, runID: ID<Run>, taskID: ID<WorkTask>, roomID: ID<Room>, queue: String = "",
        agent: String = "", priority: Int = 0, labels: [String] = [], limits: [LimitUse] = [],
        isOver: Bool = false
    ) {
        self.queueID = queueID
        self.runID = runID
        self.taskID = taskID
        self.roomID = roomID
        self.queue = queue
        self.agent = agent
        self.priority = priority
        self.labels = labels
        self.limits = limits
        self.isOver = isOver
    }

    /// Where its entry stands.
    package var level: QueueStore.Level { QueueStore.Level(queue: queue, priority: priority) }

    /// The queue of a label's runs; no agent's name looks like it.
    package static func queue(ofLabel label: String) -> String { "#" + label }
}

/// `run_queue` and `delayed`: what is ready, and what waits for its time.
package enum QueueStore {
    /// The entries of one priority in one queue; only among these is there an order of places.
    package struct Level: Hashable, Sendable {
        package let queue: String
        package let priority: Int

        package init(queue: String, priority: Int) {
            self.queue = queue
            self.priority = priority
        }
    }

    /// What is asked for of one queue.
    package struct Claimable: Sendable {
        package let queue: String
        package var limit: Int
        package var watermarks: Watermarks

        package init(queue: String, limit: Int, watermarks: Watermarks) {
            self.queue = queue
            self.limit = limit
            self.watermarks = watermarks
        }
    }

    /// How far a queue has been claimed, for each priority: places in it are only in order within one.
    /// Nothing at or below is looked at, since the dead entries there would cost every claim.
    package struct Watermarks: Sendable, Equatable {
        private var places = [Int64](repeating: 0, count: 10)

        package init() {}

        package subscript(priority: Int) -> Int64 {
            get { places[priority] }
            set { places[priority] = newValue }
        }

        /// Whether it is less far than another one at some priority.
        package func isBehind(_ other: Watermarks) -> Bool { zip(places, other.places).contains { $0 < $1 } }

        /// Takes over whatever is further on.
        package mutating func advance(to other: Watermarks) {
            for priority in places.indices { places[priority] = max(places[priority], other[priority]) }
        }

        /// Goes back to whatever is further behind.
        package mutating func recede(to other: Watermarks) {
            for priority in places.indices { places[priority] = min(places[priority], other[priority]) }
        }
    }

    /// Only one claim of a workspace runs at a time; taken before every other lock of a flush.
    package static func lockClaims(_ workspaceID: ID<Workspace>) -> SQL {
        "SELECT pg_advisory_xact_lock(hashtextextended('tutti-claims ' || \(workspaceID), 0))"
    }

    /// The first ready runs of each queue: by priority, then in order of arrival. Agents whose queues are paused are
    /// passed over, and so are those of `full` in the queues of labels.
    package static func ready(
        _ workspaceID: ID<Workspace>, _ wanted: [Claimable], full: [String] = []
    ) -> Statement<[QueuedRun]> {
        let levels = wanted.flatMap { wish in
            (0...9).map { (queue: wish.queue, priority: $0, limit: wish.limit, watermark: wish.watermarks[$0]) }
        }
        // The value of one row in place of EXISTS, which a plan made while there were few runs answers by reading all there
        // are, into a hash: at 60,000 runs every claim took an eighth of a second.
        return Statement(
            """
            SELECT q.queue_id, q.run_id, q.task_id, q.room_id, q.agent, q.labels, q.limits, wanted.queue,
                wanted.priority, coalesce((
                    SELECT r.finished_at IS NOT NULL FROM proj_runs r
                    WHERE r.workspace_id = \(workspaceID) AND r.run_id = q.run_id), false) AS is_over
            FROM unnest(
                \(levels.map(\.queue)), \(levels.map { Int16($0.priority) }), \(levels.map { Int32($0.limit) }),
                \(levels.map(\.watermark)))
                AS wanted (queue, priority, run_limit, watermark)
            CROSS JOIN LATERAL (
                SELECT queue_id, run_id, task_id, room_id, coalesce(agent, queue) AS agent, labels, limits
                FROM run_queue
                WHERE workspace_id = \(workspaceID) AND queue = wanted.queue AND priority = wanted.priority
                    AND queue_id > wanted.watermark
                    AND coalesce(agent, queue) NOT IN (
                        SELECT p.agent FROM proj_queues p
                        WHERE p.workspace_id = \(workspaceID) AND p.paused_at IS NOT NULL)
                    AND (agent IS NULL OR agent <> ALL(\(full)))
                ORDER BY queue_id LIMIT wanted.run_limit
            ) AS q
            ORDER BY wanted.priority DESC, q.queue_id
            """
        ) { rows in
            try rows.map { row in
                QueuedRun(
                    queueID: try row.value("queue_id"), runID: try row.value("run_id"),
                    taskID: try row.value("task_id"), roomID: try row.value("room_id"),
                    queue: try row.value("queue"), agent: try row.value("agent"),
                    priority: try row.value("priority"), labels: try row.value("labels", as: [String]?.self) ?? [],
                    limits: try (row.value("limits", as: [String]?.self) ?? []).compactMap(LimitUse.init),
                    isOver: try row.value("is_over"))
            }
        }
    }

    /// Fails, as `EventStore.expect` does, when something stands in one of these queues behind its watermarks.
    package static func expectNothing(_ workspaceID: ID<Workspace>, _ wanted: [Claimable]) -> SQL {
        let levels = wanted.flatMap { wish in
            (0...9).map { (queue: wish.queue, priority: $0, watermark: wish.watermarks[$0]) }
        }
        return """
            SELECT 1 / (count(*) = 0)::int
            FROM unnest(
                \(levels.map(\.queue)), \(levels.map { Int16($0.priority) }), \(levels.map(\.watermark)))
                AS wanted (queue, priority, watermark)
            CROSS JOIN LATERAL (
                SELECT FROM run_queue
                WHERE workspace_id = \(workspaceID) AND queue = wanted.queue AND priority = wanted.priority
                    AND queue_id > wanted.watermark
                ORDER BY queue_id LIMIT 1
            ) AS found
            """
    }

    /// Puts runs into the queue of their agent and into those of their labels.
    package static func enqueue(_ workspaceID: ID<Workspace>, _ tasks: [WorkTask]) -> SQL {
        struct Entry { let task: WorkTask, queue: String }
        let entries = tasks.flatMap { task in
            [Entry(task: task, queue: task.agent)]
                + task.labels.map { Entry(task: task, queue: QueuedRun.queue(ofLabel: $0)) }
        }
        return """
            INSERT INTO run_queue (workspace_id, queue, priority, run_id, task_id, room_id, agent, labels, limits)
            SELECT \(workspaceID), queue, priority, run_id, task_id, room_id, nullif(agent, queue),
                \(PackedTexts.unpack("labels")), \(PackedTexts.unpack("limits"))
            FROM unnest(
                \(entries.map(\.queue)), \(entries.map { Int16($0.task.priority) }), \(entries.map(\.task.runID)),
                \(entries.map(\.task.id)), \(entries.map(\.task.roomID)), \(entries.map(\.task.agent)),
                \(entries.map { PackedTexts.pack($0.task.labels) }),
                \(entries.map { PackedTexts.pack($0.task.limits.map(\.text)) }))
                AS q (queue, priority, run_id, task_id, room_id, agent, labels, limits)
            """
    }

    /// Takes runs off the queue that this flush claimed, parked, or found to be off already.
    package static func remove(_ workspaceID: ID<Workspace>, _ runs: [QueuedRun]) -> [SQL] {
        var statements: [SQL] = [
            """
            DELETE FROM run_queue AS q
            USING unnest(\(runs.map(\.queue)), \(runs.map { Int16($0.priority) }), \(runs.map(\.queueID)))
                AS gone (queue, priority, queue_id)
            CROSS JOIN LATERAL (
                SELECT ctid FROM run_queue WHERE workspace_id = \(workspaceID) AND queue = gone.queue
                    AND priority = gone.priority AND queue_id = gone.queue_id OFFSET 0) AS place
            WHERE q.ctid = place.ctid
            """
        ]
        let labelled = runs.filter { !$0.labels.isEmpty }.map(\.runID)
        if !labelled.isEmpty {
            // Its entries in the other queues; the condition on labels is what the index is made for.
            statements.append(
                """
                DELETE FROM run_queue
                WHERE workspace_id = \(workspaceID) AND run_id = ANY(\(labelled)) AND labels IS NOT NULL
                """)
        }
        return statements
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
            WITH due AS MATERIALIZED (
                SELECT run_at, run_id FROM delayed
                WHERE workspace_id = \(workspaceID) AND run_at <= clock_timestamp()
                ORDER BY run_at, run_id LIMIT \(limit) FOR UPDATE SKIP LOCKED
            )
            DELETE FROM delayed AS d USING due
            WHERE d.workspace_id = \(workspaceID) AND d.run_at = due.run_at AND d.run_id = due.run_id
            RETURNING d.run_id, d.task_id, d.room_id
            """
        ) { rows in
            try rows.map { row in
                QueuedRun(
                    queueID: 0, runID: try row.value("run_id"), taskID: try row.value("task_id"),
                    roomID: try row.value("room_id"))
            }
        }
    }

    /// Queues the runs that claims have dropped while their rooms were archived. A run that is queued twice is claimed once:
    /// the second entry is found stale.
    package static func requeue(_ workspaceID: ID<Workspace>, of rooms: [ID<Room>]) -> SQL {
        """
        INSERT INTO run_queue (workspace_id, queue, priority, run_id, task_id, room_id, agent, labels, limits)
        SELECT t.workspace_id, q.queue, t.priority, t.run_id, t.task_id, t.room_id, nullif(t.agent, q.queue), t.labels,
            t.limits
        FROM proj_tasks t CROSS JOIN LATERAL (
            SELECT t.agent AS queue UNION ALL SELECT \(QueuedRun.queue(ofLabel: "")) || l.label
            FROM unnest(t.labels) AS l (label)
        ) AS q
        WHERE t.workspace_id = \(workspaceID) AND t.room_id = ANY(\(rooms)) AND t.status = 'queued'
            AND t.status <> 'completed'
        ORDER BY t.task_id
        """
    }
}
