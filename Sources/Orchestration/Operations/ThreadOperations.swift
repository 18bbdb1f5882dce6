// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres
import Store

/// What may be done to threads and in them.
package struct ThreadOperations: Sendable {
    private let pool: PostgresPool
    private let commit: GroupCommit

    package init(pool: PostgresPool, commit: GroupCommit) {
        self.pool = pool
        self.commit = commit
    }

    // MARK: Threads

    package func create(
        title: String, of roomID: ID<Room>, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> RoomThread {
        try await commit.submit(
            CreateThread(
                workspaceID: workspaceID, roomID: roomID, title: title, actor: caller.principal,
                traceID: caller.traceID))
    }

    /// Renames a thread, archives or restores it, if its version is still the one that the caller has seen.
    package func change(
        _ id: ID<RoomThread>, title: String?, isArchived: Bool?, ifVersion: Int?, in workspaceID: ID<Workspace>,
        by caller: Caller
    ) async throws -> RoomThread {
        let roomID = try await thread(id, in: workspaceID).roomID
        return try await commit.submit(
            ChangeThread(
                workspaceID: workspaceID, roomID: roomID, threadID: id, title: title, isArchived: isArchived,
                ifVersion: ifVersion, actor: caller.principal, traceID: caller.traceID))
    }

    package func thread(_ id: ID<RoomThread>, in workspaceID: ID<Workspace>) async throws -> RoomThread {
        guard let thread = try await read(ThreadStore.thread(id, in: workspaceID)) else {
            throw Problem.notFound("thread", id.rawValue)
        }
        return thread
    }

    /// Threads of a room, newest first; `next` is where to go on.
    package func list(
        of roomID: ID<Room>, isArchived: Bool, in workspaceID: ID<Workspace>, before cursor: ID<RoomThread>?,
        limit: Int
    ) async throws -> (threads: [RoomThread], next: ID<RoomThread>?) {
        guard try await read(RoomStore.room(roomID, in: workspaceID)) != nil else {
            throw Problem.notFound("room", roomID.rawValue)
        }
        let (threads, last) = try await read(
            ThreadStore.list(of: roomID, in: workspaceID, isArchived: isArchived, before: cursor, limit: limit + 1)
        ).page(limit)
        return (threads, last?.id)
    }

    // MARK: Messages

    /// What a caller posts.
    package struct NewMessage: Sendable {
        package let content: String
        package var idempotencyKey: String?
        package var runID: ID<Run>?
        package var correlationID: String?
        package var inReplyTo: ID<Message>?

        package init(content: String) { self.content = content }
    }

    /// Posts a message, or finds the one that was posted with the same key; `isReplay` tells which.
    package func post(
        _ new: NewMessage, to threadID: ID<RoomThread>, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> (message: Message, isReplay: Bool) {
        let thread = try await thread(threadID, in: workspaceID)
        var draft = PostMessage.Draft(content: new.content)
        draft.correlationID = new.correlationID
        draft.runID = new.runID
        if let runID = new.runID {
            guard let place = try await read(TaskStore.place(ofRun: runID, in: workspaceID)) else {
                throw Problem.invalid("/run_id", "there is no such run")
            }
            draft.taskID = place.taskID
        }
        if let answered = new.inReplyTo {
            guard try await read(MessageStore.message(answered, in: workspaceID))?.threadID == threadID else {
                throw Problem.invalid("/in_reply_to", "there is no such message in the thread")
            }
            draft.inReplyTo = answered
        }
        let making = try await commit.submit(
            PostMessage(
                workspaceID: workspaceID, roomID: thread.roomID, threadID: threadID, draft: draft,
                idempotency: Idempotency(new.idempotencyKey, of: new.request(to: threadID)), actor: caller.principal,
                traceID: caller.traceID))
        guard let message = try await read(MessageStore.message(making.id, in: workspaceID)) else {
            throw Problem.notFound("message", making.id.rawValue)
        }
        return (message, making.isReplay)
    }

    /// Messages of a thread by their numbers, up or down; `next` is the number to go on from.
    package func messages(
        of threadID: ID<RoomThread>, isAscending: Bool, in workspaceID: ID<Workspace>, beyond number: Int?,
        limit: Int
    ) async throws -> (messages: [Message], next: Int?) {
        _ = try await thread(threadID, in: workspaceID)
        let (messages, last) = try await read(
            MessageStore.list(
                of: threadID, in: workspaceID, isAscending: isAscending, beyond: number, limit: limit + 1)
        ).page(limit)
        return (messages, last?.number)
    }

    private func read<Output: Sendable>(_ statement: Statement<Output>) async throws -> Output {
        try statement.decode(try await pool.query(statement.sql))
    }
}

extension ThreadOperations.NewMessage {
    /// What "the same request" means: everything but the key.
    fileprivate func request(to threadID: ID<RoomThread>) -> JSONObject {
        var body: JSONObject = ["thread_id": .string(threadID.rawValue), "content_md": .string(content)]
        body["run_id"] = runID.map { .string($0.rawValue) }
        body["correlation_id"] = correlationID.map { .string($0) }
        body["in_reply_to"] = inReplyTo.map { .string($0.rawValue) }
        return body
    }
}
