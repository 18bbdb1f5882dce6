// SPDX-License-Identifier: Apache-2.0

package import Common
package import FoundationEssentials

/// Everything that can happen to a tool call. The stream is that of the task's room.
package enum ToolCallEvent: RowEvent {
    /// Its first start, or another one under a later epoch.
    case started(ToolCallStart)
    /// The result as JSON, where there is any.
    case succeeded(result: [UInt8]?, epoch: Int)
    case failed(RunFailure, epoch: Int)

    package static let names = ["tool_call.started", "tool_call.succeeded", "tool_call.failed"]

    package var name: String {
        switch self {
        case .started: "tool_call.started"
        case .succeeded: "tool_call.succeeded"
        case .failed: "tool_call.failed"
        }
    }

    package static var lastEvent: (any WritableKeyPath<ToolCall, UUID?> & Sendable)? { \ToolCall.lastEventID }

    package static func key(of row: ToolCall) -> ToolCallKey { row.place }

    package static func key(in context: EventContext, _ body: EventBody) throws(EventDecodingError) -> ToolCallKey {
        guard let key = body.text("key") else { return .single(try body.id("tool_call_id")) }
        return .keyed(try body.id("step_id"), key)
    }

    package func body(of row: ToolCall) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("tool_call_id", row.id.rawValue)
        writer.member("step_id", row.stepID.rawValue)
        writer.optional("key", row.key)
        switch self {
        case .started(let start):
            writer.member("step_key", row.stepKey)
            writer.member("tool", start.tool)
            writer.member("attempt", row.attempt)
            writer.member("epoch", start.epoch)
            writer.optional("arguments", json: start.arguments)
        case .succeeded(let result, let epoch):
            writer.member("epoch", epoch)
            writer.optional("result", json: result)
        case .failed(let failure, let epoch):
            writer.member("epoch", epoch)
            writer.name("error")
            failure.write(to: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    package init(type: String, body: EventBody) throws(EventDecodingError) {
        switch type {
        case "tool_call.started":
            self = .started(
                ToolCallStart(
                    id: try body.id("tool_call_id"), stepID: try body.id("step_id"),
                    stepKey: try body.string("step_key"), tool: try body.string("tool"),
                    arguments: body.object["arguments"]?.bytes, epoch: try body.int("epoch")))
        case "tool_call.succeeded":
            self = .succeeded(result: body.object["result"]?.bytes, epoch: try body.int("epoch"))
        case "tool_call.failed": self = .failed(try RunFailure(body), epoch: try body.int("epoch"))
        default: throw EventDecodingError(eventType: type, member: "event_type")
        }
    }

    package func applied(to row: ToolCall?, key: ToolCallKey, in context: EventContext) -> ToolCall? {
        switch self {
        case .started(let start):
            guard let taskID = context.taskID, let runID = context.runID, case .room(let roomID) = context.stream else {
                return nil
            }
            let word: String? = if case .keyed(_, let word) = key { word } else { nil }
            var call =
                row
                ?? ToolCall(
                    id: start.id, workspaceID: context.workspaceID, roomID: roomID, taskID: taskID, runID: runID,
                    stepID: start.stepID, stepKey: start.stepKey, key: word, tool: start.tool, status: .running,
                    attempt: 0, epoch: start.epoch, arguments: start.arguments, startedAt: context.occurredAt)
            call.restart(start, at: context.occurredAt)
            return call
        case .succeeded(let result, _):
            var call = row
            call?.finish(.succeeded, result: result, error: nil, at: context.occurredAt)
            return call
        case .failed(let failure, _):
            var call = row
            call?.finish(.failed, result: nil, error: failure, at: context.occurredAt)
            return call
        }
    }
}

extension ToolCall {
    fileprivate mutating func restart(_ start: ToolCallStart, at time: Timestamp) {
        tool = start.tool
        status = .running
        attempt += 1
        epoch = start.epoch
        arguments = start.arguments
        result = nil
        error = nil
        startedAt = time
        finishedAt = nil
    }

    fileprivate mutating func finish(
        _ status: ToolCallStatus, result: [UInt8]?, error: RunFailure?, at time: Timestamp
    ) {
        self.status = status
        self.result = result
        self.error = error
        finishedAt = time
    }
}

/// What a worker says when it starts a tool call.
package struct ToolCallStart: Sendable, Equatable {
    /// Fresh for the first start, the call's own after that.
    package let id: ID<ToolCall>
    package let stepID: ID<Step>
    package let stepKey: String
    package let tool: String
    /// JSON, where there are any.
    package let arguments: [UInt8]?
    package let epoch: Int

    package init(
        id: ID<ToolCall>, stepID: ID<Step>, stepKey: String, tool: String, arguments: [UInt8]?, epoch: Int
    ) {
        self.id = id
        self.stepID = stepID
        self.stepKey = stepKey
        self.tool = tool
        self.arguments = arguments
        self.epoch = epoch
    }
}
