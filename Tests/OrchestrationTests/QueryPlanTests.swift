// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// What the statements about runs read of a database with very many of them, under the settings of a running daemon.
@Suite struct QueryPlanTests {
    private static let tasks = 200_000

    /// What EXPLAIN says of a statement that was carried out.
    private struct Plan {
        let text: String
        /// The most rows that any step gave, all its loops together, and that any step looked at in vain.
        let most: Int
        let removed: Int
        let milliseconds: Double

        init(_ rows: PostgresRows) throws {
            let lines: [String] = try rows.map { try $0.value("QUERY PLAN") }
            text = lines.joined(separator: "\n")
            most =
                text.matches(of: /actual rows=(\d+) loops=(\d+)/).compactMap { match in
                    Int(match.1).flatMap { rows in Int(match.2).map { rows * $0 } }
                }.max() ?? 0
            removed = text.matches(of: /Rows Removed by [A-Za-z ]+: (\d+)/).compactMap { Int($0.1) }.max() ?? 0
            milliseconds =
                text.firstMatch(of: /Execution Time: ([0-9.]+) ms/).flatMap { Double($0.1) } ?? .infinity
        }
    }

    @Test func `no statement about runs reads more than it has to`() async throws {
        try await KernelFixture.with { kernel in
            try await fill(kernel)
            var worst: [String] = []
            for (name, most, sql) in statements() {
                let plan = try await explain(sql, kernel)
                let isBounded = plan.most <= most && plan.removed <= most && !plan.text.contains("Seq Scan")
                #expect(isBounded, "\(name): \(plan.most) rows, \(plan.removed) in vain\n\(plan.text)")
                worst.append("\(name): \(plan.most) rows, \(plan.removed) in vain, \(plan.milliseconds) ms")
            }
            print(worst.joined(separator: "\n"))
        }
    }

    @Test func `settling costs next to nothing while nobody waits`() async throws {
        try await KernelFixture.with { kernel in
            try await fill(kernel)
            _ = try await kernel.withOwner { try await $0.query("TRUNCATE run_dependencies") }
            let ended = try await page(kernel).prefix(10)
            let statement = DependencyStore.settle(KernelFixture.workspace, Array(ended))
            var times: [Double] = []
            for _ in 0..<20 { times.append(try await explain(statement.sql, kernel).milliseconds) }
            let middle = times.sorted()[times.count / 2]
            print("settling ten ends with no dependencies: \(middle) ms")
            #expect(middle < 0.2)
        }
    }

    private func page(_ kernel: KernelFixture) async throws -> [WorkTask] {
        try await kernel.read(TaskStore.list(TaskFilter(), in: KernelFixture.workspace, before: nil, limit: 50)).rows
    }

    /// In a transaction that comes to nothing.
    private func explain(_ sql: SQL, _ kernel: KernelFixture) async throws -> Plan {
        try await kernel.pool.withConnection { connection in
            let rows = try await connection.pipeline([
                "BEGIN", "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + sql, "ROLLBACK",
            ])
            return try Plan(rows[1])
        }
    }

    // MARK: The statements

