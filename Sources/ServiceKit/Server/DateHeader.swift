// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization

/// The `Date` of answers, written once a second.
final class DateHeader: Sendable {
    private let latest = Mutex<(second: Int64, text: String)>((0, ""))

    var now: String {
        let second = Timestamp.now().microseconds / 1_000_000
        return latest.withLock { latest in
            if latest.second != second { latest = (second, Self.text(second)) }
            return latest.text
        }
    }

    /// The form of RFC 9110, such as `Sat, 21 Nov 2026 05:00:00 GMT`.
    static func text(_ second: Int64) -> String {
        // 1970 began on a Thursday, and the rest of the calendar is in RFC 3339 text already.
        let weekday = Int((second / 86_400 + 4) % 7)
        let text = Timestamp(microseconds: second * 1_000_000).description
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split { "-T.".contains($0) }
        let month = Int(parts[1]).map { months[$0 - 1] } ?? ""
        return "\(days[weekday]), \(parts[2]) \(month) \(parts[0]) \(parts[3]) GMT"
    }
}
