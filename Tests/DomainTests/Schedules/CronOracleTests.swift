// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import TestKit
import Testing

/// The search against a plain walk: minute for minute through days on which the clock changes, doing what the rules say.
@Suite struct CronOracleTests {
    /// Days around each change: the two of the year, half an hour, a day left out, one at midnight, one under Ramadan.
    private static let weeks = [
        ("Europe/Berlin", "2026-03-27T00:00:00Z"), ("Europe/Berlin", "2026-10-23T00:00:00Z"),
        ("America/New_York", "2026-03-06T00:00:00Z"), ("America/New_York", "2026-10-30T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-03T00:00:00Z"), ("Australia/Lord_Howe", "2026-10-02T00:00:00Z"),
        ("Pacific/Apia", "2011-12-28T00:00:00Z"), ("America/Sao_Paulo", "2018-11-02T00:00:00Z"),
        ("Africa/Casablanca", "2026-02-13T00:00:00Z"), ("Asia/Kolkata", "2026-02-13T00:00:00Z"),
        ("Pacific/Kwajalein", "1993-08-19T00:00:00Z"), ("America/Caracas", "2016-04-29T00:00:00Z"),
    ]

    /// An expression of which the walk knows the meaning without reading it.
    private struct Sample {
        var seconds: Set<Int> = [0]
        var minutes: Set<Int>
        var hours: Set<Int>
        var text: String
        var namesTimes: Bool

        init(using random: inout SeededGenerator, hasSeconds: Bool = false) {
            let hasMinuteStar = Int.random(in: 0..<4, using: &random) == 0
            let hasHourStar = Int.random(in: 0..<3, using: &random) == 0
            let step = [1, 7, 15, 20, 30].randomElement(using: &random) ?? 1
            let some = Set(
                (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 0...59, using: &random) })
            // The small hours are where clocks change.
            let early = Set(
                (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 0...4, using: &random) })
            minutes = hasMinuteStar ? Set(stride(from: 0, through: 59, by: step)) : some
            hours = hasHourStar ? Set(0...23) : early
            let minuteText = hasMinuteStar ? "*/\(step)" : some.map(String.init).joined(separator: ",")
            text = "\(minuteText) \(hasHourStar ? "*" : early.map(String.init).joined(separator: ",")) * * *"
            namesTimes = !hasMinuteStar && !hasHourStar
            guard hasSeconds else { return }
            let hasSecondStar = Int.random(in: 0..<2, using: &random) == 0
            seconds = hasSecondStar ? Set(stride(from: 0, through: 59, by: 7)) : [3, 59]
            text = "\(hasSecondStar ? "*/7" : "3,59") \(text)"
            namesTimes = namesTimes && !hasSecondStar
        }

        func fits(_ reading: Int) -> Bool {
            let second = (reading % 86_400 + 86_400) % 86_400
            return hours.contains(second / 3600) && minutes.contains(second / 60 % 60) && seconds.contains(second % 60)
        }
    }

    private func walk(
        _ sample: Sample, in zone: TimeZone, from start: Int, through end: Int, by step: Int = 60
    ) -> [Int] {
        var fires: [Int] = []
        var shown = Int.min
        func reading(_ time: Int) -> Int { time + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time))) }
        // Begins two days early, so that it has seen what the clock repeats.
        for time in stride(from: start - (step == 60 ? 2 * 86_400 : 3 * 3600), through: end, by: step) {
            let now = reading(time)
            let before = reading(time - step) + step
            var isFire = sample.fits(now)
            if sample.namesTimes {
                isFire = isFire && now > shown
                if now > before {
                    isFire = isFire || stride(from: before, to: now, by: step).contains(where: sample.fits)
                }
                shown = max(shown, now)
            }
            if isFire, time > start { fires.append(time) }
        }
        return fires
    }

    @Test(arguments: [
        ("Europe/Berlin", "2026-03-29T00:00:00Z"), ("Europe/Berlin", "2026-10-25T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T14:00:00Z"), ("Asia/Kolkata", "2026-02-13T00:00:00Z"),
    ])
    func `every second of three hours is found where it is named, and no other`(name: String, start: String) throws {
        let zone = try #require(ScheduleZone(name))
        let rules = try #require(TimeZone(identifier: name))
        let start = Int(try #require(Timestamp(start)).microseconds / 1_000_000)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<12 {
            let sample = Sample(using: &random, hasSeconds: true)
            let expression = try CronExpression(sample.text)
            #expect(expression.namesTimes == sample.namesTimes)
            let end = start + 3 * 3600
            let trigger = ScheduleTrigger.cron(expression, zone)
            let found = trigger.next(
                20_000, after: Timestamp(microseconds: Int64(start) * 1_000_000),
                through: Timestamp(microseconds: Int64(end) * 1_000_000))
            #expect(
                found.map { Int($0.microseconds / 1_000_000) }
                    == walk(sample, in: rules, from: start, through: end, by: 1), "\(sample.text) in \(name)")
        }
    }

    @Test(arguments: weeks) func `every fire of five days is found, and no other`(name: String, start: String) throws {
        let zone = try #require(ScheduleZone(name))
        let rules = try #require(TimeZone(identifier: name))
        let start = try #require(Timestamp(start)).microseconds / 1_000_000
        var random = SeededGenerator(seed: 7)
        for _ in 0..<40 {
            let sample = Sample(using: &random)
            let expression = try CronExpression(sample.text)
            #expect(expression.namesTimes == sample.namesTimes)
            let end = Int(start) + 5 * 86_400
            let expected = walk(sample, in: rules, from: Int(start), through: end)
            var found: [Int] = []
            var time = Timestamp(microseconds: start * 1_000_000)
            while let next = expression.nextFire(after: time, in: zone), next.microseconds / 1_000_000 <= Int64(end) {
                found.append(Int(next.microseconds / 1_000_000))
                time = next
            }
            #expect(found == expected, "\(sample.text) in \(name)")
            // From wherever one starts, the next fire is the next of the same list.
            for _ in 0..<20 {
                let from = Int.random(in: Int(start)..<end, using: &random)
                let next = expression.nextFire(after: Timestamp(microseconds: Int64(from) * 1_000_000), in: zone)
                guard let listed = expected.first(where: { $0 > from }) else { continue }
                #expect(next?.microseconds == Int64(listed) * 1_000_000, "\(sample.text) in \(name) after \(from)")
            }
        }
    }
}
