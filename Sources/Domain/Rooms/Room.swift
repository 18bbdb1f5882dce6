// SPDX-License-Identifier: Apache-2.0

package import Common

/// A policy boundary inside a workspace; what happens in it is one stream of events.
package struct Room: Identified, Sendable, Equatable {
    package static let idPrefix = "room"

    package let id: ID<Room>
    package let workspaceID: ID<Workspace>
    package var name: String
    /// Since when nothing new begins in it; nil while it is open.
    package var archivedAt: Timestamp?
    /// Rises by one with every event that changes this row.
    package var version: Int
    package let idempotencyKey: String?
    /// SHA-256 of the canonical request that first used the key.
    package let idempotencyHash: [UInt8]?
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        id: ID<Room>, workspaceID: ID<Workspace>, name: String, archivedAt: Timestamp? = nil, version: Int = 1,
        idempotencyKey: String? = nil, idempotencyHash: [UInt8]? = nil, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.workspaceID = workspaceID
        self.name = name
        self.archivedAt = archivedAt
        self.version = version
        self.idempotencyKey = idempotencyKey
        self.idempotencyHash = idempotencyHash
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// The room of tasks that name none. Every workspace has it, under the same id.
    package static let defaultID = ID<Room>(trusted: "room_00000000000000000000000000")
}
