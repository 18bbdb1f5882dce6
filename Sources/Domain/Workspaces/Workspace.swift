// SPDX-License-Identifier: Apache-2.0

package import Common

/// The unit of isolation of data and policy.
package struct Workspace: Identified, Sendable, Equatable {
    package static let idPrefix = "ws"

    /// Chosen by whoever makes it, so it need not be a ULID.
    package let id: ID<Workspace>
    package let name: String
    package let createdAt: Timestamp

    package init(id: ID<Workspace>, name: String, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
    }

    /// The workspace of whoever does not name one (seed 004's default).
    package static let defaultID = ID<Workspace>(trusted: "ws_dev")
}
