// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A moment in UTC with the precision that PostgreSQL keeps: whole microseconds since 1970.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z; negative before it.
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// Reads the system's clock.
    package static func now() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Reads RFC 3339 text with an offset or `Z`; digits past the microsecond are cut off. Nil when it is no such text, or
    /// when its offset leads out of the years 0 to 9999, beyond which a time has no text.
    package init?(_ text: String) {
        guard let parsed = RFC3339.parse(Array(text.utf8)) else { return nil }
        self = parsed
    }

    /// RFC 3339 in UTC with six digits after the second, such as `2026-11-21T05:00:00.000000Z`.
    package var description: String { RFC3339.format(self) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// This moment moved by `duration`, cut to whole microseconds.
    package static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(microseconds: time.microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }

    /// The time from `earlier` to `later`.
    package static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .microseconds(later.microseconds - earlier.microseconds)
    }
}

/// Reading and writing of RFC 3339 timestamps without the cost of a formatter.
private enum RFC3339 {
    /// The years of four digits, in seconds since 1970.
    private static let writable = -62_167_219_200...253_402_300_799

    static func format(_ time: Timestamp) -> String {
        let (secondsFloor, micros) = time.microseconds.flooredDivision(by: 1_000_000)
        let (dayCount, secondOfDay) = secondsFloor.flooredDivision(by: 86_400)
        let date = CivilDate(dayNumber: Int(dayCount))
        var text = [UInt8]()
        text.reserveCapacity(27)
        func put(_ value: Int, digits: Int, then separator: Unicode.Scalar) {
            var scale = 1
            for _ in 1..<digits { scale *= 10 }
            while scale > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / scale % 10))
                scale /= 10
            }
            text.append(UInt8(ascii: separator))
        }
        put(max(0, date.year), digits: 4, then: "-")
        put(date.month, digits: 2, then: "-")
        put(date.day, digits: 2, then: "T")
        put(Int(secondOfDay / 3600), digits: 2, then: ":")
        put(Int(secondOfDay / 60 % 60), digits: 2, then: ":")
        put(Int(secondOfDay % 60), digits: 2, then: ".")
        put(Int(micros), digits: 6, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }

    static func parse(_ text: [UInt8]) -> Timestamp? {
        var scanner = DigitScanner(text: text)
        guard let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), scanner.skip("-"),
            let day = scanner.number(digits: 2), scanner.skip("T") || scanner.skip("t"),
            let hour = scanner.number(digits: 2), hour < 24, scanner.skip(":"),
            let minute = scanner.number(digits: 2), minute < 60, scanner.skip(":"),
            let second = scanner.number(digits: 2), second <= 60
        else { return nil }
        guard let date = CivilDate(year: year, month: month, day: day) else { return nil }
        var micros = 0
        if scanner.skip(".") {
            guard let fraction = scanner.fraction() else { return nil }
            micros = fraction
        }
        guard let offset = scanner.offsetSeconds(), scanner.isAtEnd else { return nil }
        let seconds = date.dayNumber * 86_400 + hour * 3600 + minute * 60 + second - offset
        guard writable.contains(seconds) else { return nil }
        return Timestamp(microseconds: Int64(seconds) * 1_000_000 + Int64(micros))
    }
}

/// Walks over ASCII text that is mostly digits.
private struct DigitScanner {
    let text: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == text.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int? {
        guard position < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[position]) else {
            return nil
        }
        position += 1
        return Int(text[position - 1] - UInt8(ascii: "0"))
    }

    mutating func number(digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Microseconds from one or more digits after the point.
    mutating func fraction() -> Int? {
        var value = 0
        var digits = 0
        while let digit = digit() {
            if digits < 6 { value = value * 10 + digit }
            digits += 1
        }
        guard digits > 0 else { return nil }
        for _ in min(digits, 6)..<6 { value *= 10 }
        return value
    }

    mutating func offsetSeconds() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = number(digits: 2), hours < 24, skip(":"),
            let minutes = number(digits: 2), minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
