// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import HTTPTypes
import Logging
import Orchestration
import ServiceKit
import Store

func answerRuns(_ router: inout EndpointRouter, _ runs: RunOperations) {
    router.on(RunsAPI.create) { input, context in
        try await context.caller.requireParent(input, runs)
        let (created, isReplay) = try await runs.create(
            TaskOperations.NewTask(input), in: input.workspaceID, by: context.caller)
        var headers: [(name: HTTPField.Name, value: String)] = [(.location, "/v1/runs/\(created.run.id)")]
        if isReplay {
            headers.append((.idempotencyReplayed, "true"))
        } else {
            context.logger.info("task created", metadata: created.task.logMetadata)
        }
        return Reply(RunDetailView(created.run, of: created.task), headers: headers)
    }
    router.on(RunsAPI.list) { input, context in
        if let taskID = input.taskID {
            let all = try await runs.runs(of: taskID, in: input.workspaceID)
            guard let task = all.first?.task, try await context.caller.maySee(task, runs) else {
                return Page(items: [], nextCursor: nil)
            }
            return Page(items: all.map { RunRow($0.run, of: $0.task) }, nextCursor: nil)
        }
        var filter = TaskFilter(input.filter)
        if context.caller.audience == .agent,
            try await !context.caller.isOwner(of: filter.parentRunID, in: input.workspaceID, runs)
        {
            if filter.agent.map({ $0 != context.caller.principal.name }) == true {
                return Page(items: [], nextCursor: nil)
            }
            filter.agent = context.caller.principal.name
        }
        let (found, next) = try await runs.list(
            filter, in: input.workspaceID, before: input.cursor, limit: input.limit)
        return Page(items: found.map { RunRow($0.run, of: $0.task) }, nextCursor: next?.rawValue)
    }
    router.on(RunsAPI.get) { input, context in
        let found = try await runs.run(input.runID, in: input.workspaceID)
        guard try await context.caller.maySee(found.task, runs) else {
            throw Problem.notFound("run", input.runID.rawValue)
        }
        return RunDetailView(found.run, of: found.task)
    }
    router.on(RunsAPI.cancel) { input, context in
        let found = try await runs.cancel(
            input.runID, reason: input.reason, in: input.workspaceID, by: context.caller)
        return RunDetailView(found.run, of: found.task)
    }
    router.on(RunsAPI.replay) { input, context in
        let new = try await runs.replay(
            input.runID, fromStep: input.fromStep, in: input.workspaceID, by: context.caller)
        return Reply(
            RunDetailView(new.run, of: new.task), headers: [(.location, "/v1/runs/\(new.run.id)")])
    }
    answerManyRuns(&router, runs)
}

private func answerManyRuns(_ router: inout EndpointRouter, _ runs: RunOperations) {
    router.on(RunsAPI.cancelAll) { input, context in
        BulkView(
            try await runs.cancelAll(
                TaskFilter(input.filter), reason: input.reason, isDryRun: input.isDryRun, limit: input.limit,
                in: input.workspaceID, by: context.caller))
    }
    router.on(RunsAPI.replayAll) { input, context in
        let outcome = try await runs.replayAll(
            TaskFilter(input.filter), from: input.cursor, idempotencyKey: input.idempotencyKey,
            isDryRun: input.isDryRun, limit: input.limit, in: input.workspaceID, by: context.caller)
        return Reply(
            BulkReplayView(
                matched: outcome.matched,
                runs: outcome.made.map { ReplayedRunView(runID: $0.newRunID, replayOf: $0.runID) },
                next: outcome.next),
            headers: outcome.isReplay ? [(.idempotencyReplayed, "true")] : [])
    }
    router.on(RunsAPI.deadLetters) { input, _ in
        var filter = TaskFilter()
        filter.statuses = [.failed]
        filter.agent = input.agent
        filter.errorCode = input.errorCode
        filter.since = input.since
        filter.until = input.until
        let (found, next) = try await runs.list(
            filter, in: input.workspaceID, before: input.cursor, limit: input.limit)
        return Page(items: found.map { RunRow($0.run, of: $0.task) }, nextCursor: next?.rawValue)
    }
    router.on(RunsAPI.retryDeadLetters) { input, context in
        if let ids = input.runIDs {
            return BulkView(
                try await runs.retry(
                    ids, isDryRun: input.isDryRun, in: input.workspaceID, by: context.caller))
        }
        return BulkView(
            try await runs.retryAll(
                input.filter.map(TaskFilter.init) ?? TaskFilter(), isDryRun: input.isDryRun, limit: input.limit,
                in: input.workspaceID, by: context.caller))
    }
}

