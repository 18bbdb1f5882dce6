// SPDX-License-Identifier: Apache-2.0

/// How far an action reaches, by the first words of its kind: `external.write.email` is a way of `external.write`.
package enum ActionReach: String, Sendable, CaseIterable {
    /// Rooms, runs, artifacts and whatever else is Tutti's own.
    case workspace
    case externalRead = "external.read"
    case externalWrite = "external.write"

    /// Nil for a kind that is none of these, about which nothing is known.
    package init?(kind: String) {
        let found = Self.allCases.first { reach in
            kind == reach.rawValue || kind.hasPrefix(reach.rawValue + ".")
        }
        guard let found else { return nil }
        self = found
    }
}
