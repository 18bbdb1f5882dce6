// SPDX-License-Identifier: Apache-2.0

package import Common

/// A discussion or a piece of work inside a room.
///
/// The name keeps it apart from the operating system's threads; everywhere else it is a thread.
package struct RoomThread: Identified, Sendable, Equatable {
    package static let idPrefix = "th"

    package let id: ID<RoomThread>
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package var title: String
    /// Since when nothing is posted to it; nil while it is open.
    package var archivedAt: Timestamp?
    /// Rises by one with every event that changes this row; messages do not.
    package var version: Int
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    /// Read off the messages, not kept with the thread.
    package var latest: LatestMessage?

    /// The end of a thread's messages.
    package struct LatestMessage: Sendable, Equatable {
        package let id: ID<Message>
        /// As many messages as this there are.
        package let number: Int
        package let postedAt: Timestamp

        package init(id: ID<Message>, number: Int, postedAt: Timestamp) {
            self.id = id
            self.number = number
            self.postedAt = postedAt
        }
    }

    package init(
        id: ID<RoomThread>, workspaceID: ID<Workspace>, roomID: ID<Room>, title: String, archivedAt: Timestamp? = nil,
        version: Int = 1, createdAt: Timestamp, updatedAt: Timestamp, latest: LatestMessage? = nil
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.title = title
        self.archivedAt = archivedAt
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.latest = latest
    }

    /// What a person who has seen `version` makes of it; nil leaves a thing as it is, and what is so already is no event.
    package func changes(title: String?, isArchived: Bool?, ifVersion seen: Int?) throws(RoomError) -> [ThreadEvent] {
        if let seen, seen != version { throw .staleVersion(current: version) }
        var events: [ThreadEvent] = []
        if let title, title != self.title { events.append(.renamed(title)) }
        if let isArchived, isArchived != (archivedAt != nil) { events.append(isArchived ? .archived : .restored) }
        return events
    }
}
