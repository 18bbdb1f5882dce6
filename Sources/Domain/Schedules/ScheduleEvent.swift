// SPDX-License-Identifier: Apache-2.0

package import Common

/// Everything that can happen to a schedule. The stream is its room's, like that of the tasks it makes.
package enum ScheduleEvent: RowEvent {
    case created(ScheduleDefinition, next: Timestamp?)
    case edited(ScheduleDefinition, next: Timestamp?)
    case paused
    case resumed(next: Timestamp?)
    /// A fire was used up, with or without a task.
    case fired(ScheduleFiring, next: Timestamp?)
    /// Fires that nobody was there to make in time were left out, from the first of them on.
    case missed(since: Timestamp, next: Timestamp?)
    /// A person made a task without waiting for a fire.
    case firedByHand(ID<WorkTask>, live: [ID<WorkTask>])
    case deleted

    package static let names = [
        "schedule.created", "schedule.edited", "schedule.paused", "schedule.resumed", "schedule.fired",
        "schedule.missed", "schedule.fired_by_hand", "schedule.deleted",
    ]

    package var name: String {
        switch self {
        case .created: "schedule.created"
        case .edited: "schedule.edited"
        case .paused: "schedule.paused"
        case .resumed: "schedule.resumed"
        case .fired: "schedule.fired"
        case .missed: "schedule.missed"
        case .firedByHand: "schedule.fired_by_hand"
        case .deleted: "schedule.deleted"
        }
    }

    package static func key(of row: Schedule) -> ID<Schedule> { row.id }

    package static func key(in _: EventContext, _ body: EventBody) throws(EventDecodingError) -> ID<Schedule> {
        try body.id("schedule_id")
    }

    package func applied(to row: Schedule?, key: ID<Schedule>, in context: EventContext) -> Schedule? {
        let time = context.occurredAt
        if case .created(let definition, let next) = self {
            guard case .room(let roomID) = context.stream else { return nil }
            return Schedule(
                id: key, workspaceID: context.workspaceID, roomID: roomID, definition: definition, nextFireAt: next,
                createdAt: time, updatedAt: time)
        }
        guard var schedule = row else { return nil }
        switch self {
        case .created: break
        case .edited(let definition, let next):
            schedule.definition = definition
            schedule.nextFireAt = next
        case .paused: schedule.pausedAt = time
        case .resumed(let next):
            schedule.pausedAt = nil
            schedule.nextFireAt = next
        case .fired(let firing, let next):
            schedule.lastFireAt = firing.at
            schedule.nextFireAt = next
            schedule.make(firing.taskID, live: firing.live)
        case .missed(_, let next): schedule.nextFireAt = next
        case .firedByHand(let task, let live): schedule.make(task, live: live)
        case .deleted:
            schedule.deletedAt = time
            schedule.nextFireAt = nil
        }
        schedule.version += 1
        schedule.updatedAt = time
        return schedule
    }
}

/// What became of one fire.
package struct ScheduleFiring: Sendable, Equatable {
    package enum Outcome: String, Sendable, CaseIterable {
        /// Its task was made.
        case made
        /// Its task was made and waits for the one before it.
        case queued
        /// Earlier tasks were cancelled, and its own was made.
        case replaced
        /// No task was made, because earlier ones are not finished.
        case overlapped
        /// No task was made, because the room is archived.
        case archived
    }

    /// What the trigger says; names the fire.
    package let at: Timestamp
    package let outcome: Outcome
    package let taskID: ID<WorkTask>?
    /// Tasks of the schedule that are not finished, oldest first, the new one included.
    package let live: [ID<WorkTask>]

    package init(at: Timestamp, outcome: Outcome, taskID: ID<WorkTask>?, live: [ID<WorkTask>]) {
        self.at = at
        self.outcome = outcome
        self.taskID = taskID
        self.live = live
    }
}

extension Schedule {
    fileprivate mutating func make(_ task: ID<WorkTask>?, live: [ID<WorkTask>]) {
        liveTaskIDs = live
        guard let task else { return }
        lastTaskID = task
        fireCount += 1
    }
}
