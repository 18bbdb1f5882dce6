// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Prepared statements are planned when there is next to nothing in their tables, and for a while that plan stays. It must not
/// read a whole table for the sake of one row.
@Suite struct EarlyPlanTests {
    @Test func `a plan made while there is next to nothing begins with what is wanted`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.createTask()
            let session = try await kernel.openSession()
            let run = try #require(try await kernel.claim(session).first).run
            for (name, sql) in statements(task, run) {
                let plan = try await explain(sql, kernel)
                let first = try #require(plan.firstIndex { $0.contains(" Scan ") })
                #expect(plan[first].contains("Function Scan"), "\(name)\n\(plan.joined(separator: "\n"))")
                for word in ["Seq Scan", "Join Filter", "Hash", "Merge Join", "Materialize"] {
                    #expect(!plan.contains { $0.contains(word) }, "\(name)\n\(plan.joined(separator: "\n"))")
                }
            }
        }
    }

    private func statements(_ task: WorkTask, _ run: Run) -> [(name: String, sql: SQL)] {
        let workspace = KernelFixture.workspace
        let queued = QueuedRun(
            queueID: 7, runID: run.id, taskID: task.id, roomID: task.roomID, queue: task.agent, agent: task.agent,
            priority: 5)
        return [
            ("load", TaskStore.load(workspace, [TaskStore.Wanted(id: task.id)]).sql),
            ("update tasks", TaskStore.update([task])), ("update runs", TaskStore.update([run])),
            ("places of runs", TaskStore.places(ofRuns: [run.id], in: workspace).sql),
            ("remove from the queue", QueueStore.remove(workspace, [queued])[0]),
            ("settle", DependencyStore.settle(workspace, [task]).sql),
            ("lock heads", EventStore.lockStreamHeads(workspace, [.room(task.roomID)]).sql),
        ]
    }

    @Test func `a flush is not planned anew, however little it carries`() async throws {
        try await KernelFixture.with { kernel in
            let plans: SQL = """
                SELECT sum(generic_plans)::bigint AS kept, sum(custom_plans)::bigint AS fresh FROM pg_prepared_statements
                WHERE statement LIKE '%FOR NO KEY UPDATE%' OR statement LIKE '%UPDATE evt_stream_heads%'
                """
            // Reads of a connection that has flushed; the pool has more than one.
            try await eventually {
                _ = try await kernel.createTask()
                let row = try #require(try await kernel.pool.query(plans).first)
                #expect(try row.value("fresh", as: Int64?.self) ?? 0 == 0)
                return try row.value("kept", as: Int64?.self) ?? 0 > 12
            }
        }
    }

    @Test func `a few hundred rows tell the index of a key from the others, without statistics`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.createTask()
            let session = try await kernel.openSession()
            let run = try #require(try await kernel.claim(session).first).run
            try await withThrowingTaskGroup { group in
                for _ in 0..<600 { group.addTask { _ = try await kernel.create() } }
                try await group.waitForAll()
            }
            for (name, sql) in statements(task, run) where name.hasPrefix("load") || name.hasPrefix("update") {
                let plan = try await explain(sql, kernel)
                let reads = plan.filter { $0.contains("Index Scan") }
                #expect(reads.allSatisfy { $0.contains("_pkey") }, "\(name)\n\(plan.joined(separator: "\n"))")
            }
        }
    }

    @Test func `a claim does not put every run into a hash`() async throws {
        try await KernelFixture.with { kernel in
            let claim = QueueStore.Claimable(queue: "echo", limit: 10, watermarks: QueueStore.Watermarks())
            let plan = try await explain(QueueStore.ready(KernelFixture.workspace, [claim]).sql, kernel)
            #expect(!plan.contains { $0.contains("hashed SubPlan 1") }, "\(plan.joined(separator: "\n"))")
        }
    }

    private func explain(_ sql: SQL, _ kernel: KernelFixture) async throws -> [String] {
        try await kernel.pool.query("EXPLAIN (COSTS OFF) " + sql).map { try $0.value("QUERY PLAN") }
    }
}
