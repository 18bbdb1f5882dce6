// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Makes a schedule in a room.
package struct MakeSchedule: Command {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let definition: ScheduleDefinition
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, definition: ScheduleDefinition, actor: Principal,
        traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.definition = definition
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(roomID)]
        needs.rows.rooms.want(roomID)
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> ID<Schedule> {
        try state.requireOpenRoom(roomID)
        let id = ID<Schedule>.make()
        try state.record(
            Schedule.create(definition, at: state.now), on: id, in: \.schedules,
            state.context(.room(roomID), by: actor, traceID: traceID))
        return id
    }

    package func memo(of outcome: ID<Schedule>) -> [UInt8]? { Array(outcome.rawValue.utf8) }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> ID<Schedule> {
        ID(trusted: String(decoding: memo ?? [], as: UTF8.self))
    }
}

extension FlushState {
    /// Throws unless the room, which must be among the wanted rows, is there and takes new things.
    func requireOpenRoom(_ id: ID<Room>) throws(Problem) {
        guard rows.rooms[id] != nil else { throw .invalid("/room_id", "there is no such room") }
        _ = try openRoom(id)
    }
}
