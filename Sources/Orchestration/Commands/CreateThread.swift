// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Begins a thread in a room.
package struct CreateThread: Command {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let title: String
    package let actor: Principal
    package let traceID: String
    private let threadID = ID<RoomThread>.make()

    package init(workspaceID: ID<Workspace>, roomID: ID<Room>, title: String, actor: Principal, traceID: String) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.title = title
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(roomID)]
        needs.rows.rooms.want(roomID)
        needs.rows.threads.want(threadID)
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> RoomThread {
        _ = try state.openRoom(roomID)
        try state.record(
            .created(title: title), on: threadID, in: \.threads,
            state.context(.room(roomID), by: actor, traceID: traceID))
        return try state.thread(threadID)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> RoomThread {
        try state.thread(threadID)
    }
}