    private func statements() -> [(name: String, most: Int, sql: SQL)] {
        let workspace = KernelFixture.workspace
        let run = ID<Run>(trusted: Self.id("run", 77_777))
        let session = ID<WorkerSession>(trusted: Self.id("ses", 7))
        let use = LimitUse(name: "customer", key: "7")
        let echo = QueueStore.Claimable(queue: "agent-3", limit: 10, watermarks: QueueStore.Watermarks())
        let label = QueueStore.Claimable(queue: "#gpu", limit: 10, watermarks: QueueStore.Watermarks())
        var statements: [(name: String, most: Int, sql: SQL)] = [
            ("ready", 400, QueueStore.ready(workspace, [echo, label], full: ["agent-1"]).sql),
            ("counts of leases", 2000, LeaseStore.counts(workspace).sql),
            ("held by a session", 100, LeaseStore.held(by: session, in: workspace).sql),
            ("lease of a run", 1, LeaseStore.lease(ofRun: run, in: workspace).sql),
            ("open sessions", 2, LeaseStore.lockOpen([session], in: workspace).sql),
            ("expired sessions", 100, LeaseStore.giveUpExpired(workspace, limit: 100).sql),
            ("orphans", 2000, LeaseStore.orphans(workspace, limit: 100).sql),
            ("overdue", 2000, LeaseStore.overdue(workspace, limit: 100).sql),
            ("empty sessions", 100, LeaseStore.deleteEmpty(workspace, limit: 100).sql),
            ("workers", 2000, LeaseStore.workers(in: workspace, after: nil, limit: 50).sql),
            ("owner", 1, LeaseStore.owner(of: session, in: workspace).sql),
            ("usage", 100, LimitStore.usage(workspace, [use]).sql),
            ("release", 100, LimitStore.release(workspace, [run])),
            ("limits", 50, LimitStore.list(in: workspace, after: "", limit: 50).sql),
            ("unpark", 100, ParkedRunStore.unpark(workspace, [(use, 3)]).sql),
            ("unpark what may", 20_000, ParkedRunStore.unparkWhatMay(workspace, after: "").sql),
            ("forget parked", 1, ParkedRunStore.forget(workspace, [run])),
            ("queues", 40_000, AgentQueueStore.depths(in: workspace, after: "", limit: 50).sql),
            ("one queue", 12_000, AgentQueueStore.depth(of: "agent-3", in: workspace).sql),
            ("take settled", 1500, DependencyStore.takeSettled(workspace, limit: 500).sql),
            ("pulse", 2000, PulseStore.pulses().sql),
            ("place of a run", 1, TaskStore.place(ofRun: run, in: workspace).sql),
            ("places of runs", 2, TaskStore.places(ofRuns: [run], in: workspace).sql),
            (
                "ending of a run", 1,
                EventStore.ending(of: run, task: ID(trusted: Self.id("task", 77_777)), in: workspace).sql
            ),
            ("a run", 1, TaskStore.run(run, in: workspace).sql),
            ("tasks of runs", 4, TaskStore.tasks(ofRuns: [run], in: workspace).sql),
        ]
        var rare = TaskFilter()
        rare.label = "rare"
        statements.append(
            ("runs by a label of few", 100, TaskStore.listRuns(rare, in: workspace, before: nil, limit: 51).sql))
        statements += deskStatements()
        for (name, filter) in filters() {
            for (place, last) in [("newest", nil), ("middle", ID<WorkTask>(trusted: Self.id("task", 100_000)))] {
                let sql = TaskStore.listRuns(filter, in: workspace, before: last, limit: 51).sql
                statements.append(("runs by \(name), \(place)", TaskStore.window, sql))
            }
        }
        return statements
    }

    /// What people see of all that happens. Of a hundred thousand messages, most are the reader's own.
    private func deskStatements() -> [(name: String, most: Int, sql: SQL)] {
        let workspace = KernelFixture.workspace
        let reader = Principal(.user, "reader")
        let window = NotificationStore.window * NotificationKind.allCases.count
        func list(_ kinds: [NotificationKind], before position: Int64, limit: Int = 201) -> SQL {
            NotificationStore.list(kinds, in: workspace, for: reader, before: position, limit: limit).sql
        }
        return [
            ("notifications, newest", window, list(NotificationKind.allCases, before: .max)),
            ("notifications, middle", window, list(NotificationKind.allCases, before: 500_000)),
            ("notifications of a kind", NotificationStore.window, list([.taskFailed], before: 500_000)),
            ("notifications of a rare kind", 210, list([.queuePaused], before: .max)),
            ("own notifications passed over", NotificationStore.window, list([.messagePosted], before: .max)),
            ("how far a reader is", window, NotificationStore.state(of: reader, in: workspace).sql),
            ("how far nobody is", window, NotificationStore.state(of: Principal(.user, "new"), in: workspace).sql),
            ("moving a place", 1, NotificationStore.move(reader, in: workspace, to: 1, allowBack: false)),
            ("what a key means", 1, BulkReplayStore.find("key-7", in: workspace).sql),
            ("saved views", 100, SavedViewStore.list(of: reader, place: nil, in: workspace).sql),
            ("saved views of a place", 100, SavedViewStore.list(of: reader, place: "logs", in: workspace).sql),
            (
                "saving a view", 100,
                SavedViewStore.put("one more", place: "tasks", query: "", of: reader, in: workspace).sql
            ),
            ("deleting a view", 1, SavedViewStore.delete("view-7", of: reader, in: workspace).sql),
        ]
    }