extension Caller {
    /// A worker's token opens only what its own work needs: it asks for runs on behalf of a run of its agent.
    fileprivate func requireParent(_ input: NewRunInput, _ runs: RunOperations) async throws {
        guard audience == .agent else { return }
        guard let parent = input.parentRunID else {
            throw Problem(
                .forbidden, "A worker may ask for runs only on behalf of a run.",
                fields: [.init("/parent_run_id", "is required of a worker")])
        }
        guard try await isOwner(of: parent, in: input.workspaceID, runs) else {
            throw Problem.invalid("/parent_run_id", "there is no such run")
        }
    }

    /// Whether a run is one of the worker's agent; not when there is none.
    fileprivate func isOwner(
        of runID: ID<Run>?, in workspaceID: ID<Workspace>, _ runs: RunOperations
    ) async throws -> Bool {
        guard let runID else { return false }
        do {
            return try await runs.run(runID, in: workspaceID).task.agent == principal.name
        } catch let problem as Problem where problem.kind == .notFound {
            return false
        }
    }

    /// Whether a task is the caller's business: for workers, that of their own agent, and what its runs have asked for.
    fileprivate func maySee(_ task: WorkTask, _ runs: RunOperations) async throws -> Bool {
        guard audience == .agent, task.agent != principal.name else { return true }
        return try await isOwner(of: task.parentRunID, in: task.workspaceID, runs)
    }
}

extension BulkView {
    fileprivate init(_ outcome: RunOperations.BulkOutcome) {
        self.init(matched: outcome.matched, changed: outcome.changed, hasMore: outcome.hasMore)
    }
}

extension TaskOperations.NewTask {
    fileprivate init(_ input: NewRunInput) {
        self.init(agent: input.agent)
        self.input = input.input
        roomID = input.roomID
        roomField = "/room_id"
        labels = input.labels
        priority = input.priority
        runAt = input.runAt
        timeoutSeconds = input.timeoutSeconds
        maxAttempts = input.retry?.maxAttempts
        initialSeconds = input.retry?.initialSeconds
        maxSeconds = input.retry?.maxSeconds
        factor = input.retry?.factor
        correlationID = input.correlationID
        idempotencyKey = input.idempotencyKey
        parentRunID = input.parentRunID
        after = input.after
        dependencyPolicy = input.dependencyPolicy
        // One that is named twice, once with the key that is meant when none is named, counts once.
        for use in input.limits.map({ LimitUse(name: $0.name, key: $0.key) }) where !limits.contains(use) {
            limits.append(use)
        }
    }
}

extension TaskFilter {
    fileprivate init(_ input: RunFilterQuery) {
        self.init()
        statuses = input.statuses
        agent = input.agent
        roomID = input.roomID
        parentRunID = input.parentRunID
        label = input.label
        correlationID = input.correlationID
        since = input.since
        until = input.until
    }

    fileprivate init(_ input: RunFilterInput) {
        self.init()
        statuses = input.statuses
        agent = input.agent
        roomID = input.roomID
        parentRunID = input.parentRunID
        label = input.label
        correlationID = input.correlationID
        errorCode = input.errorCode
        since = input.since
        until = input.until
    }
}
