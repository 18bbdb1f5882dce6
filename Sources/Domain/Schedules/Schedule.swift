// SPDX-License-Identifier: Apache-2.0

package import Common

/// A standing order for tasks: when to make one, and which.
package struct Schedule: Identified, Sendable, Equatable {
    package static let idPrefix = "sched"

    /// The jitters a schedule may have, in seconds: none to a day.
    package static let jitters = 0...86_400

    package let id: ID<Schedule>
    package let workspaceID: ID<Workspace>
    /// Where its tasks go.
    package let roomID: ID<Room>
    package var name: String
    package var trigger: ScheduleTrigger
    /// Each task is put off by a time of its own from 0 to so many seconds.
    package var jitterSeconds: Int
    package var overlap: ScheduleOverlap
    package var catchUp: ScheduleCatchUp
    /// What its tasks ask for; `runAt` is each fire's own.
    package var task: TaskRequest
    package private(set) var pausedAt: Timestamp?
    /// Nil when it has ended: a one-shot schedule that had its fire, or a deleted one.
    package private(set) var nextFireAt: Timestamp?
    /// The time that the last fire was meant for, whether or not it made a task.
    package private(set) var lastFireAt: Timestamp?
    package private(set) var lastTaskID: ID<WorkTask>?
    /// Tasks made, those by hand included.
    package private(set) var fireCount: Int
    /// Rises by one with every change.
    package private(set) var version: Int
    package let createdAt: Timestamp
    package private(set) var updatedAt: Timestamp
    package private(set) var deletedAt: Timestamp?

    /// Takes over what is stored.
    package init(
        id: ID<Schedule>, workspaceID: ID<Workspace>, roomID: ID<Room>, name: String, trigger: ScheduleTrigger,
        jitterSeconds: Int, overlap: ScheduleOverlap, catchUp: ScheduleCatchUp, task: TaskRequest,
        pausedAt: Timestamp?, nextFireAt: Timestamp?, lastFireAt: Timestamp?, lastTaskID: ID<WorkTask>?,
        fireCount: Int, version: Int, createdAt: Timestamp, updatedAt: Timestamp, deletedAt: Timestamp?
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.name = name
        self.trigger = trigger
        self.jitterSeconds = jitterSeconds
        self.overlap = overlap
        self.catchUp = catchUp
        self.task = task
        self.pausedAt = pausedAt
        self.nextFireAt = nextFireAt
        self.lastFireAt = lastFireAt
        self.lastTaskID = lastTaskID
        self.fireCount = fireCount
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.deletedAt = deletedAt
    }

    /// A new schedule; its first fire is the trigger's first after `time`. A one-shot time that is past already fires
    /// at once, as `runAt` does for tasks.
    package init(
        id: ID<Schedule> = .make(), workspaceID: ID<Workspace>, roomID: ID<Room>, name: String,
        trigger: ScheduleTrigger, jitterSeconds: Int = 0, overlap: ScheduleOverlap = .skip,
        catchUp: ScheduleCatchUp = .latest, task: TaskRequest, at time: Timestamp
    ) {
        self.init(
            id: id, workspaceID: workspaceID, roomID: roomID, name: name, trigger: trigger,
            jitterSeconds: jitterSeconds, overlap: overlap, catchUp: catchUp, task: task, pausedAt: nil,
            nextFireAt: trigger.first(at: time), lastFireAt: nil, lastTaskID: nil, fireCount: 0, version: 1,
            createdAt: time, updatedAt: time, deletedAt: nil)
    }
}

/// The changes. Each is total: whether it may happen is for the command to ask before.
extension Schedule {
    /// Stops it from firing. A pause is no downtime: what it leaves out is not caught up with.
    package mutating func pause(at time: Timestamp) {
        pausedAt = pausedAt ?? time
        touch(time)
    }

    /// Goes on with the first fire after now; a one-shot schedule whose time passed in the pause has ended.
    package mutating func resume(at time: Timestamp) {
        pausedAt = nil
        if let due = nextFireAt, due <= time { nextFireAt = trigger.next(after: time) }
        touch(time)
    }

    /// Takes over what was set from outside; under a new trigger the next fire is found anew.
    package mutating func edit(at time: Timestamp, _ change: (inout Schedule) -> Void) {
        let old = trigger
        change(&self)
        if trigger != old { nextFireAt = trigger.first(at: time) }
        touch(time)
    }

    /// Ends it for good.
    package mutating func delete(at time: Timestamp) {
        deletedAt = deletedAt ?? time
        nextFireAt = nil
        touch(time)
    }

    /// Uses up a fire with all before it; `task` is what it made, if anything.
    package mutating func use(_ fire: ScheduleFire, task: ID<WorkTask>?, next: Timestamp?, at time: Timestamp) {
        lastFireAt = fire.at
        nextFireAt = next
        count(task)
        touch(time)
    }

    /// Uses up fires without making anything of them, such as those that a catch-up policy leaves out.
    package mutating func skip(to next: Timestamp?, at time: Timestamp) {
        nextFireAt = next
        touch(time)
    }

    /// Notes a task that was made by hand; the fires stay as they are.
    package mutating func fireByHand(_ task: ID<WorkTask>, at time: Timestamp) {
        count(task)
        touch(time)
    }

    private mutating func count(_ task: ID<WorkTask>?) {
        guard let task else { return }
        lastTaskID = task
        fireCount += 1
    }

    private mutating func touch(_ time: Timestamp) {
        version += 1
        updatedAt = time
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
