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
        needs.opensStreams = true
        needs.rooms = [Room.defaultID]
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) {
        guard !state.roomsFound.contains(Room.defaultID) else { return }
        state.recordWorkspaceCreated(name: name, by: actor, traceID: traceID)
        let room = Room(id: Room.defaultID, workspaceID: workspaceID, name: "default", createdAt: state.now)
        state.create(room, by: actor, traceID: traceID)
    }
}
