// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// Everything that can happen to a step. The stream is that of the task's room.
package enum StepEvent: RowEvent {
    /// Its first start, or another one under a later epoch.
    case started(StepStart)
    /// The output as JSON, where there is any.
    case completed(output: [UInt8]?, epoch: Int)
    case failed(RunFailure, epoch: Int)
    /// A completed step of an earlier run of the task was taken over into a new one.
    case carriedOver(StepCopy)

    package static let names = ["step.started", "step.completed", "step.failed", "step.carried_over"]

    package var name: String {
        switch self {
        case .started: "step.started"
        case .completed: "step.completed"
        case .failed: "step.failed"
        case .carriedOver: "step.carried_over"
        }
    }

    package static var lastEvent: (any WritableKeyPath<Step, UUID?> & Sendable)? { \Step.lastEventID }

    package static func key(of row: Step) -> StepKey { row.place }

    package static func key(in context: EventContext, _ body: EventBody) throws(EventDecodingError) -> StepKey {
        guard let runID = context.runID else { throw EventDecodingError(eventType: body.type, member: "run_id") }
        return StepKey(runID: runID, key: try body.string("key"))
    }

    package func body(of row: Step) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("step_id", row.id.rawValue)
        writer.member("key", row.key)
        switch self {
        case .started(let start):
            writer.member("number", start.number)
            writer.member("name", start.name)
            writer.optional("kind", start.kind)
            writer.member("attempt", row.attempt)
            writer.member("epoch", start.epoch)
            writer.optional("input", json: start.input)
        case .completed(let output, let epoch):
            writer.member("epoch", epoch)
            writer.optional("output", json: output)
        case .failed(let failure, let epoch):
            writer.member("epoch", epoch)
            writer.name("error")
            failure.write(to: &writer)
        case .carriedOver(let copy):
            writer.member("number", copy.number)
            writer.member("name", copy.name)
            writer.optional("kind", copy.kind)
            writer.member("carried_from_step_id", copy.from.rawValue)
            writer.optional("input", json: copy.input)
            writer.optional("output", json: copy.output)
        }
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "step.started":
            self = .started(
                StepStart(
                    id: try body.id("step_id"), number: try body.int("number"), name: try body.string("name"),
                    kind: body.text("kind"), input: body.object["input"]?.bytes, epoch: try body.int("epoch")))
        case "step.completed":
            self = .completed(output: body.object["output"]?.bytes, epoch: try body.int("epoch"))
        case "step.failed": self = .failed(try RunFailure(body), epoch: try body.int("epoch"))
        case "step.carried_over":
            self = .carriedOver(
                StepCopy(
                    id: try body.id("step_id"), from: try body.id("carried_from_step_id"),
                    number: try body.int("number"), name: try body.string("name"), kind: body.text("kind"),
                    input: body.object["input"]?.bytes, output: body.object["output"]?.bytes))
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }

    package func applied(to row: Step?, key: StepKey, in context: EventContext) -> Step? {
        guard let taskID = context.taskID, case .room(let roomID) = context.stream else { return nil }
        switch self {
        case .started(let start):
            var step =
                row
                ?? Step(
                    id: start.id, workspaceID: context.workspaceID, roomID: roomID, taskID: taskID, runID: key.runID,
                    key: key.key, number: start.number, name: start.name, kind: start.kind, status: .running,
                    attempt: 0, epoch: start.epoch, input: start.input, startedAt: context.occurredAt)
            step.restart(start, at: context.occurredAt)
            return step
        case .completed(let output, _):
            var step = row
            step?.finish(.completed, output: output, error: nil, at: context.occurredAt)
            return step
        case .failed(let failure, _):
            var step = row
            step?.finish(.failed, output: nil, error: failure, at: context.occurredAt)
            return step
        case .carriedOver(let copy):
            return Step(
                id: copy.id, workspaceID: context.workspaceID, roomID: roomID, taskID: taskID, runID: key.runID,
                key: key.key, number: copy.number, name: copy.name, kind: copy.kind, status: .completed, attempt: 0,
                epoch: 0, input: copy.input, output: copy.output, carriedFrom: copy.from,
                startedAt: context.occurredAt, finishedAt: context.occurredAt)
        }
    }
}

extension Step {
    fileprivate mutating func restart(_ start: StepStart, at time: Timestamp) {
        name = start.name
        kind = start.kind
        status = .running
        attempt += 1
        epoch = start.epoch
        input = start.input
        output = nil
        error = nil
        startedAt = time
        finishedAt = nil
    }

    fileprivate mutating func finish(
        _ status: StepStatus, output: [UInt8]?, error: RunFailure?, at time: Timestamp
    ) {
        self.status = status
        self.output = output
        self.error = error
        finishedAt = time
    }
}

/// What a worker says when it starts a step.
package struct StepStart: Sendable, Equatable {
    /// Fresh for the first start, the step's own after that.
    package let id: ID<Step>
    package let number: Int
    package let name: String
    package let kind: String?
    /// JSON, where there is any.
    package let input: [UInt8]?
    package let epoch: Int

    package init(id: ID<Step>, number: Int, name: String, kind: String?, input: [UInt8]?, epoch: Int) {
        self.id = id
        self.number = number
        self.name = name
        self.kind = kind
        self.input = input
        self.epoch = epoch
    }
}

/// A completed step as a new run takes it over.
package struct StepCopy: Sendable, Equatable {
    package let id: ID<Step>
    /// The step that it stands for.
    package let from: ID<Step>
    package let number: Int
    package let name: String
    package let kind: String?
    package let input: [UInt8]?
    package let output: [UInt8]?

    package init(
        id: ID<Step>, from: ID<Step>, number: Int, name: String, kind: String?, input: [UInt8]?, output: [UInt8]?
    ) {
        self.id = id
        self.from = from
        self.number = number
        self.name = name
        self.kind = kind
        self.input = input
        self.output = output
    }

    /// A step of an earlier run as the `number`-th of a new one.
    package init(of step: Step, number: Int) {
        self.init(
            id: .make(), from: step.id, number: number, name: step.name, kind: step.kind, input: step.input,
            output: step.output)
    }
}
