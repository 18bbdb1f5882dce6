// SPDX-License-Identifier: Apache-2.0

package import Common

/// What makes a schedule fire.
package enum ScheduleTrigger: Sendable, Hashable {
    /// Again and again, by the wall clock of a place.
    case cron(CronExpression, ScheduleZone)
    /// One time only.
    case once(Timestamp)

    /// The first fire after `time`; nil when there is none any more.
    package func next(after time: Timestamp) -> Timestamp? {
        switch self {
        case .cron(let expression, let zone): expression.nextFire(after: time, in: zone)
        case .once(let moment): moment > time ? moment : nil
        }
    }

    /// Up to `count` fires after `time`, oldest first, none of them after `end`.
    package func next(_ count: Int, after time: Timestamp, through end: Timestamp? = nil) -> [Timestamp] {
        var fires: [Timestamp] = []
        var time = time
        while fires.count < count, let fire = next(after: time), end.map({ fire <= $0 }) != false {
            fires.append(fire)
            time = fire
        }
        return fires
    }

    /// The newest `count` fires of a period, both of its ends included, oldest first. The work grows with `count`, not
    /// with the number of fires: after a long downtime that may be hundreds of thousands.
    package func newest(_ count: Int, in period: ClosedRange<Timestamp>) -> [Timestamp] {
        let beforeStart = Timestamp(microseconds: period.lowerBound.microseconds - 1)
        let oldest = next(count + 1, after: beforeStart, through: period.upperBound)
        guard oldest.count > count else { return oldest }
        var fires: [Timestamp] = []
        var end = period.upperBound
        while fires.count < count, let fire = latest(after: beforeStart, through: end) {
            fires.append(fire)
            end = Timestamp(microseconds: fire.microseconds - 1)
        }
        return fires.reversed()
    }

    /// The last fire after `start` that is not after `end`.
    private func latest(after start: Timestamp, through end: Timestamp) -> Timestamp? {
        guard var fire = next(after: start), fire <= end else { return nil }
        // Whether another fire follows in time is true up to the last one and false from there on: halve the rest.
        var (low, high) = (fire.microseconds, end.microseconds)
        while low < high {
            let middle = low + (high - low) / 2
            if let later = next(after: Timestamp(microseconds: middle)), later <= end {
                fire = later
                low = later.microseconds
            } else {
                high = middle
            }
        }
        return fire
    }
}
