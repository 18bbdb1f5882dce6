// SPDX-License-Identifier: Apache-2.0

import Common

/// What a patch of variables comes to, by what is there: names, and no values.
struct EnvironmentDifference: Sendable, Equatable {
    var added: [String] = []
    var changed: [String] = []
    var removed: [String] = []
    var unchanged = 0

    var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }
    /// In the order in which they are written.
    var keys: [String] { added + changed + removed }

    init() {}

    init(_ patch: [String: Secret<String>?], on live: [String: Secret<String>], clearsExisting: Bool) {
        for (key, value) in patch.sorted(by: { $0.key < $1.key }) {
            switch (live[key], value) {
            case (nil, nil): break
            case (nil, _?): added.append(key)
            case (_?, nil): removed.append(key)
            case (let old?, let new?): if old == new { unchanged += 1 } else { changed.append(key) }
            }
        }
        let others = live.keys.filter { patch[$0] == nil }
        if clearsExisting { removed = (removed + others).sorted() } else { unchanged += others.count }
    }

    /// The part of it that is about these variables.
    func only(_ keys: Set<String>) -> EnvironmentDifference {
        var part = EnvironmentDifference()
        part.added = added.filter(keys.contains)
        part.changed = changed.filter(keys.contains)
        part.removed = removed.filter(keys.contains)
        return part
    }
}
