// SPDX-License-Identifier: Apache-2.0

package import Common

/// A view of somebody's own: a place of the dashboard with its restrictions, under a name.
package struct SavedView: Sendable, Equatable {
    /// Views that one person may have in a workspace.
    package static let mostPerReader = 100
    /// Characters of a name, and of a query.
    package static let longestName = 80
    package static let longestQuery = 2000

    package let name: String
    /// Where it is, such as `tasks`.
    package let place: String
    /// What follows the question mark there.
    package let query: String
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    package init(name: String, place: String, query: String, createdAt: Timestamp, updatedAt: Timestamp) {
        self.name = name
        self.place = place
        self.query = query
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
