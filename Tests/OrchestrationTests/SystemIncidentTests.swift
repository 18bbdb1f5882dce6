// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import Synchronization
import TestKit
import Testing

/// Each condition is brought about in the database, and found by the watcher that looks for it.
@Suite struct SystemIncidentTests {
    private func release(_ kernel: KernelFixture, limit: Int = 100) async throws -> Int {
        try await kernel.commit.submit(
            ReleaseOrphanedRuns(
                workspaceID: KernelFixture.workspace, limit: limit, actor: Principal(.service, "orchestrator-svc")))
    }

    // MARK: Lost workers

    @Test func `a worker that goes silent with live runs is an incident of the very flush that releases them`()
        async throws
    {
        try await KernelFixture.with { kernel in
            for _ in 0..<3 { _ = try await kernel.createTask() }
            let session = try await kernel.openSession(lifetime: .milliseconds(-1))
            let runs = try await kernel.claim(session)
            let before = try #require(try await kernel.events().last).position
            let blocks = try await kernel.number("SELECT count(*) AS n FROM evt_blocks")
            #expect(try await release(kernel) == 3)
            let incident = try #require(try await kernel.openIncidents().first)
            #expect(incident.kind == "worker_lost" && incident.severity == .medium)
            #expect(incident.idempotencyKey == session.rawValue && incident.roomID == Room.defaultID)
            #expect(Set(incident.runIDs) == Set(runs.map(\.lease.runID)))
            #expect(incident.openedBy == Principal(.service, "orchestrator-svc"))
            let events = try await kernel.events(after: before)
            #expect(events.map(\.event.type) == Array(repeating: "run.lease_lost", count: 3) + ["incident.opened"])
            #expect(Set(incident.eventIDs) == Set(events.prefix(3).map(\.event.id)))
            #expect(try await kernel.number("SELECT count(*) AS n FROM evt_blocks") == blocks + 1, "one flush")
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `what one flush could not release is linked to the same incident`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<5 { _ = try await kernel.createTask() }
            let session = try await kernel.openSession(lifetime: .milliseconds(-1))
            let runs = try await kernel.claim(session)
            #expect(try await release(kernel, limit: 2) == 2)
            #expect(try await release(kernel, limit: 2) == 2)
            #expect(try await release(kernel, limit: 2) == 1)
            let incidents = try await kernel.openIncidents()
            #expect(incidents.count == 1 && Set(incidents[0].runIDs) == Set(runs.map(\.lease.runID)))
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a worker without runs, and one that said good-bye, are not lost`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.openSession(lifetime: .milliseconds(-1))
            #expect(try await release(kernel) == 0)
            _ = try await kernel.createTask()
            let session = try await kernel.openSession()
            _ = try await kernel.claim(session)
            _ = try await kernel.pool.query(LeaseStore.endSessions([session], in: KernelFixture.workspace))
            #expect(try await release(kernel) == 1)
            #expect(try await kernel.openIncidents().isEmpty)
        }
    }

    // MARK: The chain

    private func watcher(_ kernel: KernelFixture) -> ChainWatcher {
        ChainWatcher(pool: kernel.pool, hub: kernel.hub, incidents: kernel.incidents)
    }

    @Test func `a tampered event is found by the watcher that walks behind the log`() async throws {
        try await KernelFixture.with { kernel in
            let watcher = watcher(kernel)
            for _ in 0..<5 { _ = try await kernel.createTask() }
            _ = try await watcher.pass()
            #expect(try await kernel.openIncidents().isEmpty)
            for _ in 0..<5 { _ = try await kernel.createTask() }
            try await kernel.tamper("UPDATE evt_events SET body = '{}' WHERE position = 9")
            let tampered = try #require(try await kernel.events().first { $0.position == 9 }).event.id
            _ = try await watcher.pass()
            let incident = try #require(try await kernel.openIncidents().first)
            #expect(incident.kind == "chain_mismatch" && incident.severity == .critical && incident.roomID == nil)
            #expect(incident.eventIDs == [tampered] && incident.description.contains("position 9"))
            // One condition is one incident, whoever finds it and how often.
            _ = try await watcher.pass()
            _ = try await self.watcher(kernel).pass()
            #expect(try await kernel.openIncidents().count == 1)
            try await kernel.close(incident)
            _ = try await watcher.pass()
            #expect(try await kernel.openIncidents().isEmpty, "it has been told of")
            _ = try await self.watcher(kernel).pass()
            #expect(try await kernel.openIncidents().count == 1, "a later round finds it still there")
        }
    }

    @Test func `a missing event, an added one and a moved head are found, too`() async throws {
        let damages: [SQL] = [
            "DELETE FROM evt_events WHERE position = 4", "UPDATE evt_workspace_heads SET chain = 'x'",
            "UPDATE evt_blocks SET chain = 'x' WHERE block = 2", "DELETE FROM evt_blocks WHERE block = 3",
        ]
        for damage in damages {
            try await KernelFixture.with { kernel in
                for _ in 0..<4 { _ = try await kernel.createTask() }
                try await kernel.tamper(damage)
                _ = try await watcher(kernel).pass()
                #expect(try await kernel.openIncidents().map(\.kind) == ["chain_mismatch"], "\(damage.text)")
            }
        }
    }

    @Test func `a long log is walked a page at a time, and at rest nothing is read`() async throws {
        try await KernelFixture.with { kernel in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4000 { group.addTask { try await kernel.create() } }
                try await group.waitForAll()
            }
            let watcher = watcher(kernel)
            var passes = 1
            while let pause = try await watcher.pass(), pause < .seconds(5) { passes += 1 }
            #expect((3...40).contains(passes), "\(passes)")
            #expect(try await kernel.openIncidents().isEmpty)
            // What it does not read, it cannot find: the walk is behind it, and the log has not moved.
            try await kernel.tamper("UPDATE evt_events SET body = '{}' WHERE position = 9")
            _ = try await watcher.pass()
            #expect(try await kernel.openIncidents().isEmpty)
        }
    }

    // MARK: Dead letters

    @Test func `many tasks that fail for good are an incident, few are not, and it is told of once`() async throws {
        try await KernelFixture.with { kernel in
            let failures = DeadLetterWatcher.Failures()
            let watcher = DeadLetterWatcher(
                limit: 3, window: .seconds(600), pool: kernel.pool, incidents: kernel.incidents, failures: failures)
            func fail(_ count: Int) async throws {
                let failure = RunFailure(code: "broken", message: "It is broken.", isRetryable: false)
                for _ in 0..<count { _ = try await kernel.change(try await kernel.createTask(), .fail(failure)) }
                failures.note(KernelFixture.workspace)
                _ = try await watcher.pass()
            }
            try await fail(3)
            #expect(try await kernel.openIncidents().isEmpty)
            try await fail(1)
            let incident = try #require(try await kernel.openIncidents().first)
            #expect(incident.kind == "dead_letter_growth" && incident.runIDs.count == 4)
            #expect(incident.description.contains("4 × echo, broken"))
            try await fail(2)
            #expect(try await kernel.openIncidents().count == 1)
            try await kernel.close(incident)
            try await fail(3)
            #expect(try await kernel.openIncidents().isEmpty, "those from before it was closed have been told of")
            try await fail(1)
            #expect(try await kernel.openIncidents().count == 1)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `failures of long ago do not count`() async throws {
        try await KernelFixture.with { kernel in
            let failure = RunFailure(code: "broken", message: "It is broken.", isRetryable: false)
            for _ in 0..<5 { _ = try await kernel.change(try await kernel.createTask(), .fail(failure)) }
            try await kernel.tamper("UPDATE proj_tasks SET finished_at = finished_at - interval '11 minutes'")
            let failures = DeadLetterWatcher.Failures()
            failures.note(KernelFixture.workspace)
            let watcher = DeadLetterWatcher(
                limit: 3, window: .seconds(600), pool: kernel.pool, incidents: kernel.incidents, failures: failures)
            _ = try await watcher.pass()
            #expect(try await kernel.openIncidents().isEmpty)
        }
    }

    // MARK: Logs

    @Test func `lost log frames are an incident that says how many`() async throws {
        try await KernelFixture.with { kernel in
            let dropped = Mutex(0)
            let watcher = LogDropWatcher(
                daemon: "orchestrator-svc", workspaceID: KernelFixture.workspace,
                dropped: { dropped.withLock { $0 } }, incidents: kernel.incidents)
            _ = try await watcher.pass()
            #expect(try await kernel.openIncidents().isEmpty)
            dropped.withLock { $0 = 17 }
            _ = try await watcher.pass()
            _ = try await watcher.pass()
            let incident = try #require(try await kernel.openIncidents().first)
            #expect(incident.kind == "log_drop" && incident.description.contains("17 log frames"))
            try await kernel.close(incident)
            dropped.withLock { $0 = 20 }
            _ = try await watcher.pass()
            let next = try #require(try await kernel.openIncidents().first)
            #expect(next.description.contains("3 log frames") && next.description.contains("20 since"))
        }
    }

    // MARK: Projections

    @Test func `a row that is not what the events say is found, with the column`() async throws {
        let damages: [(SQL, column: String)] = [
            ("UPDATE proj_tasks SET priority = 9", "proj_tasks.priority"),
            ("UPDATE proj_tasks SET status = 'queued', finished_at = NULL, result = NULL", "proj_tasks.status"),
            ("UPDATE proj_tasks SET input = '{\"message\":\"forged\"}'", "proj_tasks.input"),
            ("UPDATE proj_tasks SET result = '{\"ok\":false}'", "proj_tasks.result"),
            ("UPDATE proj_runs SET epoch = 7", "proj_runs.epoch"),
            ("UPDATE proj_runs SET worker_session_id = NULL", "proj_runs.worker_session_id"),
            ("DELETE FROM proj_runs", "proj_runs.run_number"),
        ]
        for (damage, column) in damages {
            try await KernelFixture.with { kernel in
                let watcher = ProjectionWatcher(pool: kernel.pool, hub: kernel.hub, incidents: kernel.incidents)
                let task = try await kernel.createTask()
                try await kernel.finish(try #require(try await kernel.claim(try await kernel.openSession()).first))
                _ = try await watcher.pass()
                #expect(try await kernel.openIncidents().isEmpty, "everything is as the events say")
                try await kernel.tamper(damage)
                _ = try await watcher.pass()
                #expect(try await kernel.openIncidents().isEmpty, "it does not look while nothing has moved")
                _ = try await kernel.change(Room.defaultID, name: "moved")
                _ = try await watcher.pass()
                let incident = try #require(try await kernel.openIncidents().first, "\(damage.text)")
                #expect(incident.kind == "projection_drift" && incident.idempotencyKey == task.id.rawValue)
                #expect(incident.description.contains(column), "\(incident.description)")
                #expect(incident.title.contains(task.id.rawValue))
            }
        }
    }

    @Test func `tasks with every sort of event are as their events say`() async throws {
        try await KernelFixture.with { kernel in
            let retry = TaskRetryPolicy(maxAttempts: 2, initialSeconds: 0, maxSeconds: 0, factor: 1)
            _ = try await kernel.createTask(retry: retry)
            let session = try await kernel.openSession()
            let failure = RunFailure(code: "busy", message: "Come back.", isRetryable: true)
            try await kernel.finish(
                try #require(try await kernel.claim(session).first), .failed(failure, leastPause: .zero))
            let promote = PromoteDueRuns(workspaceID: KernelFixture.workspace, limit: 10, actor: KernelFixture.actor)
            #expect(try await kernel.commit.submit(promote) == 1)
            try await kernel.finish(try #require(try await kernel.claim(session).first))
            let edited = try await kernel.change(
                try await kernel.createTask(runAt: .now() + .seconds(3600)), .edit(TaskEdit(priority: 9)))
            _ = try await kernel.change(try await kernel.change(edited, .cancel(reason: "x")), .retry)
            _ = try await kernel.createTask()
            _ = try await kernel.claim(try await kernel.openSession(lifetime: .milliseconds(-1)), limit: 1)
            #expect(try await release(kernel) == 1)
            let thread = try await ThreadOperations(pool: kernel.pool, commit: kernel.commit).create(
                title: "x", of: Room.defaultID, in: KernelFixture.workspace, by: .tester)
            var message = ThreadOperations.NewMessage(content: "About a run.")
            message.runID = edited.runID
            _ = try await ThreadOperations(pool: kernel.pool, commit: kernel.commit).post(
                message, to: thread.id, in: KernelFixture.workspace, by: .tester)
            _ = try await ProjectionWatcher(pool: kernel.pool, hub: kernel.hub, incidents: kernel.incidents).pass()
            #expect(try await kernel.openIncidents().map(\.kind) == ["worker_lost"])
        }
    }
}
