// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A place's wall clock, by its name in the IANA database.
///
/// The rules are those that come with Foundation, not the machine's, so that every orchestrator of one version agrees.
package struct ScheduleZone: Sendable, Hashable, CustomStringConvertible {
    /// The name, such as `Europe/Berlin`.
    package let description: String
    private let zone: TimeZone

    package static let utc = ScheduleZone(description: "UTC", zone: .gmt)

    private init(description: String, zone: TimeZone) {
        self.description = description
        self.zone = zone
    }

    /// Nil when the database has no such name. Beside `UTC` only names with a slash are taken: Foundation knows shorter
    /// ones too, but what it reads in `EST` or `GMT+3` is not what everybody means by them.
    package init?(_ name: String) {
        guard name != "UTC" else {
            self = .utc
            return
        }
        guard name.utf8.count <= 64, name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        self.init(description: name, zone: zone)
    }

    /// What the wall clock is ahead of UTC at that second since 1970, in seconds.
    func offset(at second: Int) -> Int { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))) }

    /// The first second after `second`, and not after `end`, at which the wall clock jumps.
    func nextJump(after second: Int, through end: Int) -> Int? {
        var second = second
        while let change = zone.nextDaylightSavingTimeTransition(after: Date(timeIntervalSince1970: Double(second))) {
            let next = Int(change.timeIntervalSince1970)
            guard next > second, next <= end else { return nil }
            // The database also notes changes of the zone's name, at which the clock just goes on.
            if offset(at: next) != offset(at: next - 1) { return next }
            second = next
        }
        return nil
    }
}
