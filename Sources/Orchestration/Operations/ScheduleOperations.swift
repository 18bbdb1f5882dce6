// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// What may be done to schedules.
package struct ScheduleOperations: Sendable {
    let core: OperationsCore
    let tasks: TaskOperations
    let directory: AgentDirectory

    package init(core: OperationsCore, tasks: TaskOperations, directory: AgentDirectory) {
        self.core = core
        self.tasks = tasks
        self.directory = directory
    }

    /// Makes a schedule; nil for the room is the default one.
    package func create(
        _ definition: ScheduleDefinition, roomID: ID<Room>?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Schedule {
        try await check(definition.task, in: workspaceID)
        let id = try await core.commit.submit(
            MakeSchedule(
                workspaceID: workspaceID, roomID: roomID ?? Room.defaultID, definition: definition,
                actor: caller.principal, traceID: caller.traceID))
        return try await schedule(id, in: workspaceID)
    }

    /// What a person wants to be otherwise; nil leaves a thing as it is.
    package struct Edit: Sendable {
        package var name: String?
        package var cron: CronExpression?
        package var zone: ScheduleZone?
        package var runAt: Timestamp?
        package var jitterSeconds: Int?
        package var overlap: ScheduleOverlap?
        package var catchUp: ScheduleCatchUp?
        /// The task with its correlation id.
        package var task: (request: TaskRequest, correlationID: String?)?

        package init() {}

        fileprivate func apply(to old: ScheduleDefinition) throws(Problem) -> ScheduleDefinition {
            var definition = old
            definition.name = name ?? old.name
            definition.trigger = try trigger(after: old.trigger)
            definition.jitterSeconds = jitterSeconds ?? old.jitterSeconds
            definition.overlap = overlap ?? old.overlap
            definition.catchUp = catchUp ?? old.catchUp
            if let task {
                definition.task = task.request
                definition.correlationID = task.correlationID
            }
            return definition
        }

        private func trigger(after old: ScheduleTrigger) throws(Problem) -> ScheduleTrigger {
            if let runAt { return .once(runAt) }
            switch old {
            case .cron(let expression, let known): return .cron(cron ?? expression, zone ?? known)
            case .once:
                if let cron { return .cron(cron, zone ?? .utc) }
                guard zone == nil else {
                    throw .invalid("/timezone", "does not go with a one-shot schedule; give cron with it")
                }
                return old
            }
        }
    }

    package func edit(
        _ id: ID<Schedule>, _ edit: Edit, version: Int?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Schedule {
        if let task = edit.task { try await check(task.request, in: workspaceID) }
        let change: ChangeSchedule.Change = .edit { definition throws(Problem) in try edit.apply(to: definition) }
        return try await self.change(id, change, version: version, in: workspaceID, by: caller)
    }

    /// Pauses, resumes or deletes.
    package func change(
        _ id: ID<Schedule>, _ change: ChangeSchedule.Change, version: Int? = nil, in workspaceID: ID<Workspace>,
        by caller: Caller
    ) async throws -> Schedule {
        let schedule = try await schedule(id, in: workspaceID)
        return try await core.commit.submit(
            ChangeSchedule(
                workspaceID: workspaceID, roomID: schedule.roomID, scheduleID: id, version: version, change: change,
                actor: caller.principal, traceID: caller.traceID))
    }

    /// Makes a task at once; the same key again finds it.
    package func fire(
        _ id: ID<Schedule>, idempotencyKey: String?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> (task: ID<WorkTask>, isReplay: Bool) {
        let schedule = try await schedule(id, in: workspaceID)
        return try await core.commit.submit(
            FireScheduleByHand(
                schedule: schedule, idempotencyKey: idempotencyKey, actor: caller.principal, traceID: caller.traceID))
    }

    // MARK: Reading

    package func schedule(_ id: ID<Schedule>, in workspaceID: ID<Workspace>) async throws -> Schedule {
        guard let schedule = try await core.read(ScheduleStore.schedule(id, in: workspaceID)) else {
            throw Problem.notFound("schedule", id.rawValue)
        }
        return schedule
    }

    /// Schedules newest first; `next` is where to go on.
    package func list(
        in workspaceID: ID<Workspace>, before cursor: ID<Schedule>?, limit: Int
    ) async throws -> (schedules: [Schedule], next: ID<Schedule>?) {
        let page = try await core.read(ScheduleStore.list(in: workspaceID, before: cursor, limit: limit + 1)).page(
            limit)
        return (page.items, page.last?.id)
    }

    private func check(_ task: TaskRequest, in workspaceID: ID<Workspace>) async throws {
        guard let agent = try await directory.entry(task.agent, in: workspaceID) else {
            throw Problem.invalid("/task/agent", "no agent of this name is registered")
        }
        try agent.check(try JSONValue.parse(task.input), at: "/task/input")
        try await tasks.checkLimits(task.limits, at: "/task/limits", in: workspaceID)
    }
}
