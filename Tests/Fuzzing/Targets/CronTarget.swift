// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation

extension FuzzTarget {
    /// Cron expressions and time zones. An input is an expression, a zone and a time, a line each; without a zone of that
    /// name one with odd clock changes is taken.
    static let cron = FuzzTarget("cron") { bytes in
        let lines = InputLines(bytes, most: 3)
        let zoneName = lines.text(1)
        let known = ScheduleZone(zoneName)
        if let known {
            try hold(known.description.isSpelt(as: zoneName), "a zone is not called what it was asked for as")
            try hold(TimeZone(identifier: zoneName) != nil, "there is no such zone")
        }
        let odd = CronTarget.oddZones[Int(bytes.last ?? 0) % CronTarget.oddZones.count]
        let name = known?.description ?? odd
        guard let zone = ScheduleZone(name), let rules = TimeZone(identifier: name) else {
            throw BrokenPromise("there is no zone \(name)")
        }
        let text = lines.text(0)
        let expression: CronExpression
        do throws(CronError) {
            expression = try CronExpression(text)
        } catch {
            return try hold(error.description.utf8.count < 1000, "a refusal is longer than anybody reads")
        }
        let again = try CronExpression(expression.description)
        try hold(again == expression, "what an expression is printed as means something else")
        let oracle = try CronOracle(expression.description)
        try same(expression.namesTimes, oracle.namesTimes, "whether it names times of the day")
        let start = Timestamp(lines.text(2)) ?? CronTarget.usualStart
        try CronTarget.check(expression, oracle, zone, rules, from: start)
    }
}

private enum CronTarget {
    /// Half an hour of summer time, a day left out, changes at midnight, a war's double summer time, no change at all.
    static let oddZones = [
        "UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca",
        "Europe/London", "Antarctica/Troll", "Asia/Kathmandu",
    ]

    // A day before clocks change in Europe.
    static let usualStart = Timestamp(microseconds: 1_774_656_000_000_000)

    static func check(
        _ expression: CronExpression, _ oracle: CronOracle, _ zone: ScheduleZone, _ rules: TimeZone,
        from start: Timestamp
    ) throws {
        var time = start
        var fires: [Timestamp] = []
        while fires.count < 6, let fire = expression.nextFire(after: time, in: zone) {
            try hold(fire > time, "the next fire after \(time) is \(fire)")
            try hold(fire.microseconds % 1_000_000 == 0, "\(fire) is not a whole second")
            try checkMeaning(of: fire, after: time, oracle, rules)
            fires.append(fire)
            time = fire
        }
        let decades = Timestamp(microseconds: 7_258_118_400_000_000)
        try hold(!fires.isEmpty || start > decades, "nothing fires in fifty years")
        guard let last = fires.last else { return }
        let trigger = ScheduleTrigger.cron(expression, zone)
        try same(trigger.next(6, after: start, through: last), fires, "the fires of a trigger")
        // `start` itself may be a fire; a period includes both of its ends.
        let newest = trigger.newest(3, in: start...last)
        try same(newest.filter { $0 > start }, Array(fires.suffix(newest.count)), "the newest fires")
    }

    /// The fire is what the expression says, and nothing that it says was passed over.
    private static func checkMeaning(
        of fire: Timestamp, after time: Timestamp, _ oracle: CronOracle, _ rules: TimeZone
    ) throws {
        func offset(_ second: Int) -> Int { rules.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))) }
        let second = Int(fire.microseconds / 1_000_000)
        let (here, before) = (offset(second), offset(second - 1))
        // What the clock jumped over is made up for at the first moment after it.
        let isMadeUp =
            oracle.namesTimes && here > before
            && stride(from: second + before, to: second + here, by: 1).contains(where: oracle.fits)
        try hold(isMadeUp || oracle.fits(second + here), "\(fire) is not what was asked for")
        // A walk of some seconds after the last fire and before this one; where clocks change the rules are more than this.
        let first = Int((Double(time.microseconds) / 1_000_000).rounded(.down)) + 1
        guard offset(first - 100_000) == here, offset(second) == here else { return }
        let near = first..<min(second, first + 150)
        let last = max(first, second - 150)..<max(first, second)
        for walk in [near, last] {
            for passed in walk where offset(passed) == here {
                try hold(!oracle.fits(passed + here), "a fire \(second - passed) s before \(fire) is left out")
            }
        }
    }
}

/// What an expression means, found by asking for each number whether a field covers it. Slow, and unlike what it checks.
private struct CronOracle {
    private let fields: [String]

    init(_ text: String) throws(BrokenPromise) {
        let meaning = CronExpression.names[text] ?? text
        let words = meaning.split(separator: " ").map(String.init)
        guard words.count == 5 || words.count == 6 else { throw BrokenPromise("\(text) has \(words.count) fields") }
        fields = words.count == 5 ? ["0"] + words : words
    }

    var namesTimes: Bool { !fields[0...2].contains { $0.contains("*") } }

    /// Whether it fires at a reading of the clock, in seconds as if that were UTC.
    func fits(_ reading: Int) -> Bool {
        let date = CivilDate(dayNumber: Int((Double(reading) / 86_400).rounded(.down)))
        let second = reading - date.dayNumber * 86_400
        guard covers(0, second % 60), covers(1, second / 60 % 60), covers(2, second / 3600) else { return false }
        return fits(date)
    }

    private func fits(_ date: CivilDate) -> Bool {
        guard covers(4, date.month) else { return false }
        let day = covers(3, date.day) || parts(3).contains("l") && date.isLastOfMonth
        let week = (date.day - 1) / 7 + 1
        let weekday =
            covers(5, date.weekday) || date.weekday == 0 && covers(5, 7)
            || parts(5).contains { part in
                let halves = part.split(separator: "#")
                return halves.count == 2 && Int(halves[1]) == week
                    && number(halves[0], 5).map { $0 % 7 } == date.weekday
            }
        return parts(3).contains { $0.hasPrefix("*") } || parts(5).contains { $0.hasPrefix("*") }
            ? day && weekday : day || weekday
    }

    private func parts(_ field: Int) -> [Substring] { fields[field].split(separator: ",") }

    private func covers(_ field: Int, _ number: Int) -> Bool {
        parts(field).contains { covers($0, field, number) }
    }

    private func covers(_ part: Substring, _ field: Int, _ wanted: Int) -> Bool {
        let halves = part.split(separator: "/")
        let step = halves.count == 2 ? Int(halves[1]) ?? 1 : 1
        let least = [0, 0, 0, 1, 1, 0][field]
        let most = [59, 59, 23, 31, 12, 6][field]
        if halves[0] == "*" { return wanted <= most && (wanted - least) % step == 0 }
        let ends = halves[0].split(separator: "-").compactMap { number($0, field) }
        guard let first = ends.first else { return false }
        var last = ends.count == 2 ? ends[1] : halves.count == 2 ? max(first, most) : first
        if field == 5, last < first { last = 7 }
        return (first...max(first, last)).contains(wanted) && (wanted - first) % step == 0
    }

    private func number(_ text: Substring, _ field: Int) -> Int? {
        let names =
            switch field {
            case 4: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            case 5: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            default: [String]()
            }
        return names.firstIndex(of: String(text)).map { field == 4 ? $0 + 1 : $0 } ?? Int(text)
    }
}
