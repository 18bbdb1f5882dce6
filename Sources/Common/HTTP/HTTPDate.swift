// SPDX-License-Identifier: Apache-2.0

/// Dates in HTTP's headers (RFC 9110 section 5.6.7). Foundation's `DateFormatter` is not used: it ends the process at some
/// texts that are not ASCII, and these come from outside.
package enum HTTPDate {
    /// Reads the form in use today, `Sun, 06 Nov 1994 08:49:37 GMT`, and the two obsolete ones,
    /// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`; nil when it is none of them or no such day exists.
    /// Whether the day of the week is the right one is not looked at. A year of two digits is of the century of `now`, or of
    /// the one before when that would be more than 50 years ahead.
    package static func read(_ text: String, now: Timestamp = .now()) -> Timestamp? {
        let parts = text.split { $0 == " " || $0 == "-" }
        switch parts.count {
        case 6 where parts[0].hasSuffix(",") && parts[5] == "GMT":
            return time(year: parts[3], month: parts[2], day: parts[1], clock: parts[4], now: now)
        case 5 where !parts[0].hasSuffix(","):
            return time(year: parts[4], month: parts[1], day: parts[2], clock: parts[3], now: now)
        default:
            return nil
        }
    }

    private static func time(
        year: Substring, month: Substring, day: Substring, clock: Substring, now: Timestamp
    ) -> Timestamp? {
        // A longer clock could bring a fraction of a second or an offset along.
        guard let month = months.firstIndex(of: month), clock.utf8.count == 8 else { return nil }
        let rest = "-\(twoDigits(month + 1))-\(day.utf8.count == 1 ? "0" : "")\(day)T\(clock)Z"
        guard year.utf8.count == 2, let short = Int(year) else { return Timestamp("\(year)\(rest)") }
        guard let thisYear = Int(now.description.prefix(4)) else { return nil }
        let ahead = thisYear - thisYear % 100 + short
        let full = ahead > thisYear + 50 ? ahead - 100 : ahead
        return Timestamp("\(full / 100)\(year)\(rest)")
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
