// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// Makes the tasks of a schedule's fires that are due.
///
/// It decides on the schedule as it was read before, or not at all: the row's version tells, under the lock of the
/// room's head, whether another orchestrator was first. So a fire is used up once, in the same transaction as its task.
package struct FireSchedule: Command {
    package enum Outcome: Sendable, Equatable {
        /// How many fires were used up.
        case fired(Int)
        /// It has changed since it was read; read it again.
        case changed
        /// Nothing is due.
        case idle
    }

    package let schedule: Schedule
    package let actor: Principal
    package let traceID: String

    /// `schedule` is what was read before.
    package init(schedule: Schedule, actor: Principal, traceID: String) {
        self.schedule = schedule
        self.actor = actor
        self.traceID = traceID
    }

    package var workspaceID: ID<Workspace> { schedule.workspaceID }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(schedule.roomID)]
        needs.rows.schedules.want(schedule.id)
        needs.rows.rooms.want(schedule.roomID)
        needs.tasks = schedule.liveTaskIDs.map { TaskStore.Wanted(id: $0) }
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Outcome {
        guard state.rows.schedules[schedule.id]?.version == schedule.version else { return .changed }
        guard let due = schedule.due(at: state.now) else { return .idle }
        if let since = due.missedSince {
            try record(.missed(since: since, next: due.fires.first?.at ?? due.next), &state)
        }
        var live = state.unfinished(of: schedule)
        for (index, fire) in due.fires.enumerated() {
            let next = index + 1 < due.fires.count ? due.fires[index + 1].at : due.next
            try make(fire, next: next, live: &live, &state)
        }
        return .fired(due.fires.count)
    }

    private func make(
        _ fire: ScheduleFire, next: Timestamp?, live: inout [ID<WorkTask>], _ state: inout FlushState
    ) throws(Problem) {
        var request = schedule.request(for: fire)
        let outcome: ScheduleFiring.Outcome
        if state.rows.rooms[schedule.roomID]?.archivedAt != nil {
            outcome = .archived
        } else {
            switch schedule.definition.overlap.decide(live: live) {
            case .make: outcome = .made
            case .makeAfter(let earlier):
                request.dependencies = TaskDependencies(after: earlier, policy: .run, isBlocking: true)
                outcome = .queued
            case .cancelAndMake(let tasks):
                for task in tasks { cancel(task, &state) }
                live = []
                outcome = .replaced
            case .leaveOut: outcome = .overlapped
            }
        }
        let task: ID<WorkTask>? = outcome == .overlapped || outcome == .archived ? nil : .make()
        if let task { live.append(task) }
        let firing = ScheduleFiring(at: fire.at, outcome: outcome, taskID: task, live: live)
        try record(.fired(firing, next: next), &state)
        if let task { state.create(request, as: task, of: schedule, key: nil, by: actor, traceID: traceID) }
    }

    /// A task that has ended by itself meanwhile is left as it is.
    private func cancel(_ id: ID<WorkTask>, _ state: inout FlushState) {
        guard let event = try? state.tasks[id]?.cancel(reason: "The schedule \(schedule.id) fired again.") else {
            return
        }
        state.record(event, on: id, by: actor)
    }

    private func record(_ event: ScheduleEvent, _ state: inout FlushState) throws(Problem) {
        var context = state.context(.room(schedule.roomID), by: actor, traceID: traceID)
        context.correlationID = schedule.correlationID
        try state.record(event, on: schedule.id, in: \.schedules, context)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> Outcome { .changed }
}

/// Makes a task of a schedule at once, whether or not it is paused and whatever its other tasks do.
package struct FireScheduleByHand: Command {
    package let schedule: Schedule
    package let idempotencyKey: String?
    package let actor: Principal
    package let traceID: String

    /// `schedule` is what was read before.
    package init(schedule: Schedule, idempotencyKey: String?, actor: Principal, traceID: String) {
        self.schedule = schedule
        self.idempotencyKey = idempotencyKey
        self.actor = actor
        self.traceID = traceID
    }

    package var workspaceID: ID<Workspace> { schedule.workspaceID }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(schedule.roomID)]
        needs.rows.schedules.want(schedule.id)
        needs.rows.rooms.want(schedule.roomID)
        needs.tasks = schedule.liveTaskIDs.map { TaskStore.Wanted(id: $0) }
        if let idempotencyKey {
            // A key is one for all rooms of the workspace.
            needs.streams.insert(.workspace(workspaceID))
            needs.idempotencyKeys = [idempotencyKey]
        }
        return needs
    }

    /// The task, and whether it was made earlier with the same key.
    package func decide(_ state: inout FlushState) throws(Problem) -> (task: ID<WorkTask>, isReplay: Bool) {
        guard let current = state.rows.schedules[schedule.id], current.deletedAt == nil else {
            throw .notFound("schedule", schedule.id.rawValue)
        }
        if let key = idempotencyKey, let earlier = state.task(withKey: key) {
            guard earlier.hash == current.fireHash else {
                throw .reusedKey("/idempotency_key", ["task_id": .string(earlier.task.rawValue)])
            }
            return (earlier.task, true)
        }
        try state.requireOpenRoom(current.roomID)
        var live = state.unfinished(of: current)
        guard live.count < ScheduleOverlap.queueLimit else {
            throw Problem(
                .conflict, "\(live.count) tasks of this schedule are not finished; wait for one to end.",
                code: "too_many_unfinished")
        }
        let task = ID<WorkTask>.make()
        live.append(task)
        var context = state.context(.room(current.roomID), by: actor, traceID: traceID)
        context.correlationID = current.correlationID
        context.idempotencyKey = idempotencyKey
        try state.record(.firedByHand(task, live: live), on: current.id, in: \.schedules, context)
        var request = current.definition.task
        if idempotencyKey != nil { request.idempotencyHash = current.fireHash }
        state.create(request, as: task, of: current, key: idempotencyKey, by: actor, traceID: traceID)
        return (task, false)
    }

    package func memo(of outcome: (task: ID<WorkTask>, isReplay: Bool)) -> [UInt8]? {
        Array(outcome.task.rawValue.utf8)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> (task: ID<WorkTask>, isReplay: Bool) {
        (ID(trusted: String(decoding: memo ?? [], as: UTF8.self)), false)
    }
}

extension Schedule {
    /// Of its tasks and of what happens to it.
    fileprivate var correlationID: String { definition.correlationID ?? id.rawValue }

    /// What "the same request" means for a fire by hand.
    fileprivate var fireHash: [UInt8] { Array("fire \(id)".utf8) }
}

extension FlushState {
    /// Tasks of a schedule that may still be under way; those that nobody loaded are among them.
    fileprivate func unfinished(of schedule: Schedule) -> [ID<WorkTask>] {
        schedule.liveTaskIDs.filter { tasks[$0]?.task.status.isFinal != true }
    }

    fileprivate mutating func create(
        _ request: TaskRequest, as id: ID<WorkTask>, of schedule: Schedule, key: String?, by actor: Principal,
        traceID: String
    ) {
        let creation = TaskCreation(
            eventID: .timeOrdered(at: now), workspaceID: workspaceID, roomID: schedule.roomID, taskID: id,
            runID: .make(), correlationID: schedule.correlationID, traceID: traceID, idempotencyKey: key, by: actor,
            at: now)
        _ = create(request, in: creation)
    }
}
