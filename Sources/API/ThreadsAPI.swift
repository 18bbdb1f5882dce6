// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// The endpoints of threads.
package enum ThreadsAPI {
    package static let create = Endpoint<CreateThreadInput, ThreadView>(
        "createThread", .post, "/v1/rooms/{room_id}/threads", .peopleAndServices(.writeRooms),
        "Begins a thread in a room.", tag: "threads", success: [201],
        headers: [("Location", "The path of the thread.")], problems: [.conflict])

    package static let list = Endpoint<ListThreadsInput, Page<ThreadView>>(
        "listThreads", .get, "/v1/rooms/{room_id}/threads", .peopleAndServices(.readRooms),
        "Lists the threads of a room, newest first.", tag: "threads")

    package static let get = Endpoint<ThreadInput, ThreadView>(
        "getThread", .get, "/v1/threads/{thread_id}", .peopleAndServices(.readRooms), "Reads a thread.",
        tag: "threads")

    package static let change = Endpoint<ChangeThreadInput, ThreadView>(
        "changeThread", .patch, "/v1/threads/{thread_id}", .peopleAndServices(.writeRooms),
        "Renames a thread, archives or restores it.",
        description: """
            Nothing is posted to an archived thread (409 `thread_archived`). With `if_version` it is changed only if that is \
            still its version; 412 answers the current one.
            """,
        tag: "threads", problems: [.conflict, .stale])

    package static let catalogue: [AnyEndpoint] = [create.route, list.route, get.route, change.route]
}

/// `POST /v1/rooms/{room_id}/threads`.
package struct CreateThreadInput: WireInput {
    package static let wireName = "NewThread"

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let title: String

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        roomID = reader.path("room_id", "The room.", .id())
        title = reader.member("title", "What it is about.", .string(.text, min: 1, max: 500))
    }
}

/// `GET /v1/rooms/{room_id}/threads`.
package struct ListThreadsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let isArchived: Bool
    package let limit: Int
    package let cursor: ID<RoomThread>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        roomID = reader.path("room_id", "The room.", .id())
        isArchived = reader.query("archived", "Whether to list the archived ones instead.", .bool, default: false)
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// Names a thread in a path.
package struct ThreadInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let threadID: ID<RoomThread>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        threadID = reader.path("thread_id", "The thread.", .id())
    }
}

/// `PATCH /v1/threads/{thread_id}`.
package struct ChangeThreadInput: WireInput {
    package static let wireName = "ThreadChange"

    package let workspaceID: ID<Workspace>
    package let threadID: ID<RoomThread>
    package let title: String?
    package let isArchived: Bool?
    package let ifVersion: Int?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        threadID = reader.path("thread_id", "The thread.", .id())
        title = reader.optional("title", "Another title.", .string(.text, min: 1, max: 500))
        isArchived = reader.optional("archived", "Whether it is to be archived.", .bool)
        ifVersion = reader.ifVersion()
        reader.requireOne(of: "title", "archived")
    }
}

/// A thread with what its messages say of it.
package struct ThreadView: WireObject {
    package static let wireName = "Thread"

    package let thread: RoomThread

    package init(_ thread: RoomThread) { self.thread = thread }

    package static let fields: [Field<ThreadView>] = [
        Field("thread_id", "Names the thread.") { $0.thread.id },
        Field("room_id", "The room it belongs to.") { $0.thread.roomID },
        Field("title", "What it is about.") { $0.thread.title },
        Field("archived_at", "Since when nothing is posted to it; null while it is open.") { $0.thread.archivedAt },
        Field("created_at", "When it was begun.") { $0.thread.createdAt },
        Field("updated_at", "When it was renamed, archived or restored last.") { $0.thread.updatedAt },
        Field("version", "Rises with every change of the thread itself; name it as `if_version`.") {
            $0.thread.version
        },
        Field("message_count", "How many messages it has.") { $0.thread.latest?.number ?? 0 },
        Field("last_message_at", "When the last one was posted; null without any.") { $0.thread.latest?.postedAt },
    ]
}
