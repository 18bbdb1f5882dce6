// SPDX-License-Identifier: Apache-2.0

package import Common

/// The unit of isolation of data and policy.
package enum Workspace: Identified {
    package static let idPrefix = "ws"

    /// The workspace of whoever does not name one (seed 004's default).
    package static let defaultID = ID<Workspace>(trusted: "ws_dev")
}

/// A policy boundary inside a workspace; what happens in it is one stream of events.
package struct Room: Identified, Sendable, Equatable {
    package static let idPrefix = "room"

    package let id: ID<Room>
    package let workspaceID: ID<Workspace>
    package var name: String
    package let createdAt: Timestamp

    package init(id: ID<Room>, workspaceID: ID<Workspace>, name: String, createdAt: Timestamp) {
        self.id = id
        self.workspaceID = workspaceID
        self.name = name
        self.createdAt = createdAt
    }

    /// The room of tasks that name none. Every workspace has it, under the same id.
    package static let defaultID = ID<Room>(trusted: "room_00000000000000000000000000")
}