    private func filters() -> [(name: String, filter: TaskFilter)] {
        func filter(_ change: (inout TaskFilter) -> Void) -> TaskFilter {
            var filter = TaskFilter()
            change(&filter)
            return filter
        }
        let run = ID<Run>(trusted: Self.id("run", 700))
        let rare = ID<Room>(trusted: "room_rare")
        return [
            ("nothing", filter { _ in }), ("status queued", filter { $0.statuses = [.queued] }),
            ("status failed", filter { $0.statuses = [.failed] }),
            ("status waiting, of which there is none", filter { $0.statuses = [.waiting] }),
            ("status completed", filter { $0.statuses = [.completed] }),
            ("two statuses", filter { $0.statuses = [.failed, .cancelled] }),
            ("agent", filter { $0.agent = "agent-3" }), ("no agent", filter { $0.agent = "nobody" }),
            ("correlation", filter { $0.correlationID = "correlation-7" }), ("room", filter { $0.roomID = rare }),
            ("trace", filter { $0.traceID = "none" }), ("parent", filter { $0.parentRunID = run }),
            ("since", filter { $0.since = .now() + .seconds(-3600) }),
            ("until", filter { $0.until = .now() + .seconds(-3600) }),
            ("error code", filter { $0.errorCode = "none" }), ("label", filter { $0.label = "common" }),
            (
                "label and agent",
                filter {
                    $0.label = "common"
                    $0.agent = "agent-9"
                }
            ),
            (
                "trace and label",
                filter {
                    $0.traceID = "none"
                    $0.label = "common"
                }
            ),
            (
                "failed with a rare code",
                filter {
                    $0.statuses = [.failed]
                    $0.errorCode = "none"
                }
            ),
            (
                "completed of no agent",
                filter {
                    $0.statuses = [.completed]
                    $0.agent = "agent-9"
                    $0.roomID = rare
                }
            ),
            (
                "failed of an agent that never fails",
                filter {
                    $0.statuses = [.failed]
                    $0.agent = "agent-0"
                }
            ),
            (
                "room and agent",
                filter {
                    $0.roomID = rare
                    $0.agent = "agent-3"
                }
            ),
            (
                "correlation and status",
                filter {
                    $0.correlationID = "correlation-7"
                    $0.statuses = [.waiting]
                }
            ),
        ]
    }

    // MARK: The database

    /// As an identifier is made, but for the time in it.
    private static func id(_ prefix: String, _ number: Int) -> String { prefix + "_" + String(format: "%026d", number) }

    private func fill(_ kernel: KernelFixture) async throws {
        try await kernel.withOwner { owner in
            for sql in Self.filling { _ = try await owner.query(sql) }
            for table in [
                "proj_tasks", "proj_task_labels", "proj_runs", "run_queue", "parked_runs", "leases", "lease_limits",
                "worker_sessions",
                "run_dependencies", "proj_limits", "proj_agents", "proj_notifications", "read_cursors",
                "bulk_replays", "saved_views",
            ] {
                _ = try await owner.query("ANALYZE \(unsafeRaw: table)")
            }
        }
    }

