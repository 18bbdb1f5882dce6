// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The two forms of a Retry-After header.
package enum RetryAfter {
    /// How long from now the header asks to wait: seconds, or the time until an HTTP date; nil when it is neither.
    package static func read(_ header: String?, now: Timestamp = .now()) -> Duration? {
        guard let text = header?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Int(text) { return .seconds(max(0, min(seconds, longestSeconds))) }
        guard let date = HTTPDate.read(text, now: now) else { return nil }
        return max(.zero, min(date - now, .seconds(longestSeconds)))
    }

    // A day; more is as good as never, and the bound keeps arithmetic on the answer safe.
    private static let longestSeconds = 86_400
}
