// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
import Orchestration
import Postgres
import Store
import TestKit
import Testing

/// Which event each event names as the one that led to it.
@Suite(.timeLimit(.minutes(2)))
struct CausationTests {
    /// Every event about tasks with its cause, as `run.started < task.created`; without one it stands alone.
    private func ties(_ kernel: KernelFixture, of task: ID<WorkTask>? = nil) async throws -> [String] {
        let events = try await kernel.events().map(\.event)
        let types = Dictionary(uniqueKeysWithValues: events.map { ($0.id, $0.type) })
        return try events.filter { $0.taskID != nil && (task == nil || $0.taskID == task) }.map { event in
            guard let cause = event.causationID else { return event.type }
            return "\(event.type) < \(try #require(types[cause], "no event has the identifier of the cause"))"
        }
    }

    @Test func `what happens to a run and within it follows from how its task stood`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let call = kernel.call(run)
            let step = try await kernel.startStep(call).step
            let toolCall = try await kernel.startToolCall(call, in: step).call
            let approval = try await kernel.requestApproval(call)
            try await kernel.decide(approval, .approve)
            try await kernel.finishToolCall(call, toolCall, .succeeded(nil))
            _ = try await kernel.addArtifact(call, to: step, bytes: [1])
            try await kernel.finishStep(call, step)
            try await kernel.finish(run)
            #expect(
                try await ties(kernel) == [
                    "task.created", "run.started < task.created", "step.started < run.started",
                    "tool_call.started < step.started", "approval.requested < run.started",
                    "run.waiting < approval.requested", "approval.approved < approval.requested",
                    "run.resumed < approval.approved", "tool_call.succeeded < tool_call.started",
                    "artifact.created < step.started", "step.completed < step.started",
                    "run.completed < run.resumed",
                ])
            try await kernel.expectSound()
        }
    }

    @Test func `a retry follows from the failure, and what is cancelled with a run from its end`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order()
            let session = try await kernel.openSession()
            try await kernel.fail(try await kernel.holdOne(session), retryable: true)
            try await kernel.promote()
            let second = try await kernel.holdOne(session)
            try await kernel.begin(second)
            try await kernel.requestApproval(kernel.call(second))
            try await kernel.changeNow(second.task, .cancel(reason: nil))
            #expect(
                try await ties(kernel) == [
                    "task.created", "run.claimed < task.created", "run.failed < run.claimed",
                    "run.queued < run.failed", "run.claimed < run.queued", "run.started < run.claimed",
                    "approval.requested < run.started", "run.waiting < approval.requested",
                    "task.cancelled < run.waiting", "approval.cancelled < task.cancelled",
                ])
            try await kernel.expectSound()
        }
    }

    @Test func `what is started again follows from the new start of its run`() async throws {
        try await KernelFixture.with { kernel in
            let first = try await kernel.claimOne()
            let step = try await kernel.startStep(kernel.call(first)).step
            try await kernel.startToolCall(kernel.call(first), in: step)
            let second = try await kernel.takeOver(first)
            try await kernel.startStep(kernel.call(second))
            try await kernel.startToolCall(kernel.call(second), in: step)
            let again = try await ties(kernel).suffix(4)
            #expect(
                again == [
                    "run.released < run.started", "run.started < run.released", "step.started < run.started",
                    "tool_call.started < step.started",
                ])
            try await kernel.expectSound()
        }
    }

    @Test func `commands of one flush do not become causes of each other`() async throws {
        try await KernelFixture.with { kernel in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await kernel.order() } }
                try await group.waitForAll()
            }
            let session = try await kernel.openSession()
            for run in try await kernel.hold(session) { try await kernel.end(run) }
            let events = try await kernel.events().map(\.event)
            let tasks = Dictionary(uniqueKeysWithValues: events.map { ($0.id, $0.taskID) })
            for event in events where event.taskID != nil {
                #expect((event.type == "task.created") == (event.causationID == nil))
                if let cause = event.causationID { #expect(tasks[cause] == event.taskID) }
            }
        }
    }

    @Test func `a child follows from what its parent did, and what waits from the end it waited for`() async throws {
        try await KernelFixture.with { kernel in
            _ = try await kernel.order()
            let held = try await kernel.holdOne(try await kernel.openSession())
            try await kernel.begin(held)
            let child = try await kernel.order { $0.parent = held.task }
            let later = try await kernel.order { $0.after = [held.task] }
            try await kernel.end(held)
            try await kernel.settle()
            #expect(try await ties(kernel, of: child.id) == ["task.created < run.started"])
            #expect(
                try await ties(kernel, of: later.id) == ["task.created", "task.unblocked < run.completed"])
            let late = try await kernel.order { change in
                change.after = [later]
                change.policy = .fail
            }
            try await kernel.changeNow(later, .cancel(reason: nil))
            try await kernel.settle()
            #expect(try await ties(kernel, of: late.id).last == "run.failed < task.cancelled")
            try await kernel.expectSound()
        }
    }

    @Test func `tasks from before causes were kept go on from their last event`() async throws {
        try await withDatabase([]) { url in
            try await KernelFixture.prepare(url)
            // What the migration does is done again, on rows as they were before it.
            let last = try await KernelFixture.run(on: url) { kernel in
                let run = try await kernel.claimOne()
                let call = kernel.call(run)
                let large = JSONValue.string("\0" + String(repeating: "large", count: 20_000))
                let step = try await kernel.startStep(call, input: large)
                    .step
                try await kernel.finishToolCall(
                    call, try await kernel.startToolCall(call, in: step).call, .succeeded(nil))
                try await kernel.decide(try await kernel.requestApproval(call), .deny)
                try await kernel.withOwner { owner in
                    for table in ["proj_tasks", "proj_steps", "proj_tool_calls", "proj_approvals"] {
                        _ = try await owner.query("ALTER TABLE \(unsafeRaw: table) DROP COLUMN last_event_id")
                    }
                    _ = try await owner.query("DELETE FROM schema_migrations WHERE number >= 25")
                }
                return try await kernel.events().map(\.event).last { $0.type == "run.resumed" }
            }
            try await KernelFixture.prepare(url)
            try await KernelFixture.run(on: url, opens: false) { kernel in
                let known: UUID? = try await kernel.pool.query("SELECT last_event_id FROM proj_tasks")[0]
                    .value("last_event_id")
                #expect(known != nil && known == last?.id)
                #expect(try await kernel.rebuild().isEqual)
            }
        }
    }
}
