// SPDX-License-Identifier: Apache-2.0

package import Common

extension CronExpression {
    /// No day that an expression can name is further from the one before: 29 February on a given weekday may be 40
    /// years away.
    private static let horizon = 50 * 366 * 86_400

    /// The last second of the year 9999, past which timestamps have no RFC 3339 form.
    private static let endOfTime = 253_402_300_799

    /// No wall clock was ever turned back by more than this (a day, at the date line).
    private static let longestRepeat = 26 * 3600

    /// The first moment after `time` at which the expression fires by the wall clock of `zone`; always a whole second.
    ///
    /// When the clock jumps, expressions that name times of the day (no `*` in second, minute and hour) still fire on that day:
    /// those left out by a jump forward fire, together, once, at the first moment after it; those that come twice fire
    /// the first time only. Expressions with a `*` in one of them follow the clock as people see it: what is left
    /// out does not happen, what comes twice happens twice, so that `*/5 * * * *` fires every five minutes that pass.
    ///
    /// Nil when that would be after the year 9999. Depends on nothing but its arguments.
    package func nextFire(after time: Timestamp, in zone: ScheduleZone) -> Timestamp? {
        var from = time.wholeSeconds + 1
        let end = min(from + Self.horizon, Self.endOfTime)
        // The wall clock's highest reading so far: below it, it repeats what it has shown.
        var shown = namesTimes ? highestReading(before: from, in: zone) : Int.min
        // From one jump of the clock to the next, its reading is the time plus an offset.
        while from <= end {
            let offset = zone.offset(at: from)
            if namesTimes, let fire = madeUp(at: from, offset: offset, shown: shown, in: zone) { return fire }
            let jump = zone.nextJump(after: from, through: end) ?? end + 1
            if let reading = firstReading(from: max(from + offset, shown), before: jump + offset) {
                return Timestamp(seconds: reading - offset)
            }
            if namesTimes { shown = max(shown, jump + offset) }
            from = jump
        }
        return nil
    }

    /// The fire at the end of a jump forward that left out a time which the expression names.
    private func madeUp(at second: Int, offset: Int, shown: Int, in zone: ScheduleZone) -> Timestamp? {
        let before = zone.offset(at: second - 1)
        guard offset > before else { return nil }
        return firstReading(from: max(second + before, shown), before: second + offset).map { _ in
            Timestamp(seconds: second)
        }
    }

    private func highestReading(before second: Int, in zone: ScheduleZone) -> Int {
        var highest = Int.min
        var from = second - Self.longestRepeat
        while let jump = zone.nextJump(after: from, through: second) {
            highest = max(highest, jump + zone.offset(at: jump - 1))
            from = jump
        }
        return highest
    }

    /// The first reading of a wall clock that fits, in seconds as if it were UTC.
    private func firstReading(from start: Int, before end: Int) -> Int? {
        var day = start.floored(by: 86_400)
        var second = start - day * 86_400
        while day * 86_400 < end {
            let date = CivilDate(dayNumber: day)
            if fits(date), let time = firstTime(from: second) {
                let reading = day * 86_400 + time
                return reading < end ? reading : nil
            }
            // A month that does not fit is left at once.
            day += fits(month: date.month) ? 1 : CivilDate.days(inMonth: date.month, of: date.year) - date.day + 1
            second = 0
        }
        return nil
    }

    /// The first time of day that fits, in seconds since midnight.
    private func firstTime(from start: Int) -> Int? {
        let (hour, minute) = (start / 3600, start / 60 % 60)
        if hours.contains(hour) {
            if minutes.contains(minute), let second = seconds.first(from: start % 60) {
                return hour * 3600 + minute * 60 + second
            }
            if let minute = minutes.first(from: minute + 1), let second = seconds.first(from: 0) {
                return hour * 3600 + minute * 60 + second
            }
        }
        guard let hour = hours.first(from: hour + 1), let minute = minutes.first(from: 0),
            let second = seconds.first(from: 0)
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }
}

extension Timestamp {
    fileprivate init(seconds: Int) { self.init(microseconds: Int64(seconds) * 1_000_000) }

    fileprivate var wholeSeconds: Int { Int(microseconds).floored(by: 1_000_000) }
}

extension Int {
    /// The quotient rounded down, also below zero.
    fileprivate func floored(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
