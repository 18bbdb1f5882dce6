// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import FoundationEssentials
import HTTPTypes

extension NotificationKind: WireEnum {}

/// What people should know of, and how far the caller has read.
package enum NotificationsAPI {
    package static let list = Endpoint<ListNotificationsInput, NotificationPageView>(
        "listNotifications", .get, "/v1/notifications", .peopleAndServices(.readEvents),
        "Lists what the caller should know of, newest first.",
        description: """
            What callers did themselves is left out. `unread` counts all kinds, whichever are listed. A page looks at a bounded \
            number of entries, so it can be short, or empty, and still have a `next_cursor`.
            """,
        tag: "notifications")

    package static let read = Endpoint<ReadNotificationsInput, ReadStateView>(
        "readNotifications", .put, "/v1/notifications/read", .peopleAndServices(.readEvents),
        "Says that the caller has read everything up to a position.",
        description: """
            A position behind the one that is known changes nothing, so that a window left open elsewhere takes nothing back; \
            `allow_back` marks as unread on purpose. A position that the log does not have yet is refused. The place is \
            private to the caller and is no event.
            """,
        tag: "notifications")

    package static let catalogue: [AnyEndpoint] = [list.route, read.route]
}

/// `GET /v1/notifications`.
package struct ListNotificationsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let kinds: [NotificationKind]
    package let limit: Int
    package let cursor: Int?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        kinds = reader.queryList(
            "kind", "Only of this kind.", of: .choice(NotificationKind.self), max: NotificationKind.allCases.count)
        limit = reader.query("limit", "How many at most.", .integer(1...200), default: 50)
        cursor = reader.query(
            "cursor", "Only before this position: an earlier answer's `next_cursor`.", .integer(1...Int(Int64.max)))
    }
}

/// `PUT /v1/notifications/read`.
package struct ReadNotificationsInput: WireInput {
    package static let wireName = "NotificationsRead"

    package let workspaceID: ID<Workspace>
    package let position: Int
    package let allowBack: Bool

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        position = reader.member(
            "position", "Everything up to it has been read, such as `newest_position`.",
            .integer(0...Int(Int64.max)))
        allowBack = reader.member("allow_back", "Whether it may go back.", .bool, default: false)
    }
}

/// One thing that the caller should know of.
package struct NotificationView: WireObject {
    package static let wireName = "Notification"

    package let notification: NotificationItem

    package init(_ notification: NotificationItem) { self.notification = notification }

    private var event: Event { notification.recorded.event }

    package static let fields: [Field<NotificationView>] = [
        Field("position", "The event's place in the workspace's log.") { $0.notification.recorded.position },
        Field("event_id", "Names the event.") { $0.event.id.uuidString.lowercased() },
        Field("kind", "What it is.") { $0.notification.kind },
        Field("event_type", "What happened, such as `run.failed`.") { $0.event.type },
        Field("agent", "The agent of the task, or of the queue; null when it is about neither.") {
            $0.notification.agent
        },
        Field("code", "A stable word: a failure's code, an incident's kind, an action's kind; null without.") {
            $0.notification.code
        },
        Field("severity", "That of an incident; null for other kinds.") { $0.notification.severity },
        Field("summary", "The first 200 characters of what was written, in one line; null when nothing was.") {
            $0.notification.summary
        },
        Field("room_id", "The room; null when it concerns the workspace.") { $0.notification.roomID },
        Field("task_id", "The task; null when it is about none.") { $0.event.taskID },
        Field("run_id", "The run; null when it is about none.") { $0.event.runID },
        Field("incident_id", "The incident; null for other kinds.") { $0.notification.incidentID },
        Field("approval_id", "The approval; null for other kinds.") { $0.notification.approvalID },
        Field("thread_id", "The thread of a message; null for other kinds.") { $0.notification.threadID },
        Field("message_id", "The message; null for other kinds.") { $0.notification.messageID },
        Field("schedule_id", "The schedule; null for other kinds.") { $0.notification.scheduleID },
        Field("actor", "Who caused it, such as `user:admin`.") { $0.event.actor.text },
        Field("occurred_at", "When it happened.") { $0.event.occurredAt },
    ]
}

/// How far the caller has read.
package struct ReadStateView: WireObject {
    package static let wireName = "NotificationsState"

    package let state: ReadState

    package init(_ state: ReadState) { self.state = state }

    package static let fields: [Field<ReadStateView>] = fields(of: \.state)

    static func fields<Owner>(of state: @escaping @Sendable (Owner) -> ReadState) -> [Field<Owner>] {
        [
            Field("read_position", "Everything up to it has been read; 0 at first.") { state($0).position },
            Field("read_at", "When that was said; null before.") { state($0).readAt },
            Field("unread", "How many are newer, counted up to 1000.") { state($0).unread },
            Field("unread_is_more", "Whether there may be more than `unread`.") { state($0).isMore },
            Field("newest_position", "Where the newest is; 0 when there is none.") { state($0).newest },
        ]
    }
}

/// A part of what the caller should know of, with how far they have read.
package struct NotificationPageView: WireObject {
    package static let wireName = "NotificationPage"

    package let items: [NotificationView]
    package let nextCursor: String?
    package let state: ReadState

    package init(items: [NotificationView], nextCursor: String?, state: ReadState) {
        self.items = items
        self.nextCursor = nextCursor
        self.state = state
    }

    package static let fields: [Field<NotificationPageView>] =
        [
            Field("items", "Newest first.") { $0.items },
            Field("next_cursor", "Send it as `cursor` to read on; null at the end.") { $0.nextCursor },
        ] + ReadStateView.fields(of: \.state)
}
