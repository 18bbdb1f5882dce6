// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Testing

/// Lets texts that are on disk happen one after the other and compares what would be written for each with its text.
enum FrozenEvents {
    static let runID = ID<Run>(trusted: "run_01ARZ3NDEKTSV4RRFFQ69G5FAV")

    static func context(_ seconds: Int64 = 0) -> EventContext {
        var context = EventContext(
            workspaceID: Workspace.defaultID, stream: .room(Room.defaultID), actor: Principal(.agent, "tester"),
            traceID: "0af7651916cd43dd8448eb211c80319c", occurredAt: Timestamp(microseconds: seconds * 1_000_000))
        context.taskID = ID(trusted: "task_01ARZ3NDEKTSV4RRFFQ69G5FAV")
        context.runID = runID
        return context
    }

    /// The row after all of them.
    @discardableResult
    static func replay<Event: RowEvent>(
        _: Event.Type, _ texts: [(type: String, text: String)], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Event.Row {
        var row: Event.Row?
        for (index, (type, text)) in texts.enumerated() {
            let body = EventBody(type: type, object: try #require(try JSONValue.parse(text).object))
            let event = try Event(type: type, body: body)
            let key = try Event.key(in: context(), body)
            row = event.applied(to: row, key: key, in: context(Int64(index)))
            let after = try #require(row, sourceLocation: sourceLocation)
            #expect(event.name == type && Event.key(of: after) == key, sourceLocation: sourceLocation)
            #expect(String(decoding: event.body(of: after), as: UTF8.self) == text, sourceLocation: sourceLocation)
        }
        return try #require(row, sourceLocation: sourceLocation)
    }
}

/// The events of steps as they are on disk. These texts are frozen: what was written once must be read for ever.
@Suite struct StepEventTests {
    private static let started = """
        {"step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV","key":"fetch","number":1,"name":"Fetch","kind":"http","attempt":1,\
        "epoch":1,"input":{"url":"x"}}
        """
    private static let again = """
        {"step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV","key":"fetch","number":1,"name":"fetch","attempt":2,"epoch":2}
        """
    private static let completed = """
        {"step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV","key":"fetch","epoch":2,"output":{"rows":[1,2.0]}}
        """
    private static let failed = """
        {"step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV","key":"fetch","epoch":1,"error":{"code":"timeout",\
        "message":"Too slow.","retryable":true}}
        """
    private static let carried = """
        {"step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAW","key":"fetch","number":1,"name":"Fetch","kind":"http",\
        "carried_from_step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV","input":{"url":"x"},"output":[]}
        """

    @Test func `a step that is started, lost, started again and completed`() throws {
        let step = try FrozenEvents.replay(
            StepEvent.self,
            [("step.started", Self.started), ("step.started", Self.again), ("step.completed", Self.completed)])
        #expect(step.status == .completed && step.attempt == 2 && step.epoch == 2 && step.number == 1)
        #expect(step.input == nil && step.output == Array(#"{"rows":[1,2.0]}"#.utf8) && step.name == "fetch")
        #expect(step.startedAt == Timestamp(microseconds: 1_000_000) && step.runID == FrozenEvents.runID)
        #expect(step.finishedAt == Timestamp(microseconds: 2_000_000))
    }

    @Test func `a step that fails, and one that is carried over`() throws {
        let failed = try FrozenEvents.replay(
            StepEvent.self, [("step.started", Self.started), ("step.failed", Self.failed)])
        #expect(failed.status == .failed && failed.error?.code == "timeout" && failed.output == nil)
        let carried = try FrozenEvents.replay(StepEvent.self, [("step.carried_over", Self.carried)])
        #expect(carried.status == .completed && carried.attempt == 0 && carried.epoch == 0)
        #expect(carried.carriedFrom == failed.id && carried.output == Array("[]".utf8))
        let copy = StepCopy(of: carried, number: 7)
        #expect(copy.from == carried.id && copy.id != carried.id && copy.number == 7 && copy.output == carried.output)
    }

    @Test func `every name is among the frozen ones`() {
        #expect(StepEvent.names == ["step.started", "step.completed", "step.failed", "step.carried_over"])
        #expect(ToolCallEvent.names == ["tool_call.started", "tool_call.succeeded", "tool_call.failed"])
    }

    @Test func `who may end a step, and who is to do it again`() throws {
        let step = try FrozenEvents.replay(StepEvent.self, [("step.started", Self.started)])
        let lease = Lease(runID: step.runID, epoch: 1, workerSessionID: .make())
        let later = Lease(runID: step.runID, epoch: 2, workerSessionID: .make())
        #expect(!step.isToBeRestarted(under: lease) && step.isToBeRestarted(under: later))
        #expect(try !step.hasEnded(.completed, under: lease))
        #expect(throws: StepError.notStarted(epoch: 1)) { try step.hasEnded(.completed, under: later) }
        let failed = try FrozenEvents.replay(
            StepEvent.self, [("step.started", Self.started), ("step.failed", Self.failed)])
        #expect(try failed.hasEnded(.failed, under: lease))
        #expect(failed.isToBeRestarted(under: later) && !failed.isToBeRestarted(under: lease))
        #expect(throws: StepError.finished("failed")) { try failed.hasEnded(.completed, under: lease) }
        let carried = try FrozenEvents.replay(StepEvent.self, [("step.carried_over", Self.carried)])
        #expect(!carried.isToBeRestarted(under: later))
        #expect(try carried.hasEnded(.completed, under: later))
        #expect(throws: StepError.finished("completed")) { try carried.hasEnded(.failed, under: later) }
    }
}

/// The events of tool calls as they are on disk.
@Suite struct ToolCallEventTests {
    private static let keyed = """
        {"tool_call_id":"tc_01ARZ3NDEKTSV4RRFFQ69G5FAV","step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV","key":"k",\
        "step_key":"fetch","tool":"http.get","attempt":1,"epoch":1,"arguments":{"url":"x"}}
        """
    private static let succeeded = """
        {"tool_call_id":"tc_01ARZ3NDEKTSV4RRFFQ69G5FAV","step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV","key":"k",\
        "epoch":1,"result":200}
        """
    private static let single = """
        {"tool_call_id":"tc_01ARZ3NDEKTSV4RRFFQ69G5FAV","step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV",\
        "step_key":"fetch","tool":"http.get","attempt":1,"epoch":1}
        """
    private static let failed = """
        {"tool_call_id":"tc_01ARZ3NDEKTSV4RRFFQ69G5FAV","step_id":"step_01ARZ3NDEKTSV4RRFFQ69G5FAV","epoch":1,\
        "error":{"code":"refused","message":"No.","retryable":false}}
        """

    @Test func `a call with a key that succeeds, and one without that fails`() throws {
        let call = try FrozenEvents.replay(
            ToolCallEvent.self, [("tool_call.started", Self.keyed), ("tool_call.succeeded", Self.succeeded)])
        #expect(call.status == .succeeded && call.result == Array("200".utf8) && call.key == "k")
        #expect(call.idempotencyKey == "task_01ARZ3NDEKTSV4RRFFQ69G5FAV:fetch:k")
        let single = try FrozenEvents.replay(
            ToolCallEvent.self, [("tool_call.started", Self.single), ("tool_call.failed", Self.failed)])
        #expect(single.status == .failed && single.key == nil && single.idempotencyKey == nil)
        #expect(single.error == RunFailure(code: "refused", message: "No.", isRetryable: false))
    }

    @Test func `no two pairs of keys give the same idempotency key`() {
        let task = ID<WorkTask>(trusted: "task_1")
        let pairs = [("a:b", "c"), ("a", "b:c"), ("a%3Ab", "c"), ("a", "b%3Ac")]
        #expect(Set(pairs.map { EffectKey.text(task: task, step: $0.0, call: $0.1) }).count == pairs.count)
        #expect(EffectKey.text(task: task, step: "a", call: "b:c") == "task_1:a:b:c")
    }
}
