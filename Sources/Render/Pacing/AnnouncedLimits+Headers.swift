// SPDX-License-Identifier: Apache-2.0

package import Common
import HTTPTypes

extension AnnouncedLimits {
    /// Reads `Ratelimit-*`, and of a 429 also `Retry-After`. What makes no sense is left out.
    package init(_ answer: HTTPAnswer, now: Timestamp) {
        reset = answer.headers[.ratelimitReset].flatMap(Self.number).flatMap { Self.reset($0, now: now) }
        remaining = answer.headers[.ratelimitRemaining].flatMap(Self.number)
        limit = answer.headers[.ratelimitLimit].flatMap(Self.number)
        // A limit whose window is longer counts something else, such as services created in an hour.
        if let reset, reset > PaceBucket.window { limit = nil }
        if let limit, !(1...100_000).contains(limit) { self.limit = nil }
        pause = answer.status == 429 ? RetryAfter.read(answer.headers[.retryAfter]) : nil
    }

    /// The first number: some servers put a window behind it.
    private static func number(_ text: String) -> Int? {
        Int(text.drop { $0 == " " }.prefix { $0.isASCII && $0.isNumber })
    }

    /// Seconds since 1970, or from now on where the number is too small for that; nil when past, or too far off to be meant.
    private static func reset(_ number: Int, now: Timestamp) -> Duration? {
        let epoch = 1_000_000_000
        let seconds = number >= epoch ? number - Int(now.microseconds / 1_000_000) : number
        return (1...3600).contains(seconds) ? .seconds(seconds) : nil
    }
}

extension HTTPField.Name {
    static let ratelimitLimit = constant("Ratelimit-Limit")
    static let ratelimitRemaining = constant("Ratelimit-Remaining")
    static let ratelimitReset = constant("Ratelimit-Reset")

    private static func constant(_ name: StaticString) -> HTTPField.Name {
        guard let field = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is not a header's name") }
        return field
    }
}
