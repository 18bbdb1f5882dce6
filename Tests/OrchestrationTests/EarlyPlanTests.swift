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
    @Test func `a plan made while there is next to nothing begins with what is wanted and finds it by its key`()
        async throws
    {
        try await KernelFixture.with { kernel in
            let task = try await kernel.createTask()
            let session = try await kernel.openSession()
            let run = try #require(try await kernel.claim(session).first).run
            for (name, sql) in statements(task, run) {
                let plan = try await explain(sql, kernel)
                let first = try #require(plan.firstIndex { $0.contains(" Scan ") })
                #expect(plan[first].contains("Function Scan"), "\(name)\n\(plan.joined(separator: "\n"))")
                let reads = plan.filter { $0.contains("Index Scan") }
                #expect(reads.allSatisfy { $0.contains("_pkey") }, "\(name)\n\(plan.joined(separator: "\n"))")
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
            (
                "expect nothing",
                QueueStore.expectNothing(
                    workspace, [.init(queue: "nobody", limit: 1, watermarks: QueueStore.Watermarks())])
            ),
        ]
    }

    @Test func `a flush is not planned anew, however little it carries`() async throws {
        try await KernelFixture.with { kernel in
            let plans: SQL = """
                SELECT sum(generic_plans)::bigint AS kept, sum(custom_plans)::bigint AS fresh
                FROM pg_prepared_statements
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

    @Test func `keys are made anew below the rows that are there, once`() async throws {
        try await withDatabase([]) { url in
            try await KernelFixture.prepare(url, before: "keys_first")
            let (ended, open) = try await KernelFixture.run(on: url) { kernel in
                let ended = try await kernel.createTask()
                let session = try await kernel.openSession()
                let run = try #require(try await kernel.claim(session).first)
                try await kernel.finish(run)
                return (ended, try await kernel.createTask())
            }
            for _ in 0..<2 { try await KernelFixture.prepare(url) }
            try await KernelFixture.run(on: url, opens: false) { kernel in
                #expect(try await kernel.task(ended.id).status == .completed)
                let session = try await kernel.openSession()
                let run = try #require(try await kernel.claim(session).first)
                #expect(run.task.id == open.id)
                for table in ["proj_tasks", "proj_runs", "leases"] {
                    let twice: SQL = "INSERT INTO \(unsafeRaw: table) SELECT * FROM \(unsafeRaw: table) LIMIT 1"
                    let error = await #expect(throws: PostgresError.self) {
                        try await kernel.withOwner { _ = try await $0.query(twice) }
                    }
                    #expect(error?.sqlState == .uniqueViolation)
                    let keys: SQL = """
                        SELECT count(*) AS n FROM pg_constraint
                        WHERE conrelid = to_regclass(\(table)) AND contype = 'p' AND conname = \(table + "_pkey")
                        """
                    #expect(try await kernel.number(keys) == 1)
                }
                try await kernel.finish(run)
                #expect(try await kernel.verify().finding == nil)
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
