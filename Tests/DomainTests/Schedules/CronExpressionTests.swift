// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import TestKit
import Testing

/// What may be written in the fields, and which days that means.
@Suite struct CronExpressionTests {
    private func fits(_ text: String, _ year: Int, _ month: Int, _ day: Int) throws -> Bool {
        try CronExpression(text).fits(try #require(CivilDate(year: year, month: month, day: day)))
    }

    @Test(arguments: [
        "* * * * *", "0 0 * * *", "*/15 0-6,18-23/2 1,15,L jan-mar mon-fri", "0 0 * * 7", "59 23 31 12 6",
        "5/10 * * * *", "0 0 L * *", "0 0 * * mon#1,5#3", "@hourly", "@DAILY", "@weekly", "@monthly", "@yearly",
        "0 12 * JAN,Feb SUN", "0 0 29 2 *", "00 07 01 01 01", "0 0 * * fri-sun",
        "*/10 * * * * *", "30 0 9 * * mon-fri",
    ])
    func `an expression is read and told as it was written`(text: String) throws {
        #expect(try CronExpression(text).description == text.lowercased())
    }

    @Test func `spaces and tabs between the fields do not matter`() throws {
        #expect(try CronExpression("  0\t3  * *   mon ").description == "0 3 * * mon")
    }

    @Test(arguments: [
        ("60 * * * * *", CronField.second, "60"), ("* * * * mon 1", .month, "mon"), ("60 * * * *", .minute, "60"),
        ("* 24 * * *", .hour, "24"), ("* * 0 * *", .dayOfMonth, "0"),
        ("* * 32 * *", .dayOfMonth, "32"), ("* * * 13 *", .month, "13"), ("* * * 0 *", .month, "0"),
        ("* * * * 8", .dayOfWeek, "8"), ("* * * foo *", .month, "foo"), ("mon * * * *", .minute, "mon"),
        ("*/0 * * * *", .minute, "*/0"), ("*/90 * * * *", .minute, "*/90"), ("1-0 * * * *", .minute, "1-0"),
        ("1,,2 * * * *", .minute, ""), (", * * * *", .minute, ""), ("1- * * * *", .minute, "1-"),
        ("-1 * * * *", .minute, "-1"), ("+1 * * * *", .minute, "+1"), ("1-2-3 * * * *", .minute, "1-2-3"),
        ("*/2/3 * * * *", .minute, "*/2/3"), ("001 * * * *", .minute, "001"), ("٣ * * * *", .minute, "٣"),
        ("* * L-1 * *", .dayOfMonth, "l-1"), ("* * * * L", .dayOfWeek, "l"), ("* * * * mon#6", .dayOfWeek, "mon#6"),
        ("* * * * mon#0", .dayOfWeek, "mon#0"), ("* * * * #1", .dayOfWeek, "#1"), ("* * 1#1 * *", .dayOfMonth, "1#1"),
        ("* * 15W * *", .dayOfMonth, "15w"), ("* * ? * *", .dayOfMonth, "?"), ("* * * dec-jan *", .month, "dec-jan"),
    ])
    func `a wrong part is told with its field`(text: String, field: CronField, part: String) {
        let error = #expect(throws: CronError.self) { try CronExpression(text) }
        #expect(error == .part(field, part))
        #expect(error?.description.contains(field.rawValue) == true)
    }

    @Test func `other mistakes are told by their kind`() {
        #expect(throws: CronError.shape(fields: 0)) { try CronExpression("") }
        #expect(throws: CronError.shape(fields: 4)) { try CronExpression("* * * *") }
        #expect(throws: CronError.shape(fields: 7)) { try CronExpression("0 * * * * * 2030") }
        #expect(throws: CronError.unknownName("@reboot")) { try CronExpression("@reboot") }
        #expect(throws: CronError.tooLong) { try CronExpression(String(repeating: "*", count: 257)) }
    }

    @Test(arguments: ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 */30 * mon#2", "0 0 30-31 feb */2"])
    func `what no calendar ever shows is refused`(text: String) {
        #expect(throws: CronError.neverFires) { try CronExpression(text) }
    }

    @Test(arguments: ["0 0 29 2 */6", "0 0 30 2 mon", "0 0 * feb mon#5", "0 0 L 2 *"])
    func `what some year shows is taken`(text: String) throws { _ = try CronExpression(text) }

    @Test func `two restricted day fields fit either way, one with a star both ways`() throws {
        // 13 March 2026 is a Friday.
        #expect(try fits("0 0 13 * fri", 2026, 3, 13))
        #expect(try fits("0 0 13 * fri", 2026, 3, 20))
        #expect(try fits("0 0 13 * fri", 2026, 4, 13))
        #expect(try !fits("0 0 13 * fri", 2026, 4, 14))
        #expect(try fits("0 0 * * fri", 2026, 3, 20))
        #expect(try !fits("0 0 */2 * fri", 2026, 3, 20))
        #expect(try fits("0 0 */2 * fri", 2026, 3, 13))
    }

    @Test func `L is the last day of each month`() throws {
        for (year, month, last) in [(2026, 1, 31), (2026, 2, 28), (2028, 2, 29), (2026, 4, 30), (2100, 2, 28)] {
            #expect(try fits("0 0 L * *", year, month, last))
            #expect(try !fits("0 0 L * *", year, month, last - 1))
        }
    }

    @Test func `a numbered weekday is that one of its month`() throws {
        // Mondays in June 2026: 1, 8, 15, 22, 29.
        let days = (1...30)
        #expect(try days.filter { try fits("0 0 * * mon#1", 2026, 6, $0) } == [1])
        #expect(try days.filter { try fits("0 0 * * 1#3,1#5", 2026, 6, $0) } == [15, 29])
        #expect(try days.filter { try fits("0 0 * * mon#2,sun", 2026, 6, $0) } == [7, 8, 14, 21, 28])
    }

    @Test func `7 is Sunday, alone and at the end of a range`() throws {
        let days = (1...7)
        // 7 June 2026 is a Sunday.
        #expect(try days.filter { try fits("0 0 * * 7", 2026, 6, $0) } == [7])
        #expect(try days.filter { try fits("0 0 * * 0", 2026, 6, $0) } == [7])
        #expect(try days.filter { try fits("0 0 * * fri-sun", 2026, 6, $0) } == [5, 6, 7])
        #expect(try days.filter { try fits("0 0 * * 5-7", 2026, 6, $0) } == [5, 6, 7])
        #expect(try days.filter { try fits("0 0 * * 0-7", 2026, 6, $0) } == Array(days))
        #expect(try days.filter { try fits("0 0 * * sun-tue", 2026, 6, $0) } == [1, 2, 7])
    }

    @Test func `only names of the database are zones`() {
        for name in ["UTC", "Europe/Berlin", "Asia/Kolkata", "US/Eastern", "America/Argentina/Ushuaia", "Etc/GMT+3"] {
            #expect(ScheduleZone(name)?.description == name)
        }
        for name in ["", "utc", "Mars/Base", "EST", "GMT+3", "+03:00", "europe/berlin", "Europe/Berlin ", "../UTC"] {
            #expect(ScheduleZone(name) == nil, "\(name)")
        }
    }

    @Test func `nothing that is typed makes the reader crash`() {
        var random = SeededGenerator(seed: 11)
        let alphabet = Array("0123456789*/-,#LW?@ monfebé\t\u{301}")
        var accepted = 0
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 0...14, using: &random)).compactMap { _ in
                    alphabet.randomElement(using: &random)
                })
            if let expression = try? CronExpression("\(text) * * * *") {
                accepted += 1
                #expect(expression.nextFire(after: Timestamp(microseconds: 0), in: .utc) != nil)
            }
        }
        #expect(accepted > 100)
    }
}
