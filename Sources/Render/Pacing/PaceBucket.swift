// SPDX-License-Identifier: Apache-2.0

/// The tokens of one kind of call. A token comes back a minute after it was taken, so that no minute, wherever it begins,
/// sees more calls than the limit. Pure: it is told the time.
package struct PaceBucket: Sendable {
    /// What limits count calls in.
    package static let window = Duration.seconds(60)

    /// Calls in a minute.
    package private(set) var limit: Int
    /// When the tokens that are out were taken, oldest first.
    private var taken: [Duration] = []
    /// Calls that have a token and no answer yet.
    private var underway = 0
    /// What the API said is left, and until when that holds; others with the same token use it up as well.
    private var announced: (left: Int, until: Duration)?
    private var blockedUntil: Duration?

    /// With so many calls in a minute, 1 at least.
    package init(limit: Int) { self.limit = max(1, limit) }

    /// Calls in the minute before `now`.
    package func used(at now: Duration) -> Int { taken.count { $0 + Self.window > now } }

    /// How long until the last of so many tokens is there, if nobody else takes any; nil when all of them are.
    package mutating func delay(of count: Int = 1, at now: Duration) -> Duration? {
        taken.removeFirst(taken.prefix { $0 + Self.window <= now }.count)
        // A token that is taken behind as many as the limit comes a minute after the first of those.
        let (minutes, rest) = (max(1, count) - 1).quotientAndRemainder(dividingBy: limit)
        let before = taken.count + rest - limit
        var wait = Self.window * minutes
        if before >= 0 { wait += taken[before] + Self.window - now }
        if let announced, announced.left < count { wait = max(wait, announced.until - now) }
        if let blockedUntil { wait = max(wait, blockedUntil - now) }
        return wait > .zero ? wait : nil
    }

    /// Takes a token that is there.
    package mutating func take(at now: Duration) {
        taken.append(now)
        underway += 1
        announced?.left -= 1
    }

    /// The call whose token it was has ended, with what the API says of its limits.
    package mutating func end(_ limits: AnnouncedLimits, isLowered: Bool, at now: Duration) {
        underway = max(0, underway - 1)
        if let announced = limits.limit { limit = isLowered ? min(limit, announced) : announced }
        if let left = limits.remaining, let reset = limits.reset {
            // Calls that are underway may not have been counted when the answer was written.
            announced = (max(0, left - underway), now + reset)
        } else if let announced, announced.until <= now {
            self.announced = nil
        }
        if let pause = limits.pause { blockedUntil = max(blockedUntil ?? .zero, now + pause) }
    }

    /// Whether nothing would be lost by forgetting it.
    package func isIdle(at now: Duration) -> Bool {
        underway == 0 && used(at: now) == 0 && (blockedUntil ?? .zero) <= now && (announced?.until ?? .zero) <= now
    }
}

/// What an answer says of the limits it counts against.
package struct AnnouncedLimits: Sendable, Equatable {
    /// Calls in a minute.
    package var limit: Int?
    package var remaining: Int?
    /// Until `remaining` is counted anew.
    package var reset: Duration?
    /// How long to send nothing, after a 429.
    package var pause: Duration?

    package init(limit: Int? = nil, remaining: Int? = nil, reset: Duration? = nil, pause: Duration? = nil) {
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
        self.pause = pause
    }
}