    private static let filling: [SQL] = [
        """
        INSERT INTO proj_notifications (workspace_id, kind, position, actor)
        SELECT 'ws_dev', k.kind, n * 8 + k.number,
            CASE WHEN k.kind = 'message_posted' AND n % 10000 > 0 THEN 'user:reader' ELSE 'service:engine-svc' END
        FROM generate_series(1, 100000) AS n CROSS JOIN LATERAL (VALUES (1, 'task_failed'), (2, 'message_posted'),
            (3, CASE WHEN n % 1000 = 0 THEN 'queue_paused' END), (4, 'run_lost')) AS k (number, kind)
        WHERE k.kind IS NOT NULL
        """,
        "INSERT INTO read_cursors VALUES ('ws_dev', 'user:reader', 1000, now())",
        """
        INSERT INTO bulk_replays (
            workspace_id, idempotency_key, idempotency_hash, run_ids, new_run_ids, created_by, created_at)
        SELECT 'ws_dev', 'key-' || n, '', '{a}', '{b}', 'user:reader', now() FROM generate_series(1, 5000) AS n
        """,
        """
        INSERT INTO saved_views (workspace_id, principal, name, place, query, created_at, updated_at)
        SELECT 'ws_dev', 'user:' || CASE WHEN r = 1 THEN 'reader' ELSE r::text END, 'view-' || n, 'tasks', '', now(), now()
        FROM generate_series(1, 500) AS r CROSS JOIN generate_series(1, 99) AS n
        """,
        """
        INSERT INTO proj_tasks (
            task_id, workspace_id, room_id, status, agent, priority, version, attempts, run_id, correlation_id, trace_id,
            timeout_seconds, max_attempts, retry_initial_seconds, retry_max_seconds, retry_factor, limits, labels,
            parent_run_id, on_dependency_failure, is_blocked, input, result, error, created_by, created_at, updated_at, finished_at)
        SELECT 'task_' || lpad(n::text, 26, '0'), 'ws_dev', CASE WHEN n % 1000 = 0 THEN 'room_rare' ELSE 'room_default' END,
            s.status, 'agent-' || n % 10, n % 10, 1, 0, 'run_' || lpad(n::text, 26, '0'),
            CASE WHEN n % 3 = 0 THEN 'correlation-' || n % 100 END, 'trace-' || n, 60, 3, 1, 1, 1, NULL,
            CASE WHEN n % 4000 = 0 THEN '{rare,common}'::text[] WHEN n % 4 = 0 THEN '{common}' END,
            CASE WHEN n % 10 = 0 THEN 'run_' || lpad((n / 100)::text, 26, '0') END, 'fail', false, '{}',
            CASE WHEN s.status = 'completed' THEN '1'::json END,
            CASE WHEN s.status = 'failed' THEN '{"code":"broken","message":"","retryable":true}'::json END, 'user:tester',
            now() - (200000 - n) * interval '1 second', now(),
            CASE WHEN s.status IN ('completed', 'failed', 'cancelled') THEN now() END
        FROM generate_series(1, \(tasks)) AS n CROSS JOIN LATERAL (
            SELECT CASE WHEN n % 20 = 1 THEN 'failed' WHEN n % 20 = 2 THEN 'cancelled' WHEN n % 20 = 3 THEN 'queued'
                WHEN n % 200 = 4 THEN 'running' ELSE 'completed' END AS status) AS s
        """,
        """
        INSERT INTO proj_task_labels (workspace_id, label, task_id)
        SELECT workspace_id, unnest(labels), task_id FROM proj_tasks WHERE labels IS NOT NULL
        """,
        """
        INSERT INTO proj_runs (run_id, workspace_id, task_id, run_number, status, epoch, created_at, finished_at)
        SELECT run_id, workspace_id, task_id, 1, status, 0, created_at, finished_at FROM proj_tasks
        """,
        """
        INSERT INTO run_queue (workspace_id, queue, priority, run_id, task_id, room_id, agent, labels)
        SELECT workspace_id, q.queue, priority, run_id, task_id, room_id, nullif(agent, q.queue), '{gpu}'
        FROM proj_tasks CROSS JOIN LATERAL (SELECT agent UNION ALL SELECT '#gpu') AS q (queue) WHERE status = 'queued'
        """,
        """
        INSERT INTO worker_sessions (worker_session_id, workspace_id, worker, started_at, expires_at)
        SELECT 'ses_' || lpad(n::text, 26, '0'), 'ws_dev', 'worker', now(), now() + interval '1 hour'
        FROM generate_series(1, 100) AS n
        """,
        """
        INSERT INTO leases (run_id, workspace_id, task_id, room_id, agent, epoch, worker_session_id, claimed_at)
        SELECT run_id, workspace_id, task_id, room_id, agent, 1,
            'ses_' || lpad((1 + row_number() OVER () % 100)::text, 26, '0'), now()
        FROM proj_tasks WHERE status = 'running'
        """,
        """
        INSERT INTO proj_limits (limit_name, workspace_id, max_concurrent, created_at, updated_at)
        VALUES ('customer', 'ws_dev', 5, now(), now())
        """,
        """
        INSERT INTO lease_limits (run_id, workspace_id, limit_use)
        SELECT run_id, workspace_id, 'customer:' || row_number() OVER () % 100 FROM leases
        """,
        """
        INSERT INTO parked_runs (workspace_id, limit_use, priority, run_id, task_id, room_id, agent)
        SELECT 'ws_dev', 'customer:' || n % 1000, n % 10, 'run_parked' || n, 'task_parked' || n, 'room_default', 'agent-1'
        FROM generate_series(1, 50000) AS n
        """,
        """
        INSERT INTO run_dependencies (workspace_id, task_id, room_id, on_task_id, settled_as)
        SELECT 'ws_dev', 'task_' || lpad(n::text, 26, '0'), 'room_default', 'task_' || lpad((n / 2)::text, 26, '0'),
            CASE WHEN n % 100 = 0 THEN 'completed' END
        FROM generate_series(1, 50000) AS n
        """,
        """
        INSERT INTO proj_agents (
            agent, workspace_id, kind, description, endpoint, input_schema, concurrency, created_at, updated_at)
        SELECT 'agent-' || n, 'ws_dev', 'http', '', 'http://127.0.0.1:1/', 'true', 100, now(), now()
        FROM generate_series(0, 9) AS n
        """,
    ]
}
