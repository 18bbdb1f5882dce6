// SPDX-License-Identifier: Apache-2.0

package import Common

/// When something recurs, by wall clock and calendar, in the five fields of cron, or six with the second in front.
///
/// The five are those of Vixie cron: minute, hour, day of month, month, day of week; each `*`, a number, a name, a
/// range, a step, or a list of them. `L` is the last day of a month, `fri#3` the third Friday of one, 7 is Sunday too.
/// When both the day of month and the day of week are restricted (neither has a `*` in it), a day that fits either will
/// do; else it must fit both.
package struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// No expression is longer, in bytes; enough for every minute of the hour in a list.
    package static let maximumLength = 256

    /// Names for whole expressions.
    package static let names = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
        "@yearly": "0 0 1 1 *",
    ]

    /// As it was written, with one space between the fields.
    package let description: String
    let seconds: CronSet
    let minutes: CronSet
    let hours: CronSet
    private let months: CronSet
    private let days: CronSet
    private let hasLastDay: Bool
    private let weekdays: CronSet
    /// Weekday × 5 + week: 0 for the first Sunday of a month, 9 for the fifth Monday.
    private let numberedWeekdays: CronSet
    private let needsBothDays: Bool
    /// Whether it names times of the day: no `*` in the second, the minute or the hour. Such times are made up for when a clock
    /// change leaves them out, and happen once when it repeats them; the others follow the clock as it runs.
    package let namesTimes: Bool

    /// Reads an expression, or one of `names`; letters in either case.
    package init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong }
        let words = text.lowercased().split { $0 == " " || $0 == "\t" }.map(String.init)
        var fields = words
        if words.count == 1, words[0].hasPrefix("@") {
            guard let meaning = Self.names[words[0]] else { throw .unknownName(words[0]) }
            fields = meaning.split(separator: " ").map(String.init)
        }
        guard (5...6).contains(fields.count) else { throw .shape(fields: fields.count) }
        if fields.count == 5 { fields.insert("0", at: 0) }
        let second = try CronFieldParser.parse(fields[0], as: .second)
        let minute = try CronFieldParser.parse(fields[1], as: .minute)
        let hour = try CronFieldParser.parse(fields[2], as: .hour)
        let day = try CronFieldParser.parse(fields[3], as: .dayOfMonth)
        let month = try CronFieldParser.parse(fields[4], as: .month)
        let weekday = try CronFieldParser.parse(fields[5], as: .dayOfWeek)
        description = words.joined(separator: " ")
        seconds = second.numbers
        minutes = minute.numbers
        hours = hour.numbers
        days = day.numbers
        hasLastDay = day.hasLast
        months = month.numbers
        weekdays = weekday.numbers
        numberedWeekdays = weekday.numbered
        needsBothDays = day.hasStar || weekday.hasStar
        namesTimes = !second.hasStar && !minute.hasStar && !hour.hasStar
        guard fitsSomeDay else { throw .neverFires }
    }

    func fits(month: Int) -> Bool { months.contains(month) }

    /// Whether it fires at some time of that day.
    package func fits(_ date: CivilDate) -> Bool {
        guard months.contains(date.month) else { return false }
        let weekday = date.weekday
        let byDay = days.contains(date.day) || hasLastDay && date.isLastOfMonth
        let byWeekday = weekdays.contains(weekday) || numberedWeekdays.contains(weekday * 5 + (date.day - 1) / 7)
        return needsBothDays ? byDay && byWeekday : byDay || byWeekday
    }

    /// A year is one of fourteen kinds: by the weekday it begins with, and by whether it has a leap day. All of them
    /// come up between 1972 and 1999, so a day that fits in none of these years fits in no year.
    private var fitsSomeDay: Bool {
        (730..<730 + 28 * 366).contains { fits(CivilDate(dayNumber: $0)) }
    }
}

/// What one field says.
private struct CronFieldParser {
    let field: CronField
    var numbers = CronSet()
    var numbered = CronSet()
    var hasLast = false
    var hasStar = false

    static func parse(_ text: String, as field: CronField) throws(CronError) -> CronFieldParser {
        var parser = CronFieldParser(field: field)
        for part in text.split(separator: ",", omittingEmptySubsequences: false) { try parser.add(part) }
        return parser
    }

    private mutating func add(_ part: Substring) throws(CronError) {
        if field == .dayOfMonth, part == "l" {
            hasLast = true
            return
        }
        if field == .dayOfWeek, part.contains("#") { return try addNumbered(part) }
        let halves = part.split(separator: "/", omittingEmptySubsequences: false)
        guard let range = range(halves[0], isOpen: halves.count == 2), halves.count <= 2 else { throw wrong(part) }
        var step = 1
        if halves.count == 2 {
            // A step as long as the field would be a list of one, which nobody means by "every 90 minutes".
            guard let number = number(halves[1]), number >= 1, number < field.range.count else { throw wrong(part) }
            step = number
        }
        for value in stride(from: range.lowerBound, through: range.upperBound, by: step) { insert(value) }
    }

    private func wrong(_ part: Substring) -> CronError { .part(field, String(part)) }

    private mutating func insert(_ value: Int) { numbers.insert(field == .dayOfWeek ? value % 7 : value) }

    private mutating func addNumbered(_ part: Substring) throws(CronError) {
        let halves = part.split(separator: "#", omittingEmptySubsequences: false)
        guard halves.count == 2, let weekday = value(halves[0]), let week = number(halves[1]), (1...5).contains(week)
        else { throw wrong(part) }
        numbered.insert(weekday % 7 * 5 + week - 1)
    }

    /// The numbers a part covers before its step; a single one with a step goes on to the end of the field.
    private mutating func range(_ text: Substring, isOpen: Bool) -> ClosedRange<Int>? {
        if text == "*" {
            hasStar = true
            return field == .dayOfWeek ? 0...6 : field.range
        }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let first = value(ends[0]) else { return nil }
        guard ends.count == 2 else { return first...(isOpen ? lastNumber(from: first) : first) }
        guard var last = value(ends[1]) else { return nil }
        // "fri-sun" is meant, though Sunday's first number is 0.
        if field == .dayOfWeek, last == 0, first > 0 { last = 7 }
        return first <= last ? first...last : nil
    }

    private func lastNumber(from first: Int) -> Int { field == .dayOfWeek ? max(first, 6) : field.range.upperBound }

    /// A number of the field, or the name of one.
    private func value(_ text: Substring) -> Int? {
        if let index = field.names.firstIndex(where: { $0 == text }) { return field.range.lowerBound + index }
        return number(text).flatMap { field.range.contains($0) ? $0 : nil }
    }

    /// One or two digits and nothing else: `Int` alone would take a sign.
    private func number(_ text: Substring) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
