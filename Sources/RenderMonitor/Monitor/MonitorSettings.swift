// SPDX-License-Identifier: Apache-2.0

/// What is watched, what may be written, and how much of Render's API is used for it.
package struct MonitorSettings: Sendable, Equatable {
    /// Ids or names; nil watches every service of the workspaces.
    package var watched: [String]?
    /// Those of the watched that may be written; every other one is only told about.
    package var fixable: Set<String>
    /// From one look to the next.
    package var period: Duration = .seconds(60)
    /// Calls in any minute. Half of what Render allows, so that plans and applies have the other half.
    package var readsPerMinute = 200
    package var logReadsPerMinute = 15
    /// Of one service in any day.
    package var fixesPerDay = 2
    /// A failure older than this when it is first seen is told about and left alone.
    package var actsWithin: Duration = .seconds(86_400)
    /// A fix that is less sure is only proposed.
    package var threshold: Confidence = .medium
    /// Lines of a log that are read, in pages of a hundred.
    package var logLines = 500
    /// How often a log or a site that does not come is asked for again before that is told.
    package var triesOfOne = 3

    package init(watched: [String]? = nil, fixable: Set<String> = []) {
        self.watched = watched
        self.fixable = fixable
    }

    /// Reads the text of `RENDER_MONITOR_SERVICES`: ids or names between commas, each perhaps with `:fix` (may be
    /// written) or `:dry` (only told about, as without). Nothing at all watches everything.
    package init(parsing text: String) throws(MonitorSettingsError) {
        guard !text.trimmed.isEmpty else {
            self.init()
            return
        }
        try self.init(entries: text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) })
    }

    /// As `init(parsing:)` of entries that have been split already; none watches everything.
    package init(entries: [String]) throws(MonitorSettingsError) {
        var watched: [String] = []
        var fixable: Set<String> = []
        for (index, entry) in entries.enumerated() {
            let parts = entry.trimmed.split(separator: ":", omittingEmptySubsequences: false).map { String($0).trimmed }
            let name = parts.first ?? ""
            func refuse(_ reason: String) -> MonitorSettingsError {
                MonitorSettingsError(entry: entry.trimmed, position: index + 1, reason: reason)
            }
            guard !name.isEmpty else { throw refuse("names no service") }
            guard name.utf8.count <= 100, !name.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
                throw refuse("is no name of a service")
            }
            guard parts.count <= 2 else { throw refuse("has more than one mode") }
            guard !watched.contains(name) else { throw refuse("is named twice") }
            watched.append(name)
            switch parts.count == 2 ? parts[1] : "dry" {
            case "fix": fixable.insert(name)
            case "dry": break
            default: throw refuse("has a mode other than fix and dry")
            }
        }
        self.init(watched: watched.isEmpty ? nil : watched, fixable: fixable)
    }

    func isWatched(id: String, name: String) -> Bool { watched.map { $0.contains(id) || $0.contains(name) } ?? true }

    func isFixable(id: String, name: String) -> Bool { fixable.contains(id) || fixable.contains(name) }
}

/// Which entry of `RENDER_MONITOR_SERVICES` cannot be read, and why.
package struct MonitorSettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    package let entry: String
    /// Counts from 1.
    package let position: Int
    package let reason: String

    package var description: String { "entry \(position) of RENDER_MONITOR_SERVICES (\"\(entry)\") \(reason)" }
}
