// SPDX-License-Identifier: Apache-2.0

/// `date`, `time`, `date-time` and `duration` by RFC 3339.
enum TimeFormats {
    static func isDate(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        return date(&rest) && rest.isEmpty
    }

    static func isTime(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        return time(&rest) && rest.isEmpty
    }

    static func isDateTime(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        return date(&rest) && (skip("T", &rest) || skip("t", &rest)) && time(&rest) && rest.isEmpty
    }

    private static func skip(_ scalar: Unicode.Scalar, _ text: inout ArraySlice<UInt8>) -> Bool {
        guard text.first == UInt8(ascii: scalar) else { return false }
        text.removeFirst()
        return true
    }

    private static func number(_ digits: Int, _ text: inout ArraySlice<UInt8>) -> Int? {
        let prefix = text.prefix(digits)
        guard prefix.count == digits, prefix.allSatisfy(ASCII.isDigit) else { return nil }
        text.removeFirst(digits)
        return prefix.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func date(_ text: inout ArraySlice<UInt8>) -> Bool {
        guard let year = number(4, &text), skip("-", &text), let month = number(2, &text), skip("-", &text),
            let day = number(2, &text), (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...lengths[month - 1]).contains(day)
    }

    private static func time(_ text: inout ArraySlice<UInt8>) -> Bool {
        guard let hour = number(2, &text), hour < 24, skip(":", &text), let minute = number(2, &text), minute < 60,
            skip(":", &text), let second = number(2, &text), second <= 60
        else { return false }
        if skip(".", &text) {
            let fraction = text.prefix(while: ASCII.isDigit)
            guard !fraction.isEmpty else { return false }
            text.removeFirst(fraction.count)
        }
        guard let offset = offsetMinutes(&text) else { return false }
        // A leap second is the last one of a day in UTC.
        let minuteOfDay = (hour * 60 + minute - offset + 2 * 1440) % 1440
        return second < 60 || minuteOfDay == 1439
    }

    private static func offsetMinutes(_ text: inout ArraySlice<UInt8>) -> Int? {
        if skip("Z", &text) || skip("z", &text) { return 0 }
        let sign = skip("+", &text) ? 1 : skip("-", &text) ? -1 : 0
        guard sign != 0, let hours = number(2, &text), hours < 24, skip(":", &text),
            let minutes = number(2, &text), minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }

    /// Units go from large to small without leaving one out in between; weeks stand alone.
    static func isDuration(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        guard skip("P", &rest) else { return false }
        if let week = units("W", &rest) { return week == 0..<1 && rest.isEmpty }
        let date = units("YMD", &rest)
        guard skip("T", &rest) else { return date != nil && rest.isEmpty }
        return units("HMS", &rest) != nil && rest.isEmpty
    }

    /// Reads numbers with units and says which of `order` were there; nil, leaving the text, when not one or with gaps.
    private static func units(_ order: String, _ text: inout ArraySlice<UInt8>) -> Range<Int>? {
        let names = Array(order.utf8)
        var rest = text
        var used: Range<Int>?
        while true {
            let digits = rest.prefix(while: ASCII.isDigit)
            let afterDigits = rest.dropFirst(digits.count)
            guard !digits.isEmpty, let unit = afterDigits.first, let position = names.firstIndex(of: unit),
                position == used?.upperBound ?? position
            else { break }
            used = (used?.lowerBound ?? position)..<(position + 1)
            rest = afterDigits.dropFirst()
        }
        if used != nil { text = rest }
        return used
    }
}
