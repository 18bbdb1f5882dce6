// SPDX-License-Identifier: Apache-2.0

package import Common
import Crypto
package import Domain
package import Postgres
package import Store

/// What may be done to tasks: check, hand to a write lane, answer after the commit.
package struct TaskOperations: Sendable {
    let pool: PostgresPool
    let commit: GroupCommit
    let directory: AgentDirectory

    package init(pool: PostgresPool, commit: GroupCommit, directory: AgentDirectory) {
        self.pool = pool
        self.commit = commit
        self.directory = directory
    }

    /// What a caller wants done; nil means that they did not say.
    package struct NewTask: Sendable {
        package var agent: String
        package var input: JSONValue?
        package var correlationID: String?
        package var idempotencyKey: String?
        package var priority: Int?
        package var runAt: Timestamp?
        package var timeoutSeconds: Int?
        package var maxAttempts: Int?
        package var initialSeconds: Double?
        package var maxSeconds: Double?
        package var factor: Double?
        package var roomID: ID<Room>?
        /// How the request calls the room, for refusing one that is not there.
        package var roomField = "/roomId"
        package var labels: [String] = []
        package var limits: [LimitUse] = []
        package var parentRunID: ID<Run>?
        /// Runs whose tasks have to be done before.
        package var after: [ID<Run>] = []
        package var dependencyPolicy: TaskDependencies.Policy?

        package init(agent: String) { self.agent = agent }
    }

    /// Makes a task, or finds the one that was made with the same key; `isReplay` tells which.
    package func create(
        _ new: NewTask, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> (task: WorkTask, isReplay: Bool) {
        guard let agent = try await directory.entry(new.agent, in: workspaceID) else {
            throw Problem.invalid("/agent", "no agent of this name is registered")
        }
        if let roomID = new.roomID, try await read(RoomStore.room(roomID, in: workspaceID)) == nil {
            throw Problem.invalid(new.roomField, "there is no such room")
        }
        let input = new.input ?? .object([:])
        try check(input, against: agent)
        try await checkLimits(new.limits, in: workspaceID)
        var request = new.request(input)
        let upstream = try await upstream(of: new, in: workspaceID)
        request.dependencies = TaskDependencies(
            after: upstream.map(\.taskID), policy: new.dependencyPolicy ?? .fail, isBlocking: false)
        let parent = try await parent(of: new, in: workspaceID)
        let outcome = try await commit.submit(
            CreateTask(
                workspaceID: workspaceID, roomID: new.roomID ?? parent?.roomID ?? Room.defaultID, request: request,
                correlationID: new.correlationID, idempotencyKey: new.idempotencyKey, traceID: caller.traceID,
                actor: caller.principal, upstream: upstream, parent: parent))
        switch outcome {
        case .created(let task): return (task, false)
        case .existing(let id): return (try await task(id, in: workspaceID), true)
        case .recalled(let id): return (try await task(id, in: workspaceID), false)
        }
    }

    /// Throws unless all these limits are there; `field` is where they are in the request.
    func checkLimits(_ uses: [LimitUse], at field: String = "/limits", in workspaceID: ID<Workspace>) async throws {
        guard !uses.isEmpty else { return }
        let known = Set(
            try await read(LimitStore.load(uses.map(\.name), in: workspaceID)).filter { $0.removedAt == nil }
                .map(\.name))
        for (index, use) in uses.enumerated() where !known.contains(use.name) {
            throw Problem.invalid("\(field)/\(index)/name", "there is no limit of this name; set it first")
        }
    }

    private func upstream(of new: NewTask, in workspaceID: ID<Workspace>) async throws -> [TaskPlace] {
        var places: [TaskPlace] = []
        for (index, run) in new.after.enumerated() {
            guard let place = try await read(TaskStore.place(ofRun: run, in: workspaceID)) else {
                throw Problem.invalid("/after/\(index)", "there is no such run")
            }
            let found = TaskPlace(taskID: place.taskID, roomID: place.roomID)
            if !places.contains(found) { places.append(found) }
        }
        return places
    }

    private func parent(of new: NewTask, in workspaceID: ID<Workspace>) async throws -> TaskPlace? {
        guard let run = new.parentRunID else { return nil }
        guard let place = try await read(TaskStore.place(ofRun: run, in: workspaceID)) else {
            throw Problem.invalid("/parent_run_id", "there is no such run")
        }
        return TaskPlace(taskID: place.taskID, roomID: place.roomID)
    }

    private func check(_ input: JSONValue, against entry: AgentDirectory.Entry) throws {
        try entry.check(input, at: "/input")
    }

    /// What a person wants to make of a task they have seen.
    package struct TaskChange: Sendable {
        package enum Goal: Sendable {
            case edit(input: JSONValue?, priority: Int?, timeoutSeconds: Int?)
            case cancel(reason: String?)
            case retry
            case complete(result: JSONValue)
            case fail(code: String, message: String)
        }

        package let taskID: ID<WorkTask>
        package let version: Int
        package let goal: Goal

        package init(taskID: ID<WorkTask>, version: Int, goal: Goal) {
            self.taskID = taskID
            self.version = version
            self.goal = goal
        }
    }

    /// Changes a task by hand; the answer is the task as it is afterwards.
    package func change(
        _ change: TaskChange, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> WorkTask {
        let current = try await task(change.taskID, in: workspaceID)
        let kind: ChangeTask.Change
        switch change.goal {
        case .edit(let input, let priority, let timeoutSeconds):
            if let input {
                guard let agent = try await directory.entry(current.agent, in: workspaceID) else {
                    throw Problem(.conflict, "The agent \(current.agent) is not registered any more.")
                }
                try check(input, against: agent)
            }
            kind = .edit(TaskEdit(input: input?.bytes, priority: priority, timeoutSeconds: timeoutSeconds))
        case .cancel(let reason): kind = .cancel(reason: reason)
        case .retry: kind = .retry
        case .complete(let result): kind = .complete(result: result.bytes)
        case .fail(let code, let message):
            kind = .fail(RunFailure(code: code, message: message, isRetryable: false))
        }
        var changed = try await commit.submit(
            ChangeTask(
                workspaceID: workspaceID, roomID: current.roomID, taskID: change.taskID, version: change.version,
                change: kind, actor: caller.principal))
        // A flush loads no payloads; what the change did not replace is as it was read.
        if changed.input.isEmpty { changed.input = current.input }
        return changed
    }

    // MARK: Reading

    package func task(_ id: ID<WorkTask>, in workspaceID: ID<Workspace>) async throws -> WorkTask {
        guard let task = try await read(TaskStore.task(id, in: workspaceID)) else {
            throw Problem.notFound("task", id.rawValue)
        }
        return task
    }

    /// Tasks newest first; `next` is where to go on. A page can have less than `limit`, or nothing, and still a `next`:
    /// it looks at a bounded number of tasks.
    package func list(
        _ filter: TaskFilter, in workspaceID: ID<Workspace>, before cursor: ID<WorkTask>?, limit: Int
    ) async throws -> (tasks: [WorkTask], next: ID<WorkTask>?) {
        let found = try await read(TaskStore.list(filter, in: workspaceID, before: cursor, limit: limit + 1))
        let page = found.rows.page(limit)
        return (page.items, page.last?.id ?? found.end)
    }

    /// The latest runs of a task, newest first.
    package func runs(of id: ID<WorkTask>, in workspaceID: ID<Workspace>) async throws -> [Run] {
        try await read(TaskStore.runs(of: id, in: workspaceID, limit: 100))
    }

    /// Events of a task after a position, oldest first.
    package func events(
        of id: ID<WorkTask>, in workspaceID: ID<Workspace>, after position: Int64, limit: Int
    ) async throws -> (events: [RecordedEvent], next: Int64?) {
        let events = try await read(EventStore.events(of: id, in: workspaceID, after: position, limit: limit + 1))
        guard events.count > limit else { return (events, nil) }
        return (Array(events.prefix(limit)), events[limit - 1].position)
    }

    private func read<Output: Sendable>(_ statement: Statement<Output>) async throws -> Output {
        try statement.decode(try await pool.query(statement.sql))
    }
}

extension TaskOperations.NewTask {
    fileprivate func request(_ input: JSONValue) -> TaskRequest {
        let standard = TaskRetryPolicy.standard
        return TaskRequest(
            agent: agent, input: input.bytes, priority: priority ?? 5, timeoutSeconds: timeoutSeconds ?? 300,
            retry: TaskRetryPolicy(
                maxAttempts: maxAttempts ?? standard.maxAttempts,
                initialSeconds: initialSeconds ?? standard.initialSeconds,
                maxSeconds: maxSeconds ?? standard.maxSeconds, factor: factor ?? standard.factor), runAt: runAt,
            idempotencyHash: idempotencyKey == nil ? nil : fingerprint, labels: labels, limits: limits,
            parentRunID: parentRunID)
    }

    /// The hash of the request's canonical form, without the key: what "the same body" means (design.md §7).
    private var fingerprint: [UInt8] {
        var body: JSONObject = ["agent": .string(agent)]
        body["roomId"] = roomID.map { .string($0.rawValue) }
        body["input"] = input
        body["correlationId"] = correlationID.map { .string($0) }
        body["priority"] = priority.map { JSONValue($0) }
        body["runAt"] = runAt.map { .string($0.description) }
        body["timeoutSeconds"] = timeoutSeconds.map { JSONValue($0) }
        body["maxAttempts"] = maxAttempts.map { JSONValue($0) }
        body["initialSeconds"] = initialSeconds.map { JSONValue($0) }
        body["maxSeconds"] = maxSeconds.map { JSONValue($0) }
        body["factor"] = factor.map { JSONValue($0) }
        if !labels.isEmpty { body["labels"] = .array(labels.map { .string($0) }) }
        if !limits.isEmpty { body["limits"] = .array(limits.map { .string($0.text) }) }
        // Not the parent: a parent that is tried again asks for the same under another run.
        if !after.isEmpty { body["after"] = .array(after.map { .string($0.rawValue) }) }
        body["onDependencyFailure"] = dependencyPolicy.map { .string($0.rawValue) }
        return body.fingerprint
    }
}

extension JSONObject {
    /// The hash of the canonical form: two requests with the same one are the same request.
    var fingerprint: [UInt8] { Array(SHA256.hash(data: JSONValue.object(self).canonicalBytes)) }
}
