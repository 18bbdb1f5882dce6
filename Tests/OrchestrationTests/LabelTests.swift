// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Runs that stand in several queues.
@Suite struct LabelTests {
    private let gpu = QueuedRun.queue(ofLabel: "gpu")
    private let large = QueuedRun.queue(ofLabel: "large")

    @Test func `claimed through one queue, a run leaves the others`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            for queue in ["echo", gpu, large] {
                let task = try await kernel.order { $0.labels = ["gpu", "large"] }
                #expect(try await kernel.count("run_queue") == 3)
                let run = try await kernel.holdOne(session, [queue])
                #expect(run.task.id == task.id && run.task.labels == ["gpu", "large"])
                #expect(try await kernel.count("run_queue") == 0)
                try await kernel.end(run)
            }
            try await kernel.expectSound()
        }
    }

    @Test func `who asks for several queues gets each run once`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<5 { _ = try await kernel.order { $0.labels = ["gpu", "large"] } }
            _ = try await kernel.order()
            let runs = try await kernel.hold(try await kernel.openSession(), ["echo", gpu, large], limit: 4)
            #expect(runs.count == 4 && Set(runs.map(\.lease.runID)).count == 4)
            let rest = try await kernel.hold(try await kernel.openSession(), ["echo", gpu, large])
            #expect(rest.count == 2)
            #expect(try await kernel.count("run_queue") == 0)
            try await kernel.expectSound()
        }
    }

    @Test func `given back, it stands in all of its queues again`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order { $0.labels = ["gpu"] }
            let session = try await kernel.openSession()
            try await kernel.end(try await kernel.holdOne(session, [gpu]), .released(reason: nil))
            #expect(try await kernel.count("run_queue") == 2)
            try await kernel.end(try await kernel.holdOne(session), .released(reason: nil))
            try await kernel.end(try await kernel.holdOne(session, [gpu]))
            try await kernel.expectSound()
        }
    }

    @Test func `an agent that holds all it may hides nobody behind it in a label's queue`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<20 { _ = try await kernel.order { $0.labels = ["gpu"] } }
            let behind = try await kernel.order {
                $0.labels = ["gpu"]
                $0.agent = "other"
            }
            let session = try await kernel.openSession()
            let places = ["echo": 1, "other": 1]
            #expect(try await kernel.hold(session, [gpu], limit: 1, concurrency: places).count == 1)
            let next = try await kernel.hold(session, [gpu], limit: 1, concurrency: places)
            #expect(next.map(\.task.id) == [behind.id])
            try await kernel.expectSound()
        }
    }

    @Test func `what stays in a queue is not forgotten for what was claimed behind it`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order { $0.labels = ["gpu"] }
            let session = try await kernel.openSession()
            let places = ["echo": 1, "other": 1]
            let held = try #require(try await kernel.hold(session, [gpu], concurrency: places).first)
            let stays = try await kernel.order { $0.labels = ["gpu"] }
            _ = try await kernel.order {
                $0.labels = ["gpu"]
                $0.agent = "other"
            }
            let command = ClaimRuns(
                workspaceID: KernelFixture.workspace, session: session, wishes: [.init(queue: gpu, limit: 5)],
                concurrency: places, purpose: .hold, limit: 5, actor: KernelFixture.actor)
            guard case .claimed(let runs, let seen, _) = try await kernel.commit.submit(command) else { return }
            #expect(runs.map(\.task.agent) == ["other"])
            try await kernel.end(held)
            let again = ClaimRuns(
                workspaceID: KernelFixture.workspace, session: session,
                wishes: [.init(queue: gpu, limit: 5, watermarks: seen[gpu] ?? QueueStore.Watermarks())],
                concurrency: places, purpose: .hold, limit: 5, actor: KernelFixture.actor)
            guard case .claimed(let later, _, _) = try await kernel.commit.submit(again) else { return }
            #expect(later.map(\.task.id) == [stays.id])
            try await kernel.expectSound()
        }
    }

    @Test func `limits hold up labelled runs in all of their queues, and bring them back to all`() async throws {
        try await KernelFixture.with { kernel in
            try await kernel.setLimit("customer", 1)
            let use = LimitUse(name: "customer", key: "acme")
            for _ in 0..<2 {
                _ = try await kernel.order {
                    $0.labels = ["gpu", "large"]
                    $0.limits = [use]
                }
            }
            let session = try await kernel.openSession()
            let held = try await kernel.holdOne(session, [gpu])
            #expect(try await kernel.hold(session, [large]).isEmpty)
            #expect(try await kernel.count("run_queue") == 0)
            #expect(try await kernel.count("parked_runs") == 1)
            try await kernel.end(held)
            #expect(try await kernel.count("run_queue") == 3)
            try await kernel.end(try await kernel.holdOne(session, [large]))
            #expect(try await kernel.count("run_queue") == 0)
            try await kernel.expectSound()
        }
    }

    @Test func `tasks from before labels had a table are found by them`() async throws {
        try await withDatabase([]) { url in
            try await KernelFixture.prepare(url, before: "task_labels")
            let pool = PostgresPool(KernelFixture.configuration(url, role: nil), logger: KernelFixture.logger)
            _ = try await pool.query(
                """
                INSERT INTO proj_tasks (
                    task_id, workspace_id, room_id, status, agent, priority, version, attempts, run_id, trace_id,
                    timeout_seconds, max_attempts, retry_initial_seconds, retry_max_seconds, retry_factor, labels,
                    on_dependency_failure, is_blocked, input, created_by, created_at, updated_at)
                SELECT 'task_' || n, 'ws_dev', 'room_default', 'queued', 'echo', 5, 1, 0, 'run_' || n, 'x', 60, 3, 1, 1, 1,
                    CASE n WHEN 1 THEN '{gpu}'::text[] WHEN 2 THEN '{large,gpu,gpu}' END, 'fail', false, '{}',
                    'user:x', now(), now()
                FROM generate_series(1, 3) AS n
                """)
            try await KernelFixture.prepare(url)
            var filter = TaskFilter()
            for (label, expected) in [("gpu", ["task_2", "task_1"]), ("large", ["task_2"]), ("none", [])] {
                filter.label = label
                let list = TaskStore.list(filter, in: KernelFixture.workspace, before: nil, limit: 10)
                let found = try list.decode(try await pool.query(list.sql)).rows.map(\.id.rawValue)
                #expect(found == expected, "\(label)")
            }
            await pool.shutdown()
        }
    }
}
