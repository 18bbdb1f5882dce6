// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

extension ScheduleOverlap: WireEnum {}

/// A schedule as it is.
package struct ScheduleView: WireObject {
    package static let wireName = "Schedule"

    /// Whether it fires.
    package enum Status: String, WireEnum { case active, paused, ended }

    package let schedule: Schedule

    package init(_ schedule: Schedule) { self.schedule = schedule }

    package static let fields: [Field<ScheduleView>] = [
        Field("schedule_id", "Names the schedule.") { $0.schedule.id },
        Field("workspace_id", "The workspace it belongs to.") { $0.schedule.workspaceID.rawValue },
        Field("room_id", "Where its tasks go.") { $0.schedule.roomID },
        Field("name", "What people call it.") { $0.schedule.definition.name },
        Field("status", "Whether it fires; `ended` once there is no fire to come.") { $0.status },
        Field("cron", "Its expression; null for one that fires once.") { $0.cron?.0.description },
        Field("timezone", "Whose wall clock; null for one that fires once.") { $0.cron?.1.description },
        Field("run_at", "The one time at which it fires; null with `cron`.") { $0.runAt },
        Field("jitter_seconds", "Up to what each of its tasks is put off.") { $0.schedule.definition.jitterSeconds },
        Field("overlap", "What a fire does while an earlier task is not finished.") { $0.schedule.definition.overlap },
        Field("catch_up", "What becomes of missed fires.") { CatchUpView($0.schedule.definition.catchUp) },
        Field("task", "What each of its tasks asks for.") { ScheduledTaskView($0.schedule.definition) },
        Field("paused_at", "Since when it is paused; null while it is not.") { $0.schedule.pausedAt },
        Field("next_fire_at", "When it fires next, before the jitter; null while it is paused and at its end.") {
            $0.schedule.isActive ? $0.schedule.nextFireAt : nil
        },
        Field("last_fire_at", "What time its last fire was meant for; null before.") { $0.schedule.lastFireAt },
        Field("last_task_id", "The task it made last; null before.") { $0.schedule.lastTaskID },
        Field("fire_count", "Tasks made.") { $0.schedule.fireCount },
        Field("version", "Rises with every change; name it as `if_version`.") { $0.schedule.version },
        Field("created_at", "When it was made.") { $0.schedule.createdAt },
        Field("updated_at", "When it changed last.") { $0.schedule.updatedAt },
    ]

    private var status: Status {
        schedule.nextFireAt == nil ? .ended : schedule.pausedAt == nil ? .active : .paused
    }

    private var cron: (CronExpression, ScheduleZone)? {
        guard case .cron(let expression, let zone) = schedule.definition.trigger else { return nil }
        return (expression, zone)
    }

    private var runAt: Timestamp? {
        guard case .once(let time) = schedule.definition.trigger else { return nil }
        return time
    }
}

/// What becomes of missed fires.
package struct CatchUpView: WireObject {
    package static let wireName = "CatchUp"

    let catchUp: ScheduleCatchUp

    init(_ catchUp: ScheduleCatchUp) { self.catchUp = catchUp }

    package static let fields: [Field<CatchUpView>] = [
        Field("policy", "`skip` makes none, `latest` the newest, `all` the newest `limit`.") { $0.policy },
        Field("limit", "How many are made at most; null unless the policy is `all`.") { view -> Int? in
            if case .all(let limit) = view.catchUp { limit } else { nil }
        },
    ]

    private var policy: ScheduleCatchUpPolicy {
        switch catchUp {
        case .skip: .skip
        case .latest: .latest
        case .all: .all
        }
    }
}

/// What each task of a schedule asks for.
package struct ScheduledTaskView: WireObject {
    package static let wireName = "ScheduledTask"

    let definition: ScheduleDefinition

    init(_ definition: ScheduleDefinition) { self.definition = definition }

    package static let fields: [Field<ScheduledTaskView>] = [
        Field("agent", "Who carries it out.") { $0.definition.task.agent },
        Field("input", "What the agent gets.") { WireJSON(trusted: $0.definition.task.input) },
        Field("priority", "Larger goes first.") { $0.definition.task.priority },
        Field("timeout_seconds", "How long one run may take.") { $0.definition.task.timeoutSeconds },
        Field("retry", "What is done when a run fails.") { RetryView($0.definition.task.retry) },
        Field("labels", "By which its runs can be claimed beside their agent.") { $0.definition.task.labels },
        Field("limits", "What its runs count against.") { $0.definition.task.limits.map(LimitUseView.init) },
        Field("correlation_id", "What ties it to others; null for the schedule's id.") { $0.definition.correlationID },
    ]
}

/// The task of a fire by hand.
package struct FiredView: WireObject {
    package static let wireName = "Fired"

    let taskID: ID<WorkTask>
    let isReplay: Bool

    package init(taskID: ID<WorkTask>, isReplay: Bool) {
        self.taskID = taskID
        self.isReplay = isReplay
    }

    package static let fields: [Field<FiredView>] = [
        Field("task_id", "The task.") { $0.taskID },
        Field("replayed", "Whether an earlier request with the same key made it.") { $0.isReplay },
    ]
}

/// Fires to come, as they would be if nothing changed.
package struct SchedulePreview: WireObject {
    let fires: [ScheduleFire]

    package init(_ fires: [ScheduleFire]) { self.fires = fires }

    package static let fields: [Field<SchedulePreview>] = [
        Field("fires", "The next ones, in order; the first may be overdue.") { $0.fires.map(ScheduleFireView.init) }
    ]
}

/// One fire to come.
package struct ScheduleFireView: WireObject {
    package static let wireName = "ScheduleFireTime"

    let fire: ScheduleFire

    init(_ fire: ScheduleFire) { self.fire = fire }

    package static let fields: [Field<ScheduleFireView>] = [
        Field("fire_at", "What the expression says.") { $0.fire.at },
        Field("run_at", "When its task would run: `fire_at` and the jitter.") { $0.fire.runAt },
    ]
}

/// Fires of an expression that belongs to no schedule.
package struct CronPreview: WireObject {
    let fires: [Timestamp]

    package init(_ fires: [Timestamp]) { self.fires = fires }

    package static let fields: [Field<CronPreview>] = [Field("fires", "The next ones, in order.") { $0.fires }]
}
