// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite struct KernelTests {
    @Test func `a task goes from created to completed, each step an event in one gapless log`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.createTask()
            #expect(task.status == .queued && task.version == 1)
            let runs = try await kernel.claim(try await kernel.openSession())
            let run = try #require(runs.first)
            #expect(runs.count == 1 && run.task.input == Array(#"{"message":"hello"}"#.utf8) && run.lease.epoch == 1)
            try await kernel.finish(run)
            let done = try await kernel.task(task.id)
            #expect(done.status == .completed && done.version == 3 && done.result == Array(#"{"ok":true}"#.utf8))
            let events = try await kernel.events()
            #expect(events.map(\.position) == Array(1...Int64(events.count)))
            #expect(
                events.map(\.event.type) == [
                    "workspace.created", "room.created", "task.created", "run.started", "run.completed",
                ])
            #expect(events.suffix(4).map(\.streamSequence) == [1, 2, 3, 4])
            #expect(try await kernel.number("SELECT count(*) AS n FROM leases") == 0)
            #expect(try await kernel.number("SELECT count(*) AS n FROM run_queue") == 0)
        }
    }

    @Test func `many writers leave a gapless, verifiable log and equal projections`() async throws {
        try await KernelFixture.with { kernel in
            let session = try await kernel.openSession()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<300 { group.addTask { try await kernel.create() } }
                try await group.waitForAll()
            }
            var finished = 0
            while finished < 300 {
                let runs = try await kernel.claim(session, limit: 64)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for run in runs { group.addTask { try await kernel.finish(run) } }
                    try await group.waitForAll()
                }
                finished += runs.count
            }
            let events = try await kernel.events()
            #expect(events.map(\.position) == Array(1...Int64(902)))
            let report = try await kernel.verify()
            #expect(report.finding == nil && report.events == 902)
            #expect(report.blocks < 902, "commands should have shared flushes")
            let rebuilt = try await kernel.rebuild()
            #expect(rebuilt.isEqual, "\(rebuilt.comparisons)")
            #expect(rebuilt.events == 902)
        }
    }

    @Test func `the same key with the same body finds the first task, with another body it is refused`() async throws {
        try await KernelFixture.with { kernel in
            async let first = kernel.create(key: "k")
            async let second = kernel.create(key: "k")
            let outcomes = try await [first, second]
            let created = outcomes.compactMap { if case .created(let task) = $0 { task.id } else { nil } }
            let existing = outcomes.compactMap { if case .existing(let id) = $0 { id } else { nil } }
            #expect(created.count == 1 && created == existing)
            let problem = await #expect(throws: Problem.self) {
                try await kernel.create(input: ["message": "other"], key: "k")
            }
            #expect(problem?.kind == .conflict && problem?.code == "idempotency_key_reused")
            #expect(try await kernel.number("SELECT count(*) AS n FROM proj_tasks") == 1)
        }
    }

    @Test func `a stale version is refused with the current one and changes nothing`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.createTask()
            let edited = try await kernel.change(task, .edit(TaskEdit(priority: 9)))
            #expect(edited.version == 2 && edited.priority == 9)
            let problem = await #expect(throws: Problem.self) {
                try await kernel.change(task, .cancel(reason: nil), version: 1)
            }
            #expect(problem?.kind == .stale && problem?.details["current_version"] == 2)
            #expect(try await kernel.task(task.id).status == .queued)
        }
    }

    @Test func `a cancelled task is not claimed, and its queue entry goes`() async throws {
        try await KernelFixture.with { kernel in
            let task = try await kernel.createTask()
            let cancelled = try await kernel.change(task, .cancel(reason: "not needed"))
            #expect(cancelled.status == .cancelled && cancelled.finishedAt != nil)
            #expect(try await kernel.claim(try await kernel.openSession()).isEmpty)
            #expect(try await kernel.number("SELECT count(*) AS n FROM run_queue") == 0)
        }
    }

    @Test func `higher priorities are claimed first, also after a change of priority`() async throws {
        try await KernelFixture.with { kernel in
            let low = try await kernel.createTask(priority: 1)
            let raised = try await kernel.createTask(priority: 0)
            let high = try await kernel.createTask(priority: 8)
            _ = try await kernel.change(raised, .edit(TaskEdit(priority: 9)))
            let session = try await kernel.openSession()
            let order = try await kernel.claim(session).map(\.task.id)
            #expect(order == [raised.id, high.id, low.id])
            #expect(try await kernel.claim(session).isEmpty)
            #expect(try await kernel.number("SELECT count(*) AS n FROM run_queue") == 0)
        }
    }

    @Test func `what was claimed of one priority hides nothing of another`() async throws {
        try await KernelFixture.with { kernel in
            let low = try await kernel.createTask(priority: 1)
            let high = try await kernel.createTask(priority: 8)
            let session = try await kernel.openSession()
            let first = try await kernel.claimSeen(session, limit: 1)
            #expect(first.runs.map(\.task.id) == [high.id])
            let second = try await kernel.claimSeen(session, limit: 1, watermarks: first.seen)
            #expect(second.runs.map(\.task.id) == [low.id])
            var seen = first.seen
            seen.advance(to: second.seen)
            #expect(try await kernel.claim(session, watermarks: seen).isEmpty)
        }
    }

    @Test func `an agent's concurrency holds over all sessions`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<5 { try await kernel.create() }
            let first = try await kernel.claim(try await kernel.openSession(), concurrency: 2)
            #expect(first.count == 2)
            let second = try await kernel.openSession()
            #expect(try await kernel.claim(second, concurrency: 2).isEmpty)
            try await kernel.finish(first[0])
            #expect(try await kernel.claim(second, concurrency: 2).count == 1)
        }
    }

    @Test func `two workers never claim the same run`() async throws {
        try await KernelFixture.with { kernel in
            for _ in 0..<200 { try await kernel.create() }
            let claimed = try await withThrowingTaskGroup(of: [ClaimedRun].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let session = try await kernel.openSession()
                        var mine: [ClaimedRun] = []
                        while true {
                            let runs = try await kernel.claim(session, limit: 7)
                            if runs.isEmpty { return mine }
                            mine += runs
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == 200)
            #expect(Set(claimed.map(\.lease.runID)).count == 200)
        }
    }

    @Test func `large inputs are stored once and come back as they were`() async throws {
        try await KernelFixture.with { kernel in
            let text = String(repeating: "x", count: 50_000)
            for _ in 0..<2 {
                guard case .created(let task) = try await kernel.create(input: ["text": .string(text)]) else {
                    Issue.record("expected a new task")
                    return
                }
                #expect(try await kernel.task(task.id).input.count == 50_011)
            }
            #expect(try await kernel.events().filter { $0.event.body.count > 50_000 }.count == 2)
            #expect(try await kernel.verify().finding == nil)
        }
    }
}
