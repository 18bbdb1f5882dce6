// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// The two forms of a Retry-After header.
package enum RetryAfter {
    /// How long from now the header asks to wait: seconds, or the time until an HTTP date; nil when it is neither.
    package static func read(_ header: String?, now: Date = Date()) -> Duration? {
        guard let text = header?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Int(text) { return .seconds(max(0, min(seconds, longestSeconds))) }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        guard let date = formatter.date(from: text) else { return nil }
        return .seconds(max(0, min(Int(date.timeIntervalSince(now).rounded(.up)), longestSeconds)))
    }

    // A day; more is as good as never, and the bound keeps arithmetic on the answer safe.
    private static let longestSeconds = 86_400
}
