// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// What a person does to a schedule. What changes nothing is no event and no error.
package struct ChangeSchedule: Command {
    package enum Change: Sendable {
        /// Makes another definition of the one that is there by now.
        case edit(@Sendable (ScheduleDefinition) throws(Problem) -> ScheduleDefinition)
        case pause, resume, delete
    }

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let scheduleID: ID<Schedule>
    /// The version the caller has seen; nil when that does not matter.
    package let version: Int?
    package let change: Change
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, scheduleID: ID<Schedule>, version: Int?, change: Change,
        actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.scheduleID = scheduleID
        self.version = version
        self.change = change
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(roomID)]
        needs.rows.schedules.want(scheduleID)
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Schedule {
        guard let schedule = state.rows.schedules[scheduleID], schedule.deletedAt == nil else {
            throw .notFound("schedule", scheduleID.rawValue)
        }
        try Problem.requireVersion(version, of: scheduleID.rawValue, current: schedule.version)
        guard let event = try event(for: schedule, at: state.now) else { return schedule }
        try state.record(
            event, on: scheduleID, in: \.schedules, state.context(.room(roomID), by: actor, traceID: traceID))
        return state.rows.schedules[scheduleID] ?? schedule
    }

    private func event(for schedule: Schedule, at time: Timestamp) throws(Problem) -> ScheduleEvent? {
        switch change {
        case .edit(let edit): schedule.edit(try edit(schedule.definition), at: time)
        case .pause: schedule.pause()
        case .resume: schedule.resume(at: time)
        case .delete: .deleted
        }
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Schedule {
        guard let schedule = state.rows.schedules[scheduleID] else { throw .notFound("schedule", scheduleID.rawValue) }
        return schedule
    }
}

extension Problem {
    /// The guard of optimistic updates: throws when `seen` is given and not the current version; `id` is what it is
    /// about.
    static func requireVersion(_ seen: Int?, of id: String, current: Int) throws(Problem) {
        guard let seen, seen != current else { return }
        throw Problem(.staleVersion(current: current), id)
    }
}
