// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Store

/// A run together with its task: what callers of `/v1/runs` see.
package struct RunOfTask: Sendable {
    package let run: Run
    package let task: WorkTask

    package init(run: Run, task: WorkTask) {
        self.run = run
        self.task = task
    }
}

/// What may be done to runs by people and programs; what their workers do is in `RunOperations+Work.swift`.
package struct RunOperations: Sendable {
    let core: OperationsCore
    let tasks: TaskOperations
    let directory: AgentDirectory
    let waiters: ClaimWaiters
    let marks: ClaimMarks
    /// Makes and checks the tokens of leases.
    package let leaseSigner: LeaseSigner

    package init(
        core: OperationsCore, tasks: TaskOperations, directory: AgentDirectory, waiters: ClaimWaiters,
        marks: ClaimMarks = ClaimMarks(), leaseSigner: LeaseSigner
    ) {
        self.core = core
        self.tasks = tasks
        self.directory = directory
        self.waiters = waiters
        self.marks = marks
        self.leaseSigner = leaseSigner
    }

    /// Claims of workers outside that are under way or wait.
    package var claimsWaiting: Int { waiters.count }

    /// Creates a task with its first run, or finds the one that was made with the same key.
    package func create(
        _ new: TaskOperations.NewTask, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> (run: RunOfTask, isReplay: Bool) {
        let (task, isReplay) = try await tasks.create(new, in: workspaceID, by: caller)
        return (try await run(task.runID, in: workspaceID), isReplay)
    }

    /// A run with its task, input and result included.
    package func run(_ id: ID<Run>, in workspaceID: ID<Workspace>) async throws -> RunOfTask {
        guard let found = try await core.read(TaskStore.run(id, in: workspaceID)) else {
            throw Problem.notFound("run", id.rawValue)
        }
        return RunOfTask(run: found.run, task: found.task)
    }

    /// The latest runs of tasks, newest task first, without payloads. A page can have less than `limit`, or nothing, and
    /// still a `next`: it looks at a bounded number of tasks.
    package func list(
        _ filter: TaskFilter, in workspaceID: ID<Workspace>, before cursor: ID<WorkTask>?, limit: Int
    ) async throws -> (runs: [RunOfTask], next: ID<WorkTask>?) {
        let found = try await core.read(
            TaskStore.listRuns(filter, in: workspaceID, before: cursor, limit: limit + 1))
        let page = found.rows.page(limit)
        return (
            page.items.map { RunOfTask(run: $0.run, task: $0.task) }, page.last?.task.id ?? found.end
        )
    }

    /// All runs of one task, newest first, 100 at most.
    package func runs(of taskID: ID<WorkTask>, in workspaceID: ID<Workspace>) async throws -> [RunOfTask] {
        guard let task = try await core.read(TaskStore.task(taskID, in: workspaceID)) else {
            throw Problem.notFound("task", taskID.rawValue)
        }
        return try await core.read(TaskStore.runs(of: taskID, in: workspaceID, limit: 100))
            .map { RunOfTask(run: $0, task: task) }
    }

    /// Cancels the task of a run; its children follow.
    package func cancel(
        _ id: ID<Run>, reason: String?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> RunOfTask {
        try await change(id, .cancel(reason: reason), in: workspaceID, by: caller)
        return try await run(id, in: workspaceID)
    }

    /// Steps of one run that a replay looks at.
    private static let stepLimit = 1000

    /// A new run of the task, which takes over the completed steps before `fromStep`; without it all are done again.
    package func replay(
        _ id: ID<Run>, fromStep: ID<Step>?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> RunOfTask {
        let earlier = try await run(id, in: workspaceID)
        // Only then do its steps change no more.
        guard earlier.run.finishedAt != nil else {
            throw Problem(TaskError.illegalTransition(from: earlier.task.status, to: .queued))
        }
        let place = TaskPlace(taskID: earlier.task.id, roomID: earlier.task.roomID)
        var carried: [Step] = []
        if let fromStep {
            let steps = try await core.read(
                StepStore.list(of: id, in: workspaceID, after: 0, limit: Self.stepLimit, payloads: .all)
            ).rows
            guard let index = steps.firstIndex(where: { $0.id == fromStep }) else {
                throw Problem.invalid("/from_step", "is not among the first \(Self.stepLimit) steps of this run")
            }
            carried = steps[..<index].filter { $0.status == .completed }
        }
        let new = try await core.commit.submit(
            ReplayRun(
                workspaceID: workspaceID, place: place, runID: id, fromStep: fromStep, steps: carried,
                actor: caller.principal))
        return try await run(new, in: workspaceID)
    }

    func change(
        _ id: ID<Run>, _ change: ChangeTask.Change, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws {
        let place = try await core.place(of: id, in: workspaceID)
        _ = try await core.commit.submit(
            ChangeTask(
                workspaceID: workspaceID, roomID: place.roomID, taskID: place.taskID, version: nil, change: change,
                actor: caller.principal))
    }

    // MARK: Many at a time

    /// What became of a request about many runs.
    package struct BulkOutcome: Sendable {
        /// Runs that fit the filter, as far as was looked.
        package var matched = 0
        /// Runs that were changed; those that changed by themselves meanwhile were not.
        package var changed = 0
        /// Whether more fit; ask again.
        package var hasMore = false
    }

    /// Cancels tasks that have not ended and fit the filter, `limit` at most; a dry run only counts.
    package func cancelAll(
        _ filter: TaskFilter, reason: String?, isDryRun: Bool, limit: Int, in workspaceID: ID<Workspace>,
        by caller: Caller
    ) async throws -> BulkOutcome {
        var filter = filter
        if filter.statuses.isEmpty { filter.statuses = TaskStatus.allCases.filter { !$0.isFinal } }
        return try await changeAll(
            filter, .cancel(reason: reason), isDryRun: isDryRun, limit: limit, in: workspaceID, by: caller)
    }

    /// Tries failed tasks again that fit the filter, `limit` at most; a dry run only counts.
    package func retryAll(
        _ filter: TaskFilter, isDryRun: Bool, limit: Int, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> BulkOutcome {
        var filter = filter
        filter.statuses = [.failed]
        return try await changeAll(
            filter, .retry, isDryRun: isDryRun, limit: limit, in: workspaceID, by: caller)
    }

    /// Tries the tasks of these runs again, as far as they have failed or were cancelled.
    package func retry(
        _ ids: [ID<Run>], isDryRun: Bool, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> BulkOutcome {
        let tasks = try await core.read(TaskStore.tasks(ofRuns: ids, in: workspaceID))
            .filter { $0.status == .failed || $0.status == .cancelled }
        var outcome = BulkOutcome(matched: tasks.count)
        if !isDryRun { outcome.changed = try await changeEach(tasks, .retry, by: caller) }
        return outcome
    }

    private func changeAll(
        _ filter: TaskFilter, _ change: ChangeTask.Change, isDryRun: Bool, limit: Int, in workspaceID: ID<Workspace>,
        by caller: Caller
    ) async throws -> BulkOutcome {
        let found = try await find(filter, limit: limit, in: workspaceID)
        var outcome = BulkOutcome(matched: found.tasks.count, changed: 0, hasMore: found.last != nil)
        if !isDryRun { outcome.changed = try await changeEach(found.tasks, change, by: caller) }
        return outcome
    }

    /// Tasks that fit, newest first, `limit` at most; `last` is where to go on if there are others.
    func find(
        _ filter: TaskFilter, from start: ID<WorkTask>? = nil, limit: Int, in workspaceID: ID<Workspace>
    ) async throws -> (tasks: [WorkTask], last: ID<WorkTask>?) {
        var found: [WorkTask] = []
        var cursor = start
        repeat {
            let scan = try await core.read(
                TaskStore.list(filter, in: workspaceID, before: cursor, limit: limit + 1 - found.count))
            found += scan.rows
            cursor = scan.end
        } while cursor != nil && found.count <= limit
        let page = found.page(limit)
        return (page.items, page.last?.id)
    }

    private func changeEach(
        _ tasks: [WorkTask], _ change: ChangeTask.Change, by caller: Caller
    ) async throws -> Int {
        try await each(tasks) { task in try await self.changeUnlessMoved(task, change, by: caller) }
    }

    /// Does something to many, and counts those to which it was done.
    @discardableResult
    func each<Item: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) async throws -> Bool
    ) async throws -> Int {
        var count = 0
        // Together, since the lane puts them into few transactions; not all at once, since its queue is bounded.
        for start in stride(from: 0, to: items.count, by: 100) {
            count += try await withThrowingTaskGroup(of: Bool.self) { group in
                for item in items[start..<min(start + 100, items.count)] {
                    group.addTask { try await body(item) }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
        }
        return count
    }

    private func changeUnlessMoved(
        _ task: WorkTask, _ change: ChangeTask.Change, by caller: Caller
    ) async throws -> Bool {
        do {
            _ = try await core.commit.submit(
                ChangeTask(
                    workspaceID: task.workspaceID, roomID: task.roomID, taskID: task.id, version: task.version,
                    change: change, actor: caller.principal))
            return true
        } catch let problem as Problem where problem.kind == .stale || problem.kind == .conflict {
            return false
        }
    }
}
