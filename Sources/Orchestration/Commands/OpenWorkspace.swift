// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Makes a workspace with its default room; does nothing when it is there.
package struct OpenWorkspace: Command {
    package let workspaceID: ID<Workspace>
    package let name: String
    package let actor: Principal
    package let traceID: String

    package init(workspaceID: ID<Workspace>, name: String, actor: Principal, traceID: String) {
        self.workspaceID = workspaceID
        self.name = name
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.workspace(workspaceID), .room(Room.defaultID)]
        needs.opened = needs.streams
        needs.opensWorkspace = true
        needs.rows.workspaces.want(workspaceID)
        needs.rows.rooms.want(Room.defaultID)
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) {
        if state.rows.workspaces[workspaceID] == nil {
            try state.record(
                .created(name: name), on: workspaceID, in: \.workspaces,
                state.context(.workspace(workspaceID), by: actor, traceID: traceID))
        }
        if state.rows.rooms[Room.defaultID] == nil {
            try state.record(
                .created(name: "default"), on: Room.defaultID, in: \.rooms,
                state.context(.room(Room.defaultID), by: actor, traceID: traceID))
        }
    }
}
