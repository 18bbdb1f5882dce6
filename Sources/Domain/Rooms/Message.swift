// SPDX-License-Identifier: Apache-2.0

package import Common

/// Markdown that somebody posted to a thread. It is never changed.
package struct Message: Identified, Sendable, Equatable {
    package static let idPrefix = "msg"
    /// The longest content, in characters.
    package static let longestContent = 65_536

    package let id: ID<Message>
    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>
    package let threadID: ID<RoomThread>
    /// Its place in the thread: 1 for the first, gapless. Identifiers ascend with it.
    package let number: Int
    package let sender: Principal
    package let content: String
    /// The message that it answers, of the same thread.
    package let inReplyTo: ID<Message>?
    /// The run that it is about, or comes from.
    package let runID: ID<Run>?
    package let correlationID: String?
    package let idempotencyKey: String?
    /// SHA-256 of the canonical request that first used the key.
    package let idempotencyHash: [UInt8]?
    package let createdAt: Timestamp

    package init(
        id: ID<Message>, workspaceID: ID<Workspace>, roomID: ID<Room>, threadID: ID<RoomThread>, number: Int,
        sender: Principal, content: String, inReplyTo: ID<Message>?, runID: ID<Run>?, correlationID: String?,
        idempotencyKey: String?, idempotencyHash: [UInt8]?, createdAt: Timestamp
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.roomID = roomID
        self.threadID = threadID
        self.number = number
        self.sender = sender
        self.content = content
        self.inReplyTo = inReplyTo
        self.runID = runID
        self.correlationID = correlationID
        self.idempotencyKey = idempotencyKey
        self.idempotencyHash = idempotencyHash
        self.createdAt = createdAt
    }
}

extension ID {
    /// A fresh identifier that sorts after `last`, even when that was made by a clock ahead of this one.
    package static func make(after last: ID?) -> ID {
        let fresh = make()
        guard let last, fresh <= last else { return fresh }
        return ID(trusted: Subject.idPrefix + "_" + ULID.successor(of: last.rawValue.suffix(26)))
    }
}
