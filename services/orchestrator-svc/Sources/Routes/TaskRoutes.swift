// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import HTTPTypes
import Logging
import Orchestration
import ServiceKit
import Store

func answerTasks(_ router: inout EndpointRouter, _ tasks: TaskOperations) {
    router.on(TasksAPI.create) { input, context in
        let (task, isReplay) = try await tasks.create(
            TaskOperations.NewTask(input), in: input.workspaceID, by: context.caller)
        var headers: [(name: HTTPField.Name, value: String)] = [(.location, "/task/\(task.id)")]
        if isReplay {
            headers.append((.idempotencyReplayed, "true"))
        } else {
            context.logger.info("task created", metadata: task.logMetadata)
        }
        return Reply(TaskView(task), headers: headers)
    }
    router.on(TasksAPI.get) { input, _ in
        let workspaceID = input.workspaceID
        let task = try await tasks.task(input.id, in: workspaceID)
        let runs = input.include.contains(.runs) ? try await tasks.runs(of: input.id, in: workspaceID) : nil
        let events =
            input.include.contains(.events)
            ? try await tasks.events(of: input.id, in: workspaceID, after: 0, limit: 500).events : nil
        return TaskView(task, runs: runs, events: events)
    }
    router.on(TasksAPI.list) { input, _ in
        let (found, next) = try await tasks.list(
            TaskFilter(input), in: input.workspaceID, before: input.cursor, limit: input.limit)
        return Page(items: found.map(TaskRow.init), nextCursor: next?.rawValue)
    }
    router.on(TasksAPI.change) { input, context in
        let task = try await tasks.change(
            try TaskOperations.TaskChange(input), in: input.workspaceID, by: context.caller)
        context.logger.info("task changed by hand", metadata: task.logMetadata)
        return TaskView(task)
    }
    router.on(TasksAPI.events) { input, _ in
        _ = try await tasks.task(input.id, in: input.workspaceID)
        let (events, next) = try await tasks.events(
            of: input.id, in: input.workspaceID, after: Int64(input.after), limit: input.limit)
        return Page(items: events.map(EventView.init), nextCursor: next.map(String.init))
    }
}

extension WorkTask {
    /// What a line about the task says, so that it is found by the task's own trace whoever's request it belongs to.
    var logMetadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "task_id": .string(id.rawValue), "agent": .string(agent), "status": .string(status.rawValue),
            "version": .stringConvertible(version), "trace_id": .string(traceID),
        ]
        if let correlationID { metadata["correlation_id"] = .string(correlationID) }
        return metadata
    }
}

extension HTTPField.Name {
    /// Says that an earlier request with the same key made what is answered.
    static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed") ?? .location
}

extension TaskOperations.NewTask {
    fileprivate init(_ input: CreateTaskInput) {
        self.init(agent: input.agent)
        roomID = input.roomID
        self.input = input.input
        correlationID = input.correlationID
        idempotencyKey = input.idempotencyKey
        priority = input.priority
        runAt = input.runAt
        timeoutSeconds = input.timeoutSeconds
        maxAttempts = input.retry?.maxAttempts
        initialSeconds = input.retry?.initialSeconds
        maxSeconds = input.retry?.maxSeconds
        factor = input.retry?.factor
    }
}

extension TaskFilter {
    fileprivate init(_ input: ListTasksInput) {
        self.init()
        statuses = input.statuses
        agent = input.agent
        roomID = input.roomID
        parentRunID = input.parentRunID
        label = input.label
        correlationID = input.correlationID
        traceID = input.traceID
        since = input.since
        until = input.until
    }
}

extension TaskOperations.TaskChange {
    /// Which of the changes a body asks for; members that do not belong to it are refused by name.
    fileprivate init(_ input: ChangeTaskInput) throws(Problem) {
        guard let version = input.ifVersion else {
            throw Problem(
                .preconditionRequired, "Name the version you have seen as ifVersion.",
                fields: [.init("/ifVersion", "is required")])
        }
        let members: [(name: String, isGiven: Bool, belongsTo: ChangeTaskInput.Status?)] = [
            ("input", input.input != nil, nil), ("priority", input.priority != nil, nil),
            ("timeoutSeconds", input.timeoutSeconds != nil, nil), ("result", input.result != nil, .completed),
            ("error", input.error != nil, .failed), ("reason", input.reason != nil, .cancelled),
        ]
        let strangers = members.filter { $0.isGiven && $0.belongsTo != input.status }
        guard strangers.isEmpty else {
            let goal = input.status.map { "status \($0.rawValue)" } ?? "an edit"
            throw Problem(
                .invalid, "Some members do not go with \(goal).",
                fields: strangers.map { .init("/\($0.name)", "does not go with \(goal)") })
        }
        self.init(taskID: input.id, version: version, goal: try Self.goal(input))
    }

    private static func goal(_ input: ChangeTaskInput) throws(Problem) -> Goal {
        switch input.status {
        case .cancelled: return .cancel(reason: input.reason)
        case .queued: return .retry
        case .completed:
            guard let result = input.result else {
                throw Problem.invalid("/result", "is required with status completed")
            }
            return .complete(result: result)
        case .failed:
            return .fail(code: input.error?.code ?? "failed_by_hand", message: input.error?.message ?? "")
        case nil:
            guard input.input != nil || input.priority != nil || input.timeoutSeconds != nil else {
                throw Problem.invalid("/status", "is required unless input, priority or timeoutSeconds is given")
            }
            return .edit(input: input.input, priority: input.priority, timeoutSeconds: input.timeoutSeconds)
        }
    }
}
