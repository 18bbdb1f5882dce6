// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Renames a thread, archives or restores it. What is so already records nothing.
package struct ChangeThread: Command {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let threadID: ID<RoomThread>
    package let title: String?
    package let isArchived: Bool?
    /// The version that the caller has seen; nil changes whatever is there.
    package let ifVersion: Int?
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, threadID: ID<RoomThread>, title: String?, isArchived: Bool?,
        ifVersion: Int?, actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.threadID = threadID
        self.title = title
        self.isArchived = isArchived
        self.ifVersion = ifVersion
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(roomID)]
        needs.rows.threads.want(threadID)
        return needs
    }

    /// The thread as it is afterwards.
    package func decide(_ state: inout FlushState) throws(Problem) -> RoomThread {
        let thread = try state.thread(threadID)
        let events: [ThreadEvent]
        do throws(RoomError) {
            events = try thread.changes(title: title, isArchived: isArchived, ifVersion: ifVersion)
        } catch {
            throw Problem(error, threadID.rawValue)
        }
        for event in events {
            try state.record(
                event, on: threadID, in: \.threads, state.context(.room(roomID), by: actor, traceID: traceID))
        }
        return try state.thread(threadID)
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> RoomThread {
        try state.thread(threadID)
    }
}
