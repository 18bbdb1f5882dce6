// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite struct StepTests {
    @Test func `steps and tool calls are told in the room's stream as part of their run`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let call = kernel.call(run)
            let (step, isNew) = try await kernel.startStep(call, input: ["url": "x"])
            #expect(isNew && step.status == .running && step.number == 1 && step.attempt == 1 && step.epoch == 1)
            let toolCall = try await kernel.startToolCall(call, in: step).call
            #expect(toolCall.idempotencyKey == "\(run.task.id):fetch:k")
            try await kernel.finishToolCall(call, toolCall, .succeeded(Array("200".utf8)))
            let done = try await kernel.finishStep(call, step, .completed(Array("[1]".utf8)))
            #expect(done.status == .completed && done.output == Array("[1]".utf8))
            let second = try await kernel.startStep(call, "store").step
            #expect(second.number == 2)
            try await kernel.finishStep(
                call, second, .failed(RunFailure(code: "full", message: "", isRetryable: false)))
            try await kernel.finish(run)
            let told = try await kernel.events().suffix(8).map(\.event)
            #expect(
                told.map(\.type) == [
                    "run.started", "step.started", "tool_call.started", "tool_call.succeeded", "step.completed",
                    "step.started", "step.failed", "run.completed",
                ])
            for event in told.dropFirst().dropLast() {
                #expect(event.stream == .room(Room.defaultID) && event.actor == KernelFixture.worker)
                #expect(event.runID == run.lease.runID && event.taskID == run.task.id)
                #expect(event.traceID == run.task.traceID)
                #expect(try JSONValue.parse(event.body)["epoch"] == 1)
            }
            // The task's own row is not touched by what happens within its run.
            #expect(try await kernel.task(run.task.id).version == 3)
            #expect(try await kernel.rebuild().isEqual)
            #expect(try await kernel.verify().finding == nil)
        }
    }

    @Test func `a key names one step and one call, also in one flush`() async throws {
        try await KernelFixture.with { kernel in
            let call = kernel.call(try await kernel.claimOne())
            let answers = try await withThrowingTaskGroup(of: (Step, Bool).self) { group in
                for index in 0..<40 { group.addTask { try await kernel.startStep(call, "k\(index % 8)") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.1 } == 8 && Set(answers.map(\.0.id)).count == 8)
            #expect(Set(answers.map(\.0.number)) == Set(1...8))
            let step = answers[0].0
            let calls = try await withThrowingTaskGroup(of: (ToolCall, Bool).self) { group in
                for index in 0..<20 {
                    group.addTask { try await kernel.startToolCall(call, in: step, key: index < 10 ? "k" : nil) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(calls.count { $0.1 } == 11 && Set(calls.map(\.0.id)).count == 11)
            #expect(calls.filter { $0.0.key == nil }.allSatisfy { $0.1 && $0.0.idempotencyKey == nil })
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `what is completed stays so, and saying it again changes nothing`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let call = kernel.call(run)
            let step = try await kernel.startStep(call).step
            let toolCall = try await kernel.startToolCall(call, in: step).call
            try await kernel.finishToolCall(call, toolCall, .succeeded(Array("1".utf8)))
            try await kernel.finishStep(call, step, .completed(Array("1".utf8)))
            let before = try await kernel.events().count
            let failure = RunFailure(code: "late", message: "", isRetryable: false)
            #expect(try await kernel.startStep(call).step.output == Array("1".utf8))
            #expect(try await kernel.startToolCall(call, in: step).call.result == Array("1".utf8))
            #expect(try await kernel.finishStep(call, step, .completed(Array("2".utf8))).output == Array("1".utf8))
            let again = try await kernel.finishToolCall(call, toolCall, .succeeded(Array("2".utf8)))
            #expect(again.result == Array("1".utf8))
            var problem = await #expect(throws: Problem.self) {
                try await kernel.finishStep(call, step, .failed(failure))
            }
            #expect(problem?.kind == .conflict && problem?.code == "already_finished")
            problem = await #expect(throws: Problem.self) {
                try await kernel.finishToolCall(call, toolCall, .failed(failure))
            }
            #expect(problem?.code == "already_finished" && problem?.details["current_status"] == "succeeded")
            problem = await #expect(throws: Problem.self) {
                try await kernel.startToolCall(call, in: step, key: "another")
            }
            #expect(problem?.code == "already_finished")
            #expect(try await kernel.events().count == before)
            // The next holder finds the same answers instead of doing it again.
            let next = kernel.call(try await kernel.takeOver(run))
            let found = try await kernel.startStep(next)
            #expect(!found.isNew && found.step.output == Array("1".utf8) && found.step.epoch == 1)
            #expect(try await kernel.startToolCall(next, in: step).call.status == .succeeded)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `the next epoch starts again what was under way, under the same id`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let call = kernel.call(run)
            let step = try await kernel.startStep(call).step
            let failed = try await kernel.startStep(call, "failed").step
            try await kernel.finishStep(call, failed, .failed(RunFailure(code: "x", message: "", isRetryable: true)))
            let toolCall = try await kernel.startToolCall(call, in: step).call
            #expect(try await kernel.startStep(call, "failed").step.status == .failed, "by the same worker")
            let next = kernel.call(try await kernel.takeOver(run))
            #expect(try await kernel.step(step.id).status == .abandoned)
            #expect(try await kernel.toolCall(toolCall.id).status == .abandoned)
            let problem = await #expect(throws: Problem.self) { try await kernel.finishStep(next, step) }
            #expect(problem?.code == "not_started")
            for key in ["fetch", "failed"] {
                let again = try await kernel.startStep(next, key, input: [2])
                #expect(!again.isNew && again.step.status == .running && again.step.attempt == 2)
                #expect(again.step.epoch == 2 && again.step.input == Array("[2]".utf8) && again.step.error == nil)
            }
            let retried = try await kernel.startToolCall(next, in: step)
            #expect(!retried.isNew && retried.call.id == toolCall.id && retried.call.attempt == 2)
            #expect(retried.call.idempotencyKey == toolCall.idempotencyKey)
            #expect(try await kernel.startStep(next).step.attempt == 2, "once is enough")
            #expect(try await kernel.step(step.id).id == step.id)
            #expect(try await kernel.step(step.id).status == .running)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a list carries no payloads, or no more than a page may`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let call = kernel.call(run)
            let large = JSONValue.string(String(repeating: "a", count: 1_500_000))
            var steps: [ID<Step>] = []
            for name in ["one", "two", "three", "four"] {
                let step = try await kernel.startStep(call, name, input: large).step
                steps.append(step.id)
                let toolCall = try await kernel.startToolCall(call, in: step).call
                try await kernel.finishToolCall(call, toolCall, .succeeded(large.bytes))
            }
            func page(after number: Int, _ payloads: ListedPayloads) async throws -> BoundedRows<Step> {
                try await kernel.read(
                    StepStore.list(
                        of: run.lease.runID, in: KernelFixture.workspace, after: number, limit: 10, payloads: payloads))
            }
            let all = try await page(after: 0, .all)
            #expect(all.rows.map(\.id) == steps && !all.isCut)
            let none = try await page(after: 0, .none)
            #expect(none.rows.map(\.id) == steps && none.rows.allSatisfy { $0.input == nil } && !none.isCut)
            // The third one goes beyond what two leave of a page, and is the last.
            let first = try await page(after: 0, .bounded)
            #expect(first.rows.map(\.id) == Array(steps.prefix(3)) && first.isCut)
            #expect(first.rows.allSatisfy { $0.input == large.bytes })
            let second = try await page(after: first.rows.last?.number ?? 0, .bounded)
            #expect(second.rows.map(\.id) == Array(steps.suffix(1)) && !second.isCut)
            let calls = try await kernel.read(
                ToolCallStore.list(
                    ToolCallFilter(runID: run.lease.runID), in: KernelFixture.workspace, before: nil, limit: 10,
                    payloads: .bounded))
            #expect(calls.rows.map(\.stepID) == Array(steps.reversed().prefix(3)) && calls.isCut)
        }
    }

    @Test func `nothing looks as if it ran for ever once its run has ended`() async throws {
        try await KernelFixture.with { kernel in
            let failure = RunFailure(code: "x", message: "", isRetryable: false)
            for ending in [FinishRun.Ending.completed(Array("1".utf8)), .failed(failure, leastPause: .zero), nil] {
                let run = try await kernel.claimOne()
                let call = kernel.call(run)
                let step = try await kernel.startStep(call).step
                let toolCall = try await kernel.startToolCall(call, in: step).call
                #expect(try await kernel.step(step.id).status == .running)
                if let ending {
                    try await kernel.finish(run, ending)
                } else {
                    _ = try await kernel.change(try await kernel.task(run.task.id), .cancel(reason: nil))
                }
                #expect(try await kernel.step(step.id).status == .abandoned)
                #expect(try await kernel.toolCall(toolCall.id).status == .abandoned)
                let running = ToolCallStore.list(
                    ToolCallFilter(status: .running), in: KernelFixture.workspace, before: nil, limit: 10,
                    payloads: .all)
                #expect(try running.decode(try await kernel.pool.query(running.sql)).rows.isEmpty)
                let abandoned = ToolCallStore.list(
                    ToolCallFilter(runID: run.lease.runID, status: .abandoned), in: KernelFixture.workspace,
                    before: nil, limit: 10, payloads: .all)
                #expect(
                    try abandoned.decode(try await kernel.pool.query(abandoned.sql)).rows.map(\.id) == [toolCall.id])
            }
        }
    }

    @Test func `only the holder of the newest epoch has any effect`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let first = kernel.call(run)
            let step = try await kernel.startStep(first).step
            let toolCall = try await kernel.startToolCall(first, in: step).call
            for (who, call) in try await kernel.strangers(to: run) {
                try await kernel.expectFenced(who) { try await kernel.startStep(call) }
                try await kernel.expectFenced(who) { try await kernel.startStep(call, "new") }
                try await kernel.expectFenced(who) { try await kernel.finishStep(call, step) }
                try await kernel.expectFenced(who) { try await kernel.startToolCall(call, in: step) }
                try await kernel.expectFenced(who) { try await kernel.finishToolCall(call, toolCall) }
            }
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a worker whose run is over or waits in the queue again has no effect`() async throws {
        try await KernelFixture.with { kernel in
            for isLost in [true, false] {
                let run = try await kernel.claimOne()
                let call = kernel.call(run)
                let step = try await kernel.startStep(call).step
                let toolCall = try await kernel.startToolCall(call, in: step).call
                try await kernel.finish(run, isLost ? .released(reason: nil) : .completed(Array("1".utf8)))
                let who = isLost ? "after a release" : "after the end"
                try await kernel.expectFenced(who) { try await kernel.startStep(call) }
                try await kernel.expectFenced(who) { try await kernel.finishStep(call, step) }
                try await kernel.expectFenced(who) { try await kernel.startToolCall(call, in: step) }
                try await kernel.expectFenced(who) { try await kernel.finishToolCall(call, toolCall) }
            }
        }
    }

    @Test func `a step that an earlier run completed is carried over into a new one`() async throws {
        try await KernelFixture.with { kernel in
            let run = try await kernel.claimOne()
            let call = kernel.call(run)
            let step = try await kernel.startStep(call, input: ["a": 1]).step
            let done = try await kernel.finishStep(call, step, .completed(Array("[1]".utf8)))
            try await kernel.finish(
                run, .failed(RunFailure(code: "x", message: "", isRetryable: false), leastPause: .zero))
            let again = try await kernel.change(try await kernel.task(run.task.id), .retry)
            try await kernel.commit.submit(CarryOver(task: again, step: done))
            let second = try #require(try await kernel.claim(try await kernel.openSession()).first)
            let found = try await kernel.startStep(kernel.call(second))
            #expect(!found.isNew && found.step.id != step.id && found.step.carriedFrom == step.id)
            #expect(found.step.status == .completed && found.step.output == done.output && found.step.number == 1)
            #expect(try await kernel.startStep(kernel.call(second), "next").step.number == 2)
            #expect(try await kernel.rebuild().isEqual)
        }
    }

    @Test func `a lost answer to a commit is made up for without doing anything twice`() async throws {
        try await KernelFixture.withLostCommits { kernel, proxy in
            let call = kernel.call(try await kernel.claimOne())
            proxy.arm()
            let (step, isNew) = try await kernel.startStep(call)
            #expect(isNew && step.attempt == 1 && proxy.losses == 1)
            proxy.arm()
            let (toolCall, isNewCall) = try await kernel.startToolCall(call, in: step, key: nil)
            #expect(isNewCall && proxy.losses == 2)
            proxy.arm()
            #expect(try await kernel.finishToolCall(call, toolCall).status == .succeeded)
            proxy.arm()
            #expect(try await kernel.finishStep(call, step, .completed(Array("1".utf8))).output == Array("1".utf8))
            #expect(proxy.losses == 4)
            let types = try await kernel.events().suffix(4).map(\.event.type)
            #expect(types == ["step.started", "tool_call.started", "tool_call.succeeded", "step.completed"])
        }
    }
}

/// What a replay records for each completed step that it takes over.
private struct CarryOver: Command {
    let task: WorkTask
    let step: Step

    var workspaceID: ID<Workspace> { task.workspaceID }
    var needs: CommandNeeds { CommandNeeds(task: task.id, in: task.roomID) }

    func decide(_ state: inout FlushState) throws(Problem) {
        let context = state.context(.room(task.roomID), by: KernelFixture.actor, traceID: task.traceID)
        try state.record(
            .carriedOver(StepCopy(of: step, number: 1)), on: StepKey(runID: task.runID, key: step.key), in: \.steps,
            context.about(task, run: task.runID))
    }
}
