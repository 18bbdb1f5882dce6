// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Prepared statements are planned once, often before there is anything in their tables. What such a plan does must still be
/// right when there are millions of rows.
@Suite struct EarlyPlanTests {
    @Test func `a plan made while there is next to nothing finds rows by their keys`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.createTask()
            let session = try await kernel.openSession()
            let run = try #require(try await kernel.claim(session).first).run
            for (name, key, sql) in statements(task, run) {
                let plan = try await kernel.pool.query("EXPLAIN (COSTS OFF) " + sql).map {
                    try $0.value("QUERY PLAN", as: String.self)
                }
                let text = plan.joined(separator: "\n")
                let conditions = plan.filter { $0.contains("Index Cond:") }
                #expect(!conditions.isEmpty && conditions.allSatisfy { $0.contains(key) }, "\(name)\n\(text)")
                for word in ["Seq Scan", "Join Filter", "Hash", "Merge Join"] {
                    #expect(!text.contains(word), "\(name)\n\(text)")
                }
            }
        }
    }

    /// Each with the columns that its index conditions have to be about.
    private func statements(_ task: WorkTask, _ run: Run) -> [(name: String, key: Regex<Substring>, sql: SQL)] {
        let workspace = KernelFixture.workspace
        let queued = QueuedRun(
            queueID: 7, runID: run.id, taskID: task.id, roomID: task.roomID, queue: task.agent, agent: task.agent,
            priority: 5)
        return [
            ("load", /(?:task_id|run_id) =/, TaskStore.load(workspace, [TaskStore.Wanted(id: task.id)]).sql),
            ("update tasks", /task_id =/, TaskStore.update([task])),
            ("update runs", /run_id =/, TaskStore.update([run])),
            ("remove from the queue", /queue_id =/, QueueStore.remove(workspace, [queued])[0]),
            ("settle", /on_task_id =/, DependencyStore.settle(workspace, [task]).sql),
            ("lock heads", /stream_id =/, EventStore.lockStreamHeads(workspace, [.room(task.roomID)]).sql),
            ("delete leases", /run_id =/, LeaseStore.delete(workspace, [run.id])),
        ]
    }

    @Test func `claims of a database that was empty when they were planned do not look at every run`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            let claim = QueueStore.Claimable(queue: "echo", limit: 10, watermarks: QueueStore.Watermarks())
            let statement = QueueStore.ready(KernelFixture.workspace, [claim])
            let plan = try await kernel.pool.query("EXPLAIN (COSTS OFF) " + statement.sql).map {
                try $0.value("QUERY PLAN", as: String.self)
            }
            .joined(separator: "\n")
            #expect(!plan.contains("hashed SubPlan 1"), "\(plan)")
            let conditions = plan.split(separator: "\n").filter { $0.contains("Index Cond:") }
            #expect(conditions.contains { $0.contains("(run_id = ") }, "\(plan)")
            #expect(try await kernel.claim(session).isEmpty)
        }
    }
}
