// SPDX-License-Identifier: Apache-2.0

import Common
import Domain

/// Which page of a list a request asks for.
extension InputReader {
    /// How many entries a page has at most.
    mutating func pageLimit() -> Int { query("limit", "How many at most.", .integer(1...500), default: 50) }

    /// Whether the entries of a page carry their payloads. A page that does may end early, with a cursor.
    mutating func pagePayloads(_ members: String) -> Bool {
        query(
            "payloads", "Whether \(members) come along; otherwise they are null, and are read one by one.", .bool,
            default: true)
    }

    /// Where a page begins.
    mutating func pageCursor<Value>(_ shape: Shape<Value>) -> Value? {
        query("cursor", "Where an earlier answer ended: its `next_cursor`.", shape)
    }

    /// Where a page begins, for lists that are walked by identifier.
    mutating func pageCursor<Subject: Identified & SendableMetatype>() -> ID<Subject>? { pageCursor(.id()) }
}
