// SPDX-License-Identifier: Apache-2.0

package import Common

/// How much of something may be used: runs at the same time, or starts in a time. It is counted for each key of the
/// limit by itself, such as for each customer.
package struct Limit: Sendable, Equatable {
    /// So many starts in so many seconds, with bursts up to the count.
    package struct Rate: Sendable, Equatable {
        package let count: Int
        package let seconds: Double

        package init(count: Int, seconds: Double) {
            self.count = count
            self.seconds = seconds
        }
    }

    package let workspaceID: ID<Workspace>
    /// Unique in its workspace: lowercase letters, digits and hyphens.
    package let name: String
    package var maxConcurrent: Int?
    package var rate: Rate?
    /// Since when it limits nothing any more; nil while it does.
    package var removedAt: Timestamp?
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        workspaceID: ID<Workspace>, name: String, maxConcurrent: Int?, rate: Rate?, removedAt: Timestamp? = nil,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.workspaceID = workspaceID
        self.name = name
        self.maxConcurrent = maxConcurrent
        self.rate = rate
        self.removedAt = removedAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// One key of a limit, as a run names it.
package struct LimitUse: Hashable, Sendable {
    package let name: String
    package let key: String

    package init(name: String, key: String) {
        self.name = name
        self.key = key
    }

    /// `name:key`; names have no colon.
    package var text: String { "\(name):\(key)" }

    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        self.init(name: String(text[..<colon]), key: String(text[text.index(after: colon)...]))
    }
}
