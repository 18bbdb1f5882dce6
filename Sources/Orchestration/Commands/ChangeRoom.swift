// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Renames a room, archives or restores it. What is so already records nothing.
package struct ChangeRoom: Command {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let name: String?
    package let isArchived: Bool?
    /// The version that the caller has seen; nil changes whatever is there.
    package let ifVersion: Int?
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, name: String?, isArchived: Bool?, ifVersion: Int?,
        actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.name = name
        self.isArchived = isArchived
        self.ifVersion = ifVersion
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(roomID)]
        needs.rows.rooms.want(roomID)
        return needs
    }

    /// The room as it is afterwards.
    package func decide(_ state: inout FlushState) throws(Problem) -> Room {
        let room = try state.room(roomID)
        let events: [RoomEvent]
        do throws(RoomError) {
            events = try room.changes(name: name, isArchived: isArchived, ifVersion: ifVersion)
        } catch {
            throw Problem(error, roomID.rawValue)
        }
        for event in events {
            try state.record(
                event, on: roomID, in: \.rooms, state.context(.room(roomID), by: actor, traceID: traceID))
            if event == .restored { state.requeue(roomID) }
        }
        return try state.room(roomID)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Room { try state.room(roomID) }
}
