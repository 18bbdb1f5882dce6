// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Makes a hook in a room.
package struct MakeHook: Command {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let definition: HookDefinition
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, definition: HookDefinition, actor: Principal, traceID: String
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

    package func decide(_ state: inout FlushState) throws(Problem) -> ID<Hook> {
        try state.requireOpenRoom(roomID)
        let id = ID<Hook>.make()
        try state.record(
            .created(definition), on: id, in: \.hooks,
            state.context(.room(roomID), by: actor, traceID: traceID))
        return id
    }

    package func memo(of outcome: ID<Hook>) -> [UInt8]? { Array(outcome.rawValue.utf8) }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) -> ID<Hook> {
        ID(trusted: String(decoding: memo ?? [], as: UTF8.self))
    }
}
