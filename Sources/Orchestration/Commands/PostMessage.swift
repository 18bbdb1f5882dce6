// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Posts a message to a thread, or finds the one that was posted with the same idempotency key.
package struct PostMessage: Command {
    /// What is posted, and what it belongs to.
    package struct Draft: Sendable, Equatable {
        package let content: String
        package var inReplyTo: ID<Message>?
        package var correlationID: String?
        /// The run that it is about; it must exist.
        package var runID: ID<Run>?
        /// The task of that run.
        package var taskID: ID<WorkTask>?

        package init(content: String) { self.content = content }
    }

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let threadID: ID<RoomThread>
    package let draft: Draft
    package let idempotency: Idempotency?
    package let actor: Principal
    package let traceID: String

    package init(
        workspaceID: ID<Workspace>, roomID: ID<Room>, threadID: ID<RoomThread>, draft: Draft,
        idempotency: Idempotency?, actor: Principal, traceID: String
    ) {
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.threadID = threadID
        self.draft = draft
        self.idempotency = idempotency
        self.actor = actor
        self.traceID = traceID
    }

    package var needs: CommandNeeds {
        var needs = CommandNeeds()
        needs.streams = [.room(roomID)]
        needs.rows.rooms.want(roomID)
        needs.rows.threads.want(threadID)
        if let idempotency {
            needs.streams.insert(.workspace(workspaceID))
            needs.rows.messages.want(idempotencyKey: idempotency.key)
        }
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Making<Message> {
        if let idempotency, let earlier = state.rows.messages.row(withIdempotencyKey: idempotency.key) {
            guard earlier.idempotencyHash == idempotency.hash else {
                throw .reusedKey("/idempotency_key", ["message_id": .string(earlier.id.rawValue)])
            }
            return .existing(earlier.id)
        }
        let thread = try state.thread(threadID)
        _ = try state.openRoom(roomID)
        guard thread.archivedAt == nil else { throw Problem(RoomError.threadArchived, threadID.rawValue) }
        let last = state.lastMessage(of: thread)
        let id = ID<Message>.make(after: last?.id)
        var context = state.context(.room(roomID), by: actor, traceID: traceID)
        context.taskID = draft.taskID
        context.runID = draft.runID
        context.correlationID = draft.correlationID
        context.idempotencyKey = idempotency?.key
        let posting = MessageEvent.Posting(
            threadID: threadID, number: (last?.number ?? 0) + 1, content: draft.content, inReplyTo: draft.inReplyTo,
            idempotencyHash: idempotency?.hash)
        try state.record(.posted(posting), on: id, in: \.messages, context)
        return .made(id)
    }

    package func memo(of outcome: Making<Message>) -> [UInt8]? { note(of: outcome) }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Making<Message> {
        making(from: memo)
    }
}

extension FlushState {
    /// A thread whose row the command wants. Throws `notFound`.
    func thread(_ id: ID<RoomThread>) throws(Problem) -> RoomThread {
        guard let thread = rows.threads[id] else { throw .notFound("thread", id.rawValue) }
        return thread
    }

    /// The end of a thread, messages of this flush included.
    fileprivate func lastMessage(of thread: RoomThread) -> (id: ID<Message>, number: Int)? {
        let fresh = rows.messages.known.filter { $0.threadID == thread.id }.max { $0.number < $1.number }
        let stored = thread.latest.map { (id: $0.id, number: $0.number) }
        guard let fresh, fresh.number > stored?.number ?? 0 else { return stored }
        return (fresh.id, fresh.number)
    }
}
