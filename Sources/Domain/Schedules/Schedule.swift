// SPDX-License-Identifier: Apache-2.0

package import Common

/// What people decide about a schedule.
package struct ScheduleDefinition: Sendable, Equatable {
    /// The jitters a schedule may have, in seconds: none to a day.
    package static let jitters = 0...86_400

    package var name: String
    package var trigger: ScheduleTrigger
    /// Each task is put off by a time of its own from 0 to so many seconds.
    package var jitterSeconds: Int
    package var overlap: ScheduleOverlap
    package var catchUp: ScheduleCatchUp
    /// What its tasks ask for; `runAt` is each fire's own.
    package var task: TaskRequest
    /// Of its tasks; nil for the schedule's own id.
    package var correlationID: String?

    package init(
        name: String, trigger: ScheduleTrigger, jitterSeconds: Int = 0, overlap: ScheduleOverlap = .skip,
        catchUp: ScheduleCatchUp = .latest, task: TaskRequest, correlationID: String? = nil
    ) {
        self.name = name
        self.trigger = trigger
        self.jitterSeconds = jitterSeconds
        self.overlap = overlap
        self.catchUp = catchUp
        self.task = task
        self.correlationID = correlationID
    }
}

/// A standing order for tasks: when to make one, and which.
package struct Schedule: Identified, Sendable, Equatable {
    package static let idPrefix = "sched"

    package let id: ID<Schedule>
    package let workspaceID: ID<Workspace>
    /// Where its tasks go.
    package let roomID: ID<Room>
    package var definition: ScheduleDefinition
    package var pausedAt: Timestamp?
    /// Nil when it has ended: a one-shot schedule that had its fire, or a deleted one.
    package var nextFireAt: Timestamp?
    /// The time that the last fire was meant for, whether or not it made a task.
    package var lastFireAt: Timestamp?
    package var lastTaskID: ID<WorkTask>?
    /// Its tasks that had not ended when it fired last, oldest first.
    package var liveTaskIDs: [ID<WorkTask>]
    /// Tasks made, those by hand included.
    package var fireCount: Int
    /// Rises by one with every event that changes this row.
    package var version: Int
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    package var deletedAt: Timestamp?

    package init(
        id: ID<Schedule>, workspaceID: ID<Workspace>, roomID: ID<Room>, definition: ScheduleDefinition,
        pausedAt: Timestamp? = nil, nextFireAt: Timestamp?, lastFireAt: Timestamp? = nil,
        lastTaskID: ID<WorkTask>? = nil, liveTaskIDs: [ID<WorkTask>] = [], fireCount: Int = 0, version: Int = 1,
        createdAt: Timestamp, updatedAt: Timestamp, deletedAt: Timestamp? = nil
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.definition = definition
        self.pausedAt = pausedAt
        self.nextFireAt = nextFireAt
        self.lastFireAt = lastFireAt
        self.lastTaskID = lastTaskID
        self.liveTaskIDs = liveTaskIDs
        self.fireCount = fireCount
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.deletedAt = deletedAt
    }

    /// Whether it fires: not paused, not deleted, and not at its end.
    package var isActive: Bool { pausedAt == nil && deletedAt == nil && nextFireAt != nil }
}

/// What would happen. The next fire is found here, once, and told by the event: rules of time zones change, and what
/// has happened must not.
extension Schedule {
    /// How a schedule begins: a one-shot time that is past already fires at once, as `runAt` does for tasks.
    package static func create(_ definition: ScheduleDefinition, at time: Timestamp) -> ScheduleEvent {
        .created(definition, next: definition.trigger.first(at: time))
    }

    /// Another definition; under a new trigger the next fire is found anew. Nil when nothing changes.
    package func edit(_ changed: ScheduleDefinition, at time: Timestamp) -> ScheduleEvent? {
        guard changed != definition else { return nil }
        return .edited(
            changed, next: changed.trigger == definition.trigger ? nextFireAt : changed.trigger.first(at: time))
    }

    /// Nil when it is paused already.
    package func pause() -> ScheduleEvent? { pausedAt == nil ? .paused : nil }

    /// It goes on with the first fire after now: a pause is no downtime, and what it leaves out is not caught up with.
    /// A one-shot schedule whose time passed in the pause has ended. Nil when it is not paused.
    package func resume(at time: Timestamp) -> ScheduleEvent? {
        guard pausedAt != nil else { return nil }
        guard let next = nextFireAt, next <= time else { return .resumed(next: nextFireAt) }
        return .resumed(next: definition.trigger.next(after: time))
    }
}

extension ScheduleTrigger {
    /// The first fire of a schedule that begins now.
    fileprivate func first(at time: Timestamp) -> Timestamp? {
        switch self {
        case .cron: next(after: time)
        case .once(let moment): moment
        }
    }
}
